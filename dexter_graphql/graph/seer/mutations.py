"""Mutations of Seer's runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data, not_found_error
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.issues.references import (
    ISSUE_REFERENCE_ENDPOINTS,
    ORGANIZATION,
    IssueReference,
    find_issue_anywhere,
)
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.references import OrganizationReference, RepositoryReference, reference_of
from dexter_graphql.graph.seer.announcements import announce_step
from dexter_graphql.graph.seer.enums import AutofixStep, AutofixStoppingPoint
from dexter_graphql.graph.seer.types import AutofixRun
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.references import resolve_references
from dexter_graphql.loaders.seer import autofix_runs, start_autofix
from dexter_graphql.sentry.catalogue import repositories
from dexter_graphql.sentry.catalogue import seer as catalogue
from dexter_graphql.sentry.errors import MissingRoute

FIELD_PATHS = MappingProxyType(
    {
        "step": ("step",),
        "stopping_point": ("stoppingPoint",),
        "user_context": ("context",),
        "run_id": ("runId",),
        "sentry_run_id": ("runId",),
        "repo_name": ("repository",),
    }
)
"""Member of the request body → path in the input."""


@dataclass(frozen=True, slots=True)
class AutofixResult:
    """Result of a mutation of a run."""

    issue: IssueKey | None = None
    run_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


def refuse(_input: object, mistakes: list[MutationError]) -> AutofixResult:
    """The payload of a mutation that changed nothing."""
    return AutofixResult(refusals=mistakes)


@strawberry.input(description="Input of `startAutofix`.")
class StartAutofixInput:
    """Input."""

    issue: IssueReference = strawberry.field(description="Issue to fix.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    stopping_point: AutofixStoppingPoint | None = strawberry.field(
        default=None, description="Last step that the run takes. Default: the root cause."
    )
    context: str | None = strawberry.field(
        default=None, description="What Seer should know about the issue, at most 1,000 characters."
    )


@strawberry.input(description="Input of `continueAutofix`.")
class ContinueAutofixInput:
    """Input."""

    issue: IssueReference = strawberry.field(description="Issue of the run.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    run_id: str = strawberry.field(description="ID of the run, from `AutofixRun.runId`.")
    step: AutofixStep = strawberry.field(description="Step to take.")
    context: str | None = strawberry.field(
        default=None, description="Instructions for the step, at most 1,000 characters."
    )
    repository: RepositoryReference | None = strawberry.field(
        default=None, description="Repository in which a pull request is opened. Default: all of them."
    )


@value_type
class AutofixPayload:
    """Common fields of the payloads of Seer's runs."""

    issue: IssueType | None = batch(
        issues_by_id, key=lambda result: result.issue, reads={}, description="Issue of the run."
    )
    autofix: AutofixRun | None = batch(
        autofix_runs,
        key=lambda result: result.issue,
        reads={},
        description="The run after the mutation; it goes on at Sentry. One call.",
    )

    @computed()
    def run_id(result: AutofixResult) -> strawberry.ID | None:
        """ID of the run; null when the mutation was refused."""
        return None if result.run_id is None else strawberry.ID(result.run_id)

    @computed()
    def user_errors(result: AutofixResult) -> list[UserError]:
        """Reasons why the run was not started or continued; empty on success."""
        return result.refusals


@value_type
class StartAutofixPayload(AutofixPayload):
    """Result of `startAutofix`."""


@value_type
class ContinueAutofixPayload(AutofixPayload):
    """Result of `continueAutofix`."""


@strawberry.type
class SeerMutations:
    """Root fields."""

    @call(uses=(catalogue.START_AUTOFIX, *ISSUE_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def start_autofix(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[StartAutofixInput, strawberry.argument(description="Issue to fix.")],
    ) -> StartAutofixPayload | None:
        """Start a run of Seer on an issue. Not idempotent: repeating the request starts another run."""
        body = {"step": "root_cause", **_given(input)}
        if input.stopping_point is not None:
            body["stopping_point"] = input.stopping_point.value
        return await _send(input, body, load_context)

    @call(uses=(catalogue.START_AUTOFIX, repositories.LIST, *ISSUE_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def continue_autofix(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ContinueAutofixInput, strawberry.argument(description="Run, and the step to take.")],
    ) -> ContinueAutofixPayload | None:
        """Take the next step of a run of Seer. Not idempotent: repeating the request repeats the step."""
        body = {"step": input.step.value, **run_reference(input.run_id), **_given(input)}
        try:
            return await _send(input, body, load_context, input.repository)
        except MissingRoute:
            # Sentry answers so for the run of another issue. Where there are runs, there is the endpoint.
            return AutofixResult(refusals=[not_found_error("runId")])


def run_reference(run_id: str) -> dict[str, str | int]:
    """The member of the body that names a run: older runs have a number, others a UUID."""
    if not run_id.strip():
        raise BadUserInput("'runId' must not be empty", ("runId",))
    return {"run_id": int(run_id)} if run_id.isdecimal() and run_id.isascii() else {"sentry_run_id": run_id}


def _given(input: StartAutofixInput | ContinueAutofixInput) -> dict[str, Any]:
    return {} if input.context is None else {"user_context": input.context}


async def _send(
    input: StartAutofixInput | ContinueAutofixInput,
    body: Mapping[str, Any],
    load_context: LoadContext,
    repository: RepositoryReference | None = None,
) -> AutofixResult:
    issue = await find_issue_anywhere(input.issue, input.organization, load_context)
    if issue is None:
        return AutofixResult(refusals=[not_found_error("issue")])
    members = dict(body)
    if repository is not None:
        reference = reference_of(repository, "repository")
        entities = await resolve_references([reference], issue.organization, load_context)
        members["repo_name"] = entities[reference].name
    started = await start_autofix(issue, members, load_context)
    await announce_step(issue, started.run_id, members["step"], load_context)
    return AutofixResult(issue, started.id)
