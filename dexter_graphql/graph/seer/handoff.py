"""Handoff of Seer's runs to coding agents."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data, not_found_error
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.integrations.references import (
    INTEGRATION_REFERENCE_ENDPOINTS,
    IntegrationReference,
    find_integration,
)
from dexter_graphql.graph.issues.references import (
    ISSUE_REFERENCE_ENDPOINTS,
    ORGANIZATION,
    IssueReference,
    find_issue_anywhere,
)
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.references import OrganizationReference
from dexter_graphql.graph.seer.announcements import HANDOFF, announce_step
from dexter_graphql.graph.seer.mutations import run_reference
from dexter_graphql.graph.seer.types import AutofixRun
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.seer import Handoff, autofix_runs, hand_off_autofix
from dexter_graphql.sentry.catalogue import seer as catalogue
from dexter_graphql.sentry.errors import MissingRoute
from dexter_graphql.sentry.parents import OrganizationRef

FIELD_PATHS = MappingProxyType(
    {
        "integration_id": ("agent", "integration"),
        "provider": ("agent", "provider"),
        "user_context": ("context",),
        "run_id": ("runId",),
        "sentry_run_id": ("runId",),
    }
)
"""Member of the request body → path in the input."""


@dataclass(frozen=True, slots=True)
class HandoffResult:
    """Result of a handoff."""

    issue: IssueKey | None = None
    handoff: Handoff = field(default_factory=Handoff)
    refusals: list[MutationError] = field(default_factory=list)


def refuse(_input: object, mistakes: list[MutationError]) -> HandoffResult:
    """The payload of a handoff that was refused."""
    return HandoffResult(refusals=mistakes)


@strawberry.input(one_of=True, description="A coding agent. Exactly one field must be given.")
class CodingAgentInput:
    """Input."""

    integration: IntegrationReference | None = strawberry.field(
        default=strawberry.UNSET, description="Integration of the agent."
    )
    provider: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Provider of an agent that users sign in to, as named by Sentry, for example `github_copilot`.",
    )


@strawberry.input(description="Input of `handOffAutofix`.")
class HandOffAutofixInput:
    """Input."""

    issue: IssueReference = strawberry.field(description="Issue of the run.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    run_id: str = strawberry.field(description="ID of the run, from `AutofixRun.runId`.")
    agent: CodingAgentInput = strawberry.field(description="Agent that takes the run over.")
    context: str | None = strawberry.field(
        default=None, description="Instructions for the agent, at most 1,000 characters."
    )


@value_type
class HandOffAutofixPayload:
    """Result of `handOffAutofix`."""

    issue: IssueType | None = batch(
        issues_by_id, key=lambda result: result.issue, reads={}, description="Issue of the run."
    )
    autofix: AutofixRun | None = batch(
        autofix_runs,
        key=lambda result: result.issue,
        reads={},
        description="The run after the handoff, with its `codingAgents`. One call.",
    )

    @computed()
    def started_count(result: HandoffResult) -> int:
        """Number of agents that were started, at most one per repository."""
        return len(result.handoff.successes)

    @computed()
    def failures(result: HandoffResult) -> list[JSON]:
        """Agents that could not be started, as sent by Sentry."""
        failures: list[Any] = list(result.handoff.failures)
        return failures

    @computed()
    def user_errors(result: HandoffResult) -> list[UserError]:
        """Reasons why the handoff was refused; empty on success."""
        return result.refusals


@strawberry.type
class HandoffMutation:
    """Root field."""

    @call(uses=(catalogue.START_AUTOFIX, *ISSUE_REFERENCE_ENDPOINTS, *INTEGRATION_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def hand_off_autofix(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[HandOffAutofixInput, strawberry.argument(description="Run, and the agent.")],
    ) -> HandOffAutofixPayload | None:
        """Hand a run of Seer over to a coding agent. Not idempotent: repeating the request starts another agent."""
        run = run_reference(input.run_id)
        issue = await find_issue_anywhere(input.issue, input.organization, load_context)
        if issue is None:
            return HandoffResult(refusals=[not_found_error("issue")])
        agent = await _agent_of(input.agent, issue.organization, load_context)
        context = {} if input.context is None else {"user_context": input.context}
        body = {"step": HANDOFF, **run, **agent, **context}
        try:
            handoff = await hand_off_autofix(issue, body, load_context)
        except MissingRoute:
            # Sentry answers so for the run of another issue. Where there are runs, there is the endpoint.
            return HandoffResult(refusals=[not_found_error("runId")])
        if handoff.successes:
            await announce_step(issue, run.get("run_id"), HANDOFF, load_context)
        return HandoffResult(issue, handoff)


async def _agent_of(
    agent: CodingAgentInput, organization: OrganizationRef, load_context: LoadContext
) -> dict[str, str | int]:
    """The members of the body that name an agent; raises BadUserInput for one that does not exist."""
    if isinstance(agent.integration, IntegrationReference):
        number = await find_integration(agent.integration, organization, load_context, "agent", "integration")
        return {"integration_id": int(number)}
    provider = agent.provider
    if not isinstance(provider, str) or not provider.strip():
        raise BadUserInput("'provider' must not be empty", ("agent", "provider"))
    return {"provider": provider}
