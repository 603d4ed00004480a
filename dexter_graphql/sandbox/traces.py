"""Traces of the world: the spans around each event, derived from the event."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dexter_graphql.sandbox.world.event_attributes import get_language, get_span_id, get_trace_id
from dexter_graphql.sandbox.world.model import Event, Organization


class _Step(NamedTuple):
    """A span below the root: its times are milliseconds, and its parent is named by its operation."""

    op: str
    description: str
    start_ms: int
    length_ms: int
    parent: str | None


_STEPS: Final = (
    _Step("middleware.handle", "Authentication", 5, 190, None),
    _Step("db", "SELECT * FROM carts WHERE id = %s", 12, 40, "middleware.handle"),
    _Step("cache.get", "cart:totals", 60, 8, "middleware.handle"),
    _Step("http.client", "POST https://payments.example/charge", 80, 110, "middleware.handle"),
    _Step("serialize", "Receipt", 200, 30, None),
)
_LENGTH_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace of one event, which occurs in its root span."""

    event: Event

    @property
    def id(self) -> str:
        """32 hexadecimal characters."""
        return get_trace_id(self.event)

    @property
    def start(self) -> float:
        """The start of the root span in seconds since the epoch."""
        return self.event.at - _LENGTH_S

    def serialize(self, attributes: list[str], *, with_uptime: bool) -> list[dict[str, Any]]:
        """The root items: the root span with all others in it, and the uptime check that caused it."""
        check = [self._check()] if with_uptime and self.event.variant % 2 == 0 else []
        return [self._root(attributes), *check]

    def span_counts(self) -> dict[str, int]:
        """The number of spans by operation."""
        return {"http.server": 1, **{step.op: 1 for step in _STEPS}}

    def _root(self, attributes: list[str]) -> dict[str, Any]:
        root = self._span(_Step("http.server", self.event.issue.transaction, 0, 250, None), attributes)
        vitals = {"browser.web_vital.lcp.value": 1800.5} if self.event.issue.project.language == "javascript" else {}
        problem = [self._problem()]
        return root | {
            "event_id": get_span_id(self.event),
            "is_transaction": True,
            "children": list(self._children(None, attributes)),
            "errors": problem if self.event.issue.is_error else [],
            "occurrences": [] if self.event.issue.is_error else problem,
            "measurements": {"measurements.frames_slow_rate": 0.02},
            "browser_web_vital": vitals,
        }

    def _children(self, parent: str | None, attributes: list[str]) -> Iterator[dict[str, Any]]:
        for step in _STEPS:
            if step.parent == parent:
                yield self._span(step, attributes) | {"children": list(self._children(step.op, attributes))}

    def _span(self, step: "_Step", attributes: list[str]) -> dict[str, Any]:
        op, parent_id = step.op, None if step.op == "http.server" else self._span_id(step.parent)
        start = self.start + step.start_ms / 1000
        span = self._item(step.description) | {
            "event_id": self._span_id(op),
            "event_type": "span",
            "transaction_id": get_span_id(self.event) * 2,
            "op": op,
            "name": op,
            "parent_span_id": parent_id,
            "profile_id": "",
            "profiler_id": "",
            "sdk_name": get_language(self.event).sdk,
            "is_transaction": False,
            "start_timestamp": start,
            "end_timestamp": start + step.length_ms / 1000,
            "duration": step.length_ms,
            "measurements": {},
            "browser_web_vital": {},
            "mobile_app_vital": {},
            "children": [],
            "errors": [],
            "occurrences": [],
        }
        return span | (
            {"additional_attributes": {name: self._attribute(name) for name in attributes}} if attributes else {}
        )

    def _attribute(self, name: str) -> str | None:
        return {"environment": self.event.environment, "sdk.name": get_language(self.event).sdk}.get(name)

    def _span_id(self, op: str | None) -> str:
        own = next((number for number, step in enumerate(_STEPS, 1) if step.op == op), 0)
        return f"{(int(get_span_id(self.event), 16) + own) % 2**64:016x}"

    def _problem(self) -> dict[str, Any]:
        issue = self.event.issue
        return self._item(issue.title) | {
            "event_id": self.event.id,
            "event_type": "error" if issue.is_error else "occurrence",
            "issue_id": int(issue.id),
            "level": issue.level,
            "start_timestamp": self.event.at,
            "end_timestamp": self.event.at,
            "culprit": issue.culprit,
            "short_id": issue.short_id,
            "issue_type": 1,
        }

    def _check(self) -> dict[str, Any]:
        return self._item("GET / - 200") | {
            "event_id": self.event.id[::-1],
            "event_type": "uptime_check",
            "transaction_id": self.event.id[::-1],
            "op": "uptime.request",
            "name": "uptime.request",
            "region_name": "Europe",
            "start_timestamp": self.start - 0.01,
            "end_timestamp": self.event.at + 0.01,
            "duration": (_LENGTH_S + 0.02) * 1000,
            "additional_attributes": {},
            "children": [],
            "errors": [],
            "occurrences": [],
        }

    def _item(self, description: str) -> dict[str, Any]:
        project = self.event.issue.project
        return {
            "description": description,
            "project_id": int(project.id),
            "project_slug": project.slug,
            "transaction": self.event.issue.transaction,
        }


def find_trace(organization: Organization, trace_id: str) -> Trace | None:
    """The trace with that id; None when no event belongs to one."""
    event = next((event for event in organization.events.values() if get_trace_id(event) == trace_id), None)
    return None if event is None else Trace(event)
