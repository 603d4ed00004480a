"""Stages of Seer's runs, as webhooks describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.seer.enums import AutofixStage
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef

to_stage = enum_member(AutofixStage)
COMPLETED = frozenset({"completed", "created"})
Members = Mapping[str, Any]
"""The members of a JSON object."""


def stage_of(change: Change) -> AutofixStage:
    """The stage that a change is about."""
    stage: Any = to_stage(_stage_and_state(change)[0])
    return stage


def is_completed(change: Change) -> bool:
    """True when the stage has completed, False when it has started."""
    return _stage_and_state(change)[1] in COMPLETED


@dataclass(frozen=True, slots=True)
class VisibleStage:
    """A visible change of a run, with the `data` of its webhook; empty when the change no longer has it."""

    change: Change
    organization: OrganizationRef
    data: Members

    @property
    def run_id(self) -> str | None:
        """Number of the run; None when Sentry did not send it."""
        number = self.data.get("run_id")
        return str(number) if isinstance(number, int) else None

    def root_cause(self) -> Members | None:
        """The root cause in the shape of a run; None without one."""
        cause = self.data.get("root_cause")
        return {"one_line_description": _text(cause, "description")} if isinstance(cause, dict) else None

    def solution(self) -> Members | None:
        """The solution in the shape of a run; None without one."""
        solution = self.data.get("solution")
        if not isinstance(solution, dict):
            return None
        return {"one_line_summary": _text(solution, "description"), "steps": _objects(solution, "steps")}

    def repository_changes(self) -> list[Members]:
        """The changes of repositories, as sent by Sentry."""
        return _objects(self.data, "changes")

    def pull_requests(self) -> list[Members]:
        """The pull requests in the shape of a run."""
        return [
            {"repo_name": request.get("repo_name")} | pull_request
            for request in _objects(self.data, "pull_requests")
            if isinstance(pull_request := request.get("pull_request"), dict)
        ]


def visible_stage(change: Change, organization: OrganizationRef) -> VisibleStage:
    """The stage of a change, with what its webhook says."""
    data = None if change.object is None else msgspec.json.decode(change.object)
    return VisibleStage(change, organization, data if isinstance(data, dict) else {})


def _stage_and_state(change: Change) -> tuple[str, str]:
    """The two words of an action: `seer.coding_started` is `coding` and `started`."""
    stage, _, state = change.action.partition(".")[2].rpartition("_")
    return stage, state


def _text(members: Members, name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None


def _objects(members: Members, name: str) -> list[Members]:
    values = members.get(name)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
