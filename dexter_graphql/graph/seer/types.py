"""Runs of Seer on issues."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.commits.enums import FileChange
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.common.text_formats import Format, TextFormat
from dexter_graphql.graph.declarations.fields import DETAIL, ID, LazyJSON, batch, computed, entity, plain, value_type
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.issues.details import below_issue
from dexter_graphql.graph.seer.artifacts import (
    Artifact,
    Blocks,
    Steps,
    code_changes_of,
    latest_artifacts,
    root_cause_of,
    solution_of,
)
from dexter_graphql.graph.seer.enums import AutofixPullRequestStatus, AutofixStatus, CodingAgentStatus
from dexter_graphql.loaders.seer import autofix_texts
from dexter_graphql.sentry.lenient import NULL

autofix_status = enum_member(AutofixStatus)
SAME_STATUS: Mapping[str, str] = MappingProxyType(
    {"canceled": "cancelled", "waiting_for_user_response": "awaiting_user_input"}
)
"""Other words for a status."""
OBJECTS = dict[str, msgspec.Raw] | None


@value_type
class AutofixRootCause:
    """Root cause that Seer found."""

    description: str | None = plain("one_line_description", description="The cause in one line.")
    reasons: list[str] | None = plain("five_whys", description="How the cause leads to the issue.")
    reproduction_steps: list[str] | None = plain("reproduction_steps", description="Steps that reproduce the issue.")
    repository_name: str | None = plain("relevant_repo", description="Repository in which the cause is.")


@value_type
class AutofixSolutionStep:
    """Step of a solution."""

    title: str | None = plain(description="Title of the step.")
    description: str | None = plain(description="What is to be done.")


@value_type
class AutofixSolution:
    """Solution that Seer planned."""

    summary: str | None = plain("one_line_summary", description="The solution in one line.")
    steps: list[AutofixSolutionStep] | None = plain(description="Steps of the solution.")


@value_type
class AutofixArtifact:
    """Result of a step of a run."""

    @computed()
    def key(artifact: Artifact) -> str:
        """Key of the step, for example `root_cause`."""
        return artifact.key

    @computed()
    def data(artifact: Artifact) -> JSON | None:
        """The result; null when the step has none. The keys depend on the step."""
        return artifact.data

    @computed()
    def reason(artifact: Artifact) -> str | None:
        """Why the step has this result or none."""
        return artifact.reason


@value_type
class AutofixCodeChange:
    """Change of a file that Seer wrote."""

    repository_name: str | None = plain("repo_name", description="Name of the repository.")
    path: str | None = plain(description="Path of the file in the repository.")
    change: FileChange | None = plain("type", description="Kind of the change.")
    change_raw: str | None = plain("type", description="Value of `change`, as sent by Sentry.")
    added_line_count: int | None = plain("added", description="Number of added lines.")
    removed_line_count: int | None = plain("removed", description="Number of removed lines.")


@value_type
class AutofixPullRequest:
    """Pull request that Seer opened."""

    repository_name: str | None = plain("repo_name", description="Name of the repository.")
    branch: str | None = plain("branch_name", description="Branch with the changes.")
    number: int | None = plain("pr_number", description="Number of the pull request; null until it is open.")
    web_url: str | None = plain("pr_url", description="URL of the pull request; null until it is open.")
    status: AutofixPullRequestStatus | None = plain("pr_creation_status", description="State of the pull request.")
    status_raw: str | None = plain("pr_creation_status", description="Value of `status`, as sent by Sentry.")
    error: str | None = plain("pr_creation_error", description="Why the pull request could not be opened.")
    title: str | None = plain(description="Title of the pull request.")
    description: str | None = plain(description="Description of the pull request.")
    commit_hash: str | None = plain("commit_sha", description="Hash of the newest commit.")


@value_type
class CodingAgentResult:
    """Result of a coding agent in one repository."""

    description: str | None = plain(description="What the agent did.")
    repository_name: str | None = plain("repo_full_name", description="Name of the repository.")
    branch: str | None = plain("branch_name", description="Branch with the changes.")
    pull_request_url: str | None = plain("pr_url", description="URL of the pull request; null when there is none.")


@value_type
class CodingAgent:
    """Coding agent that took a run over."""

    agent_id: str | None = plain("id", type=int | str, convert=str, description="ID of the agent's work.")
    name: str | None = plain(description="Name of the agent.")
    provider_key: str | None = plain("provider", description="Provider of the agent.")
    status: CodingAgentStatus | None = plain(description="State of the agent.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    web_url: str | None = plain("agent_url", description="URL of the agent's work.")
    started_at: datetime | None = plain("started_at", description="Time when the agent started.")
    results: list[CodingAgentResult] | None = plain(description="Results of the agent, by repository.")


@entity(representations=(DETAIL,))
class AutofixRun:
    """Run of Seer on an issue: root cause, solution, code changes and pull requests."""

    updated_at: datetime | None = plain("updated_at", description="Time of the newest change of the run.")
    pending_input: JSON | None = plain(
        "pending_user_input", description="What the run asks a user, as sent by Sentry; null when it does not wait."
    )

    @computed(sentry_run_id=str | None, run_id=ID | None)
    def run_id(row: Any) -> strawberry.ID | None:
        """ID of the run, which `continueAutofix` takes."""
        run_id = row.sentry_run_id or row.run_id
        return None if run_id is None else strawberry.ID(str(run_id))

    @computed(status=str | None)
    def status(row: Any) -> AutofixStatus | None:
        """State of the run."""
        if row.status is None:
            return None
        word = row.status.lower()
        return autofix_status(SAME_STATUS.get(word, word))

    @computed(status=str | None)
    def status_raw(row: Any) -> str | None:
        """Value of `status`, as sent by Sentry."""
        return row.status

    @computed(blocks=Blocks, steps=Steps)
    def root_cause(row: Any) -> AutofixRootCause | None:
        """Root cause; null until it is found."""
        return _lazy("AutofixRootCause", root_cause_of(row.blocks, row.steps))

    @computed(blocks=Blocks, steps=Steps)
    def solution(row: Any) -> AutofixSolution | None:
        """Solution; null until it is planned, and when there is none."""
        return _lazy("AutofixSolution", solution_of(row.blocks, row.steps))

    @computed(blocks=Blocks)
    def code_changes(row: Any) -> list[AutofixCodeChange]:
        """Newest change of each file. Empty until the changes are written."""
        return _list("AutofixCodeChange", code_changes_of(row.blocks))

    @computed(blocks=Blocks)
    def artifacts(row: Any) -> list[AutofixArtifact]:
        """Newest result of each step, also of those that have no field here."""
        artifacts: Any = list(latest_artifacts(row.blocks).values())
        return artifacts

    @computed(repo_pr_states=OBJECTS)
    def pull_requests(row: Any) -> list[AutofixPullRequest]:
        """Pull requests of the run, one per repository."""
        return _list("AutofixPullRequest", (row.repo_pr_states or {}).values())

    @computed(coding_agents=OBJECTS)
    def coding_agents(row: Any) -> list[CodingAgent]:
        """Coding agents that took the run over."""
        return _list("CodingAgent", (row.coding_agents or {}).values())

    @batch(autofix_texts, key=below_issue, reads={})
    def text(*, format: Format = TextFormat.MARKDOWN) -> str | None:
        """The run written out for a language model; null on servers that cannot. One call per run."""
        return format.value


def _lazy(typename: str, value: msgspec.Raw) -> Any:
    return None if value == NULL else LazyJSON(typename, value)


def _list(typename: str, values: Iterable[msgspec.Raw]) -> Any:
    return [LazyJSON(typename, value) for value in values if value != NULL]
