"""Changes of an issue between its state at the last poll and what Sentry lists now, with authors from its activity."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin
from dexter_graphql.realtime.polling.listed_objects import Activity, AssignedData, CommentData, ListedIssue
from dexter_graphql.realtime.polling.poll_state import IssueState
from dexter_graphql.realtime.snapshots import ChangeSource, comment_change, issue_change
from dexter_graphql.realtime.snapshots.issues import ProjectSnapshot

T = TypeVar("T")
D = TypeVar("D")

NEW = IssueState("unresolved/new")
"""The state in which an issue begins."""
SENTRY = Actor("application", "Sentry", "sentry")
NO_ASSIGNEE = "nobody"
COMMENT = "note"
STATUS_OF_ACTIVITY: Mapping[str, str] = MappingProxyType(
    {
        "set_resolved": "resolved/",
        "set_resolved_by_age": "resolved/",
        "set_resolved_in_release": "resolved/",
        "set_resolved_in_commit": "resolved/",
        "set_resolved_in_pull_request": "resolved/",
        "set_unresolved": "unresolved/ongoing",
        "set_regression": "unresolved/regressed",
        "set_escalating": "unresolved/escalating",
        "set_ignored": "ignored/",
    }
)
"""Type of an activity → status and substatus that it leads to, as far as the type says."""
KIND_OF_STATUS: Mapping[str, Kind] = MappingProxyType(
    {"resolved": Kind.RESOLVED, "unresolved": Kind.UNRESOLVED, "ignored": Kind.ARCHIVED}
)


@dataclass(frozen=True, slots=True)
class ObservedIssue:
    """An issue of a list with its JSON, the state at the last poll (None for a new issue), and its activity.

    The activity is in order, and empty when it was not read: then changes have no author and the time of the poll.
    """

    organization: str
    polled_at: datetime
    issue: ListedIssue
    raw: bytes
    before: IssueState | None
    activities: Sequence[Activity] = ()

    @property
    def new_activities(self) -> list[Activity]:
        """The activity after the last poll."""
        checked_at = (self.before or NEW).checked_at
        return [activity for activity in self.activities if activity.date_created.timestamp() > checked_at]

    @property
    def has_status_activity(self) -> bool:
        """True when its status has changed after the last poll."""
        return any(activity.type in STATUS_OF_ACTIVITY for activity in self.new_activities)

    def source(self, action: str, at: datetime, actor: Actor | None) -> ChangeSource:
        """Where a change of it comes from; times of changes are whole seconds."""
        occurred_at = at.astimezone(UTC).replace(microsecond=0)
        return ChangeSource(self.organization, action, Origin.POLL, actor, occurred_at, self.polled_at)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an issue: its kind, the state that it led to, when and by whom."""

    kind: Kind
    state: str
    at: datetime
    actor: Actor | None = None


def issue_changes(observed: ObservedIssue) -> list[Change]:
    """The changes of an issue and of its comments, each in order."""
    steps = sorted([*_status_steps(observed), *_assignment_steps(observed)], key=lambda step: step.at)
    if observed.before is None:
        steps = [Step(Kind.CREATED, "", observed.issue.created_at or observed.polled_at, SENTRY), *steps]
    return [*(_issue_change(step, observed) for step in steps), *_comment_changes(observed)]


def _status_steps(observed: ObservedIssue) -> list[Step]:
    """Changes of the status that the activity has; the last one leads to the listed status, with or without one."""
    state, steps, listed = observed.before or NEW, list[Step](), observed.issue.state
    for activity in observed.new_activities:
        status = STATUS_OF_ACTIVITY.get(activity.type)
        if status is not None and not state.has_status(status):
            state = replace(state, status=status)
            steps.append(Step(_kind_of(status), status, activity.date_created, _actor_of(activity)))
    if steps and steps[-1].kind is _kind_of(listed):
        return [*steps[:-1], dataclasses.replace(steps[-1], state=listed)]
    if state.has_status(listed) or _kind_of(listed) is Kind.UNKNOWN:
        return steps
    return [*steps, Step(_kind_of(listed), listed, observed.polled_at)]


def _assignment_steps(observed: ObservedIssue) -> list[Step]:
    """Changes of the assignee; the last one leads to the listed assignee, with or without an activity."""
    assignee, listed = (who or NO_ASSIGNEE for who in ((observed.before or NEW).assignee, observed.issue.assignee))
    steps = list[Step]()
    for activity in observed.new_activities:
        assigned = _assignee_after(activity)
        if assigned is not None and assigned != assignee:
            assignee = assigned
            steps.append(Step(Kind.ASSIGNED, assignee, activity.date_created, _actor_of(activity)))
    return steps if assignee == listed else [*steps, Step(Kind.ASSIGNED, listed, observed.polled_at)]


def _issue_change(step: Step, observed: ObservedIssue) -> Change:
    source = observed.source(f"issue.{step.kind}", step.at, step.actor)
    return replace(issue_change(step.kind, observed.raw, source), state=step.state)


def _comment_changes(observed: ObservedIssue) -> list[Change]:
    """The newest comments, as many as the issue has more than before."""
    added = max(0, observed.issue.num_comments - (observed.before or NEW).comments)
    comments = [activity for activity in observed.activities if activity.type == COMMENT]
    return [_comment_change(activity, observed) for activity in comments[max(0, len(comments) - added) :]]


def _comment_change(activity: Activity, observed: ObservedIssue) -> Change:
    project = observed.issue.project or ProjectSnapshot()
    content = {
        "comment": _decode(activity.data, CommentData, CommentData()).text,
        "comment_id": activity.id,
        "issue_id": observed.issue.id,
        "project_slug": project.slug,
    }
    source = observed.source("comment.created", activity.date_created, _actor_of(activity))
    change = comment_change(Kind.CREATED, msgspec.json.encode(content), source)
    return replace(change, project_id=None if project.id is None else str(project.id))


def _kind_of(status: str) -> Kind:
    return KIND_OF_STATUS.get(status.partition("/")[0], Kind.UNKNOWN)


def _actor_of(activity: Activity) -> Actor:
    user = activity.user
    return SENTRY if user is None else Actor("user", user.name or user.email or "", str(user.id))


def _assignee_after(activity: Activity) -> str | None:
    """The assignee that an activity leads to, as changes name it; None for other activities."""
    if activity.type == "unassigned":
        return NO_ASSIGNEE
    assigned = _decode(activity.data, AssignedData, None) if activity.type == "assigned" else None
    return None if assigned is None else f"{assigned.assignee_type}:{assigned.assignee}"


def _decode(raw: msgspec.Raw, kind: type[T], default: D) -> T | D:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return default
