"""Publication of the steps of Seer's runs that mutations start; Sentry's webhooks report the same moments later."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from dexter_graphql.graph.changes.announcements import announce, mutation_source
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.realtime.snapshots import autofix_change

HANDOFF = "coding_agent_handoff"
"""Step that Sentry sends no webhook about."""
STARTED: Mapping[str, str] = MappingProxyType(
    {
        "root_cause": "seer.root_cause_started",
        "solution": "seer.solution_started",
        "code_changes": "seer.coding_started",
        "pr_iteration": "seer.iteration_started",
        HANDOFF: "seer.coding_agent_started",
    }
)
"""Step of a request → action of Sentry's webhook. Of pull requests, only the creation is reported."""


async def announce_step(issue: IssueKey, run: int | str | None, step: str, load_context: LoadContext) -> None:
    """Publish the start of a step. `run` is the number of the run.

    Without the number, the webhook of the same start could not be recognized: then only that reports it.
    """
    action, number = STARTED.get(step), run if str(run).isdecimal() else None
    if action is None or (number is None and step != HANDOFF):
        return
    raw = msgspec.json.encode({"run_id": number, "group_id": issue.id})
    change = autofix_change(Kind.UPDATED, raw, mutation_source(issue.organization, action, load_context))
    await announce(change, load_context)
