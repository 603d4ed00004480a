"""What happens to issues, as it happens."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.context import Context, context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import IssueKey, issues_by_id
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.realtime.brokers.base import Gap
from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin, Stream, Topic
from dexter_graphql.realtime.feed import FeedItem
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations, projects
from dexter_graphql.sentry.parents import OrganizationRef, Parents

if TYPE_CHECKING:
    from dexter_graphql.graph.issues.types import Issue

MAX_VALUES = 100
PERSONAL = frozenset({"hasSeen", "isBookmarked", "isSubscribed", "subscriptionDetails"})
"""Members that are of whoever asks: those in a change's object are of nobody, or of whoever made the change."""


def _kind(value: Kind, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What happened to an object.")
class ChangeKind(Enum):
    """Kinds of changes."""

    CREATED = _kind(Kind.CREATED, "It is new.")
    RESOLVED = _kind(Kind.RESOLVED, "It was resolved.")
    UNRESOLVED = _kind(Kind.UNRESOLVED, "It was opened again, by somebody or because it came back.")
    ASSIGNED = _kind(Kind.ASSIGNED, "It was assigned, or its assignee was taken away.")
    ARCHIVED = _kind(Kind.ARCHIVED, "It was set aside.")
    UPDATED = _kind(Kind.UPDATED, "Something else about it changed.")
    DELETED = _kind(Kind.DELETED, "It is gone.")
    UNKNOWN = _kind(Kind.UNKNOWN, "Something newer than this server; `action` has Sentry's word.")


@strawberry.enum(description="Who told of a change.")
class ChangeOrigin(Enum):
    """Origins of changes."""

    WEBHOOK = strawberry.enum_value(Origin.WEBHOOK, description="Sentry, by a webhook.")
    MUTATION = strawberry.enum_value(Origin.MUTATION, description="A mutation of this graph.")
    POLL = strawberry.enum_value(Origin.POLL, description="This server saw it when it looked.")


@strawberry.input(description="Which changes to hear of. All that is given must hold; within a list any value may.")
class IssueChangeFilter:
    """Input."""

    projects: list[str] | None = strawberry.field(default=None, description="Slugs of projects.")
    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the issue.")
    kinds: list[ChangeKind] | None = strawberry.field(default=None, description="What happened.")


@dataclass(frozen=True, slots=True)
class VisibleChange:
    """A change, and the organization as the caller sees it."""

    change: Change
    organization: OrganizationRef


@dataclass(frozen=True, slots=True)
class StreamItem:
    """What a subscriber gets: a change or a gap, and the position after it."""

    position: str
    told: VisibleChange | None
    gap: Gap | None


@value_type
class ChangeActor:
    """Who did something: a person, an integration or Sentry itself."""

    @computed()
    def kind(actor: Actor) -> str:
        """`user`, `application` or a newer word."""
        return actor.type

    @computed()
    def name(actor: Actor) -> str:
        """Name for people."""
        return actor.name


@value_type
class StreamGap:
    """Changes that this stream can no longer tell. Ask a list for what is true now, and read on."""

    @computed()
    def missed(gap: Gap) -> BigInt | None:
        """How many, whatever the filter; null when nobody knows, because the server lost its memory."""
        return None if gap.missed is None else BigInt(gap.missed)


@value_type
class IssueChange:
    """Something that happened to an issue."""

    @computed()
    def kind(told: VisibleChange) -> ChangeKind:
        """What happened."""
        return ChangeKind(told.change.kind)

    @computed()
    def action(told: VisibleChange) -> str:
        """What happened in Sentry's words, for example `issue.resolved`."""
        return told.change.action

    @computed()
    def occurred_at(told: VisibleChange) -> datetime:
        """When it happened, to the second."""
        return told.change.occurred_at

    @computed()
    def received_at(told: VisibleChange) -> datetime:
        """When this server heard of it."""
        return told.change.received_at

    @computed()
    def origin(told: VisibleChange) -> ChangeOrigin:
        """Who told of it."""
        return ChangeOrigin(told.change.origin)

    @computed()
    def actor(told: VisibleChange) -> ChangeActor | None:
        """Who did it; null when that was not told."""
        return told.change.actor

    @call(uses=(catalogue.DETAIL,), target="Issue")
    async def issue(
        told: VisibleChange, load_context: LoadContext
    ) -> Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")] | None:
        """The issue as it was right afterwards; null when it is gone."""
        change, parents = told.change, Parents(told.organization)
        if change.kind is Kind.DELETED or change.subject is None:
            return None
        if change.object is None or load_context.reads("base") & PERSONAL:
            return await load_context.load(issues_by_id, IssueKey(told.organization, change.subject))
        return load_context.client.records.decode_one(change.object, load_context.projection("base"), (), parents)


@value_type
class IssueChanged:
    """One step of a stream of changes: a change, or a gap."""

    @computed()
    def position(item: StreamItem) -> str:
        """Where the stream stands after this step; give it as `after` to read on from here."""
        return item.position

    @computed()
    def gap(item: StreamItem) -> StreamGap | None:
        """Set instead of `change` when changes were missed that are no longer kept."""
        return item.gap

    @computed()
    def change(item: StreamItem) -> IssueChange | None:
        """What happened; null when this step is a gap."""
        return item.told


@strawberry.type
class IssueSubscriptions:
    """Roots."""

    @call(uses=(organizations.DETAIL, projects.LIST))
    async def issue_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Annotated[str, strawberry.argument(description="Slug of the organization.")],
        filter: Annotated[
            IssueChangeFilter | None, strawberry.argument(description="Which changes; all when left out.")
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(description="Position of the last step that was seen; from now on when left out."),
        ] = None,
    ) -> AsyncGenerator[IssueChanged, None]:
        """Every change of an issue that the token may see: from webhooks and from this graph's own mutations."""
        context = context_of(load_context)
        found = await load_context.organizations.find(load_context.call_context, organization)
        if found is None:
            raise BadUserInput(f"There is no organization '{organization[:64]}', or the token may not see it")
        is_wanted = ChangeMatcher(filter)
        followed = await context.services.changes.follow(Topic(found.slug, Stream.ISSUES), after)
        return _items(followed, found, is_wanted, context)


class ChangeMatcher:
    """A filter of changes."""

    def __init__(self, value: IssueChangeFilter | None) -> None:
        value = value or IssueChangeFilter()
        self._projects = _set(value.projects)
        self._levels = _set(None if value.levels is None else [level.value for level in value.levels])
        self._kinds = _set(None if value.kinds is None else [kind.value for kind in value.kinds])

    def __call__(self, change: Change) -> bool:
        """True when the change passes."""
        return (
            (self._projects is None or change.project in self._projects)
            and (self._levels is None or change.level in self._levels)
            and (self._kinds is None or change.kind in self._kinds)
        )


async def _items(
    followed: AsyncGenerator[FeedItem, None], organization: OrganizationRef, is_wanted: ChangeMatcher, context: Context
) -> AsyncGenerator[StreamItem, None]:
    try:
        async for one in followed:
            if one.change is None:
                await context.renew()
                yield StreamItem(one.position, None, one.gap)
            elif is_wanted(one.change):
                await context.renew()
                if await _may_see(one.change, organization, context):
                    yield StreamItem(one.position, VisibleChange(one.change, organization), None)
    finally:
        await followed.aclose()


async def _may_see(change: Change, organization: OrganizationRef, context: Context) -> bool:
    """Whether the caller's own token sees the project; the server's token is the one the webhooks are for."""
    if context.identity.is_shared_token:
        return True
    if change.project is None:
        return False
    load_context = context.loaders.load_context("Project")
    return await load_context.load(projects_by_name, ProjectName(organization, change.project)) is not None


def _set(values: list[Any] | None) -> frozenset[Any] | None:
    if values is None:
        return None
    if len(values) > MAX_VALUES:
        raise BadUserInput(f"A filter takes at most {MAX_VALUES} values")
    return frozenset(values)
