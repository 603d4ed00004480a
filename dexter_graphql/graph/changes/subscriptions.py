"""Subscription to all changes of organizations."""

from collections.abc import AsyncGenerator, Sequence
from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.alerts.fired import FiredAlert, fired_payload
from dexter_graphql.graph.alerts.subscriptions import AlertChange
from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    enum_condition,
    project_condition,
)
from dexter_graphql.graph.changes.payload import shared_payload
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, ChangeKind, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.comments.subscriptions import comment_of_change
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.events.received import ReceivedEvent
from dexter_graphql.graph.events.subscriptions import received_event
from dexter_graphql.graph.issues.seeds import issue_of_change
from dexter_graphql.graph.lazy_types import CommentType, IssueType
from dexter_graphql.graph.relay.references import ProjectReference, references_of
from dexter_graphql.graph.releases.subscriptions import ReleaseChange
from dexter_graphql.graph.seer.stages import visible_stage
from dexter_graphql.graph.seer.subscriptions import AutofixChange
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.comments import comments_by_id
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.realtime.changes import Kind, Stream
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.enum(description="Class of the object that changed.")
class ChangeEntity(Enum):
    """Classes of changes."""

    ISSUE = wire_value(Stream.ISSUES, "An issue.")
    COMMENT = wire_value(Stream.COMMENTS, "A comment on an issue.")
    ERROR = wire_value(Stream.ERRORS, "A new event.")
    ALERT = wire_value(Stream.ALERTS, "An alert that fired or was resolved.")
    RELEASE = wire_value(Stream.RELEASES, "A release or a deploy.")
    AUTOFIX = wire_value(Stream.AUTOFIX, "A run of Seer on an issue.")
    OTHER = wire_value(Stream.OTHER, "Another object; see `entityRaw`.")


@strawberry.input(description=f"Filter of changes. {FILTER_DESCRIPTION}")
class ActivityFilter:
    """Input."""

    entities: list[ChangeEntity] | None = strawberry.field(
        default=None, description="Classes of the objects that changed."
    )
    kinds: list[ChangeKind] | None = strawberry.field(default=None, description="Kinds of changes.")
    projects: list[ProjectReference] | None = strawberry.field(
        default=None, description="Projects of the objects. Changes of what belongs to no project do not pass."
    )


@value_type
class ActivityChange(ChangeFields):
    """A change of any object of an organization."""

    @computed()
    def entity(visible: VisibleChange) -> ChangeEntity:
        """Class of the object that changed."""
        return ChangeEntity(visible.change.stream)

    @computed()
    def entity_raw(visible: VisibleChange) -> str:
        """Kind of the object, as Sentry's webhooks name it: `issue`, `event_alert`, `installation` and others."""
        return visible.change.entity

    @call(uses=issues_by_id.uses, target="Issue")
    async def issue(visible: VisibleChange, load_context: LoadContext) -> IssueType | None:
        """The issue that changed, or that the comment belongs to; null when it was deleted, and for other objects.

        As reported for changes of issues; for comments, one call for those that arrive together.
        """
        change = visible.change
        if change.subject is None or change.stream not in {Stream.ISSUES, Stream.COMMENTS}:
            return None
        is_own = change.stream is Stream.ISSUES
        if is_own and change.kind is Kind.DELETED:
            return None
        reported = change.object if is_own else None
        return await issue_of_change(IssueKey(visible.organization, change.subject), reported, load_context)

    @call(uses=comments_by_id.uses, target="Comment")
    async def comment(visible: VisibleChange, load_context: LoadContext) -> CommentType | None:
        """The comment that changed; null when it was deleted, and for other objects."""
        comment: CommentType | None = None
        if visible.change.stream is Stream.COMMENTS:
            comment = await comment_of_change(visible, load_context)
        return comment

    @computed()
    def event(visible: VisibleChange) -> ReceivedEvent | None:
        """The new error, as it was reported; null for other objects."""
        event: Any = received_event(visible) if _is_of(Stream.ERRORS, visible) else None
        return event

    @computed()
    def alert(visible: VisibleChange) -> AlertChange | None:
        """The alert that fired, with the fields of `alertFired`; null for other objects."""
        if not _is_of(Stream.ALERTS, visible):
            return None
        alert: Any = FiredAlert(visible.change, visible.organization, fired_payload(visible.change))
        return alert

    @computed()
    def release(visible: VisibleChange) -> ReleaseChange | None:
        """The release or the deploy, with the fields of `releaseChanged`; null for other objects."""
        release: Any = visible if _is_of(Stream.RELEASES, visible) else None
        return release

    @computed()
    def autofix(visible: VisibleChange) -> AutofixChange | None:
        """The stage of a run of Seer, with the fields of `autofixChanged`; null for other objects."""
        if not _is_of(Stream.AUTOFIX, visible):
            return None
        stage: Any = visible_stage(visible.change, visible.organization)
        return stage

    @computed()
    def payload(visible: VisibleChange) -> JSON | None:
        """What Sentry reported about an object that has no field here; null for others and when it was not reported."""
        change = visible.change
        if change.object is None or (change.stream is not Stream.OTHER and change.subject is not None):
            return None
        payload: Any = shared_payload(change.object)
        return payload


def _is_of(stream: Stream, visible: VisibleChange) -> bool:
    """True for a change of this class whose object is known."""
    return visible.change.stream is stream and visible.change.subject is not None


@value_type
class ActivityChanged(StreamItemFields):
    """One item of a stream of all changes: a change or a gap."""

    @computed()
    def change(item: StreamItem) -> ActivityChange | None:
        """The change; null when this item is a gap."""
        change: Any = item.change
        return change


@strawberry.type
class ActivitySubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def activity(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            ActivityFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[ActivityChanged, None]:
        """All changes that webhooks, polling and mutations of this server report, also of kinds that it does not know.

        Changes of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await _activity_conditions(filter, followed, load_context)
        return await changes_of(tuple(Stream), conditions, after, context_of(load_context))


async def _activity_conditions(
    value: ActivityFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, ChangeConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a name that exists in none of them."""
    if value is None:
        return dict.fromkeys(organizations, NO_CONDITIONS)
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        named = await resolve_in_each(projects, organizations, load_context)
        return {
            organization: ChangeConditions(
                kinds=enum_condition(value.kinds, "kinds"),
                streams=enum_condition(value.entities, "entities"),
                projects=project_condition(value.projects, projects, entities),
            )
            for organization, entities in named.items()
        }
