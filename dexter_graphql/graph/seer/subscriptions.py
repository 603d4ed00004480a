"""Subscription to the stages of Seer's runs."""

from collections.abc import AsyncGenerator, Iterable
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields
from dexter_graphql.graph.common.scalars import raw
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import LazyJSON, batch, call, computed, plain, value_type
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.seer.change_filter import AutofixChangeFilter, autofix_conditions
from dexter_graphql.graph.seer.enums import AutofixStage
from dexter_graphql.graph.seer.stages import Members, VisibleStage, is_completed, stage_of, visible_stage
from dexter_graphql.graph.seer.types import AutofixPullRequest, AutofixRootCause, AutofixRun, AutofixSolution
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.seer import autofix_runs
from dexter_graphql.realtime.changes import Stream
from dexter_graphql.sentry.parents import OrganizationRef, Parents


def _issue(stage: VisibleStage) -> IssueKey | None:
    return None if stage.change.subject is None else IssueKey(stage.organization, stage.change.subject)


def _lazy(typename: str, members: Members | None, organization: OrganizationRef) -> Any:
    return None if members is None else LazyJSON(typename, raw(members), parents=Parents(organization))


def _lazy_list(typename: str, values: Iterable[Members], organization: OrganizationRef) -> Any:
    return [_lazy(typename, members, organization) for members in values]


@value_type
class AutofixRepositoryChange:
    """Changes that Seer wrote in one repository."""

    repository_name: str | None = plain("repo_name", description="Name of the repository.")
    branch: str | None = plain("branch_name", description="Branch with the changes.")
    title: str | None = plain(description="Title of the changes.")
    description: str | None = plain(description="Description of the changes.")
    diff: str | None = plain(description="The changes as a unified diff.")


@value_type
class AutofixChange(ChangeFields):
    """A stage of a run of Seer that started or completed."""

    @computed()
    def stage(stage: VisibleStage) -> AutofixStage:
        """Stage of the run."""
        return stage_of(stage.change)

    @computed()
    def is_completed(stage: VisibleStage) -> bool:
        """True when the stage has completed, false when it has started."""
        return is_completed(stage.change)

    @computed()
    def run_id(stage: VisibleStage) -> strawberry.ID | None:
        """Number of the run, which `continueAutofix` takes; null when Sentry did not send it."""
        return None if stage.run_id is None else strawberry.ID(stage.run_id)

    @computed()
    def root_cause(stage: VisibleStage) -> AutofixRootCause | None:
        """Root cause, with its description alone; null for other stages."""
        return _lazy("AutofixRootCause", stage.root_cause(), stage.organization)

    @computed()
    def solution(stage: VisibleStage) -> AutofixSolution | None:
        """Solution that Seer planned; null for other stages."""
        return _lazy("AutofixSolution", stage.solution(), stage.organization)

    @computed()
    def repository_changes(stage: VisibleStage) -> list[AutofixRepositoryChange]:
        """Changes that Seer wrote, by repository; empty for other stages."""
        return _lazy_list("AutofixRepositoryChange", stage.repository_changes(), stage.organization)

    @computed()
    def pull_requests(stage: VisibleStage) -> list[AutofixPullRequest]:
        """Pull requests that Seer opened, with repository, number and URL; empty for other stages."""
        return _lazy_list("AutofixPullRequest", stage.pull_requests(), stage.organization)

    autofix: AutofixRun | None = batch(
        autofix_runs,
        key=_issue,
        reads={},
        description="The newest run of the issue, complete. One call.",
    )
    issue: IssueType | None = batch(issues_by_id, key=_issue, reads={}, description="Issue of the run.")


@value_type
class AutofixChanged(StreamItemFields):
    """One item of a stream of Seer's runs: a stage or a gap."""

    @computed()
    def change(item: StreamItem) -> AutofixChange | None:
        """The stage; null when this item is a gap."""
        visible = item.change
        stage: Any = None if visible is None else visible_stage(visible.change, visible.organization)
        return stage


@strawberry.type
class AutofixSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def autofix_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            AutofixChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[AutofixChanged, None]:
        """Stages of Seer's runs that start or complete, from webhooks and from mutations of this server.

        Changes of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await autofix_conditions(filter, followed, load_context)
        return await changes_of((Stream.AUTOFIX,), conditions, after, context_of(load_context))
