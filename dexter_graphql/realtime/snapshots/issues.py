"""Changes of issues."""

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Number, ShortText, Slug, decode_snapshot

ERROR_CATEGORY = "error"
"""Category of all issues on releases that do not send it."""


class ProjectSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`project` of an issue."""

    id: Number | None = None
    slug: Slug | None = None


class AssigneeSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`assignedTo` of an issue."""

    id: Number
    type: ShortText = ""


class IssueSnapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The members of an issue that a change is made from."""

    id: Number
    level: ShortText | None = None
    status: ShortText | None = None
    substatus: ShortText | None = None
    issue_category: ShortText | None = None
    project: ProjectSnapshot | None = None
    assigned_to: AssigneeSnapshot | None = None


def issue_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A change of an issue; `raw` is the issue after it. Raises DecodeError when it is not an issue."""
    snapshot = decode_snapshot(raw, IssueSnapshot)
    return describe_issue(
        replace(
            source.make_change("issue", Stream.ISSUES, kind, raw),
            state=issue_state(kind, snapshot),
            tags=issue_tags(source.organization, str(snapshot.id)),
        ),
        snapshot,
    )


def describe_issue(change: Change, snapshot: IssueSnapshot) -> Change:
    """The change with the issue as its subject, and with the members of the issue that readers filter by."""
    project = snapshot.project or ProjectSnapshot()
    return replace(
        change,
        subject=str(snapshot.id),
        project=project.slug,
        project_id=None if project.id is None else str(project.id),
        level=snapshot.level,
        category=snapshot.issue_category or ERROR_CATEGORY,
        assignee=assignee_of(snapshot),
    )


def issue_tags(organization: str, issue: str) -> tuple[str, ...]:
    """Cache tags of an issue and of the lists that it stands in."""
    return (f"issues/{organization}", f"issue/{issue}")


def issue_state(kind: Kind, snapshot: IssueSnapshot) -> str:
    """The resulting state of the members that a change of this kind is about; empty for other kinds."""
    if kind is Kind.ASSIGNED:
        return assignee_of(snapshot) or "nobody"
    if kind in {Kind.RESOLVED, Kind.UNRESOLVED, Kind.ARCHIVED}:
        return f"{snapshot.status}/{snapshot.substatus or ''}"
    return ""


def assignee_of(snapshot: IssueSnapshot) -> str:
    """The assignee as `user:1` or `team:2`; empty when there is none."""
    return f"{snapshot.assigned_to.type}:{snapshot.assigned_to.id}" if snapshot.assigned_to else ""
