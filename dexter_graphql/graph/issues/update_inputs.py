"""Inputs of issue mutations and the request bodies they are translated to."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.loaders.time_ranges import MINUTE_S

Body = dict[str, Any]
MAX_DURATION_S = 3650 * 86400
MAX_WINDOW_S = 7 * 86400
MAX_COUNT = 2**31 - 1
IN_RESOLUTION = MappingProxyType(
    {
        "inNextRelease": ("nextRelease",),
        "inRelease": ("release",),
        "inCommit": ("commit",),
        "inCommit.commit": ("commit", "commit"),
        "inCommit.repository": ("commit", "repository"),
    }
)
"""Member of `statusDetails` → path in ResolutionInput."""
IN_ARCHIVE = MappingProxyType(
    {
        "ignoreDuration": ("seconds",),
        "ignoreCount": ("events", "count"),
        "ignoreWindow": ("events", "withinSeconds"),
        "ignoreUserCount": ("users", "count"),
        "ignoreUserWindow": ("users", "withinSeconds"),
    }
)
"""Member of `statusDetails` → path in ArchiveUntil."""


@strawberry.input(description="Commit known to Sentry.")
class CommitInput:
    """Input."""

    commit: str = strawberry.field(description="Hash of the commit.")
    repository: str = strawberry.field(description="Name of the repository in Sentry.")


@strawberry.input(one_of=True, description="How an issue is resolved. Exactly one field must be given.")
class ResolutionInput:
    """Input."""

    now: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True to resolve immediately: the next event is a regression."
    )
    next_release: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True to resolve in the next release. The issues must belong to one project.",
    )
    release: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Version in which the issue is resolved, or `latest`. The issues must belong to one project.",
    )
    commit: CommitInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="Commit that resolves the issue: it is resolved in the release with this commit.",
    )


@strawberry.input(description="Threshold of events or users, optionally within a time window.")
class ArchiveThreshold:
    """Input."""

    count: int = strawberry.field(description="Additional number of events or users, at least 1.")
    within_seconds: int | None = strawberry.field(
        default=None, description="Length of the time window in seconds: a multiple of 60, at most 604800 (seven days)."
    )


@strawberry.input(one_of=True, description="How long an issue stays archived. Exactly one field must be given.")
class ArchiveUntil:
    """Input."""

    escalating: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True to archive until the issue occurs more often than Sentry predicted.",
    )
    forever: bool | None = strawberry.field(default=strawberry.UNSET, description="True to archive permanently.")
    seconds: int | None = strawberry.field(
        default=strawberry.UNSET, description="Duration in seconds, a multiple of 60."
    )
    events: ArchiveThreshold | None = strawberry.field(
        default=strawberry.UNSET, description="Archive until this many more events occur."
    )
    users: ArchiveThreshold | None = strawberry.field(
        default=strawberry.UNSET, description="Archive until this many more users are affected."
    )


@strawberry.input(one_of=True, description="Assignee. Exactly one field must be given.")
class AssigneeInput:
    """Input."""

    user: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Global ID of a user.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="Email address of a user.")
    team: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Global ID of a team.")
    nobody: bool | None = strawberry.field(default=strawberry.UNSET, description="True to remove the assignee.")


@strawberry.enum(description="Status that an issue can be set to.")
class IssueTarget(Enum):
    """The statuses that clients may set."""

    UNRESOLVED = strawberry.enum_value("unresolved", description="Reopen the issue.")
    RESOLVED = strawberry.enum_value(
        "resolved", description="Resolve the issue, as specified by `resolution`. Default: immediately."
    )
    ARCHIVED = strawberry.enum_value(
        "ignored", description="Archive the issue, as specified by `archiveUntil`. Default: until it escalates."
    )


def status_fields(resolution: str, archive: str) -> dict[str, tuple[str, ...]]:
    """Member of the request body → path in the input, given the names of the two input fields."""
    parts = ((resolution, IN_RESOLUTION), (archive, IN_ARCHIVE))
    paths = {f"statusDetails.{name}": (field, *path) for field, names in parts for name, path in names.items()}
    return paths | {"substatus": (archive,)}


def resolution_body(value: ResolutionInput | None) -> Body:
    """Request body that resolves issues."""
    if value is None or value.now:
        return {"status": "resolved", "statusDetails": {}}
    if value.next_release:
        return {"status": "resolved", "statusDetails": {"inNextRelease": True}}
    if value.release:
        return {"status": "resolved", "statusDetails": {"inRelease": value.release}}
    if value.commit:
        commit = {"commit": value.commit.commit, "repository": value.commit.repository}
        return {"status": "resolved", "statusDetails": {"inCommit": commit}}
    raise BadUserInput("The resolution must be 'now: true', 'nextRelease: true', a release or a commit")


def archive_body(value: ArchiveUntil | None) -> Body:
    """Request body that archives issues."""
    if value is None or value.escalating:
        return {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}
    if value.forever:
        return {"status": "ignored", "substatus": "archived_forever", "statusDetails": {}}
    if value.seconds:
        details = {"ignoreDuration": _minutes(value.seconds, "seconds", MAX_DURATION_S)}
    elif value.events:
        details = _threshold(value.events, "ignoreCount", "ignoreWindow")
    elif value.users:
        details = _threshold(value.users, "ignoreUserCount", "ignoreUserWindow")
    else:
        raise BadUserInput(
            "The archive condition must be 'escalating: true', 'forever: true', a duration or a threshold"
        )
    return {"status": "ignored", "substatus": "archived_until_condition_met", "statusDetails": details}


def assignee_body(value: AssigneeInput, organizations: frozenset[str]) -> Body:
    """Request body that assigns issues of these organizations, given by ID; raises BadUserInput for others' actors."""
    if value.nobody:
        return {"assignedTo": ""}
    if value.email:
        return {"assignedTo": value.email}
    for given, typename, word in ((value.user, "User", "user"), (value.team, "Team", "team")):
        if given:
            organization, number = key_from_id(given, typename, 2)
            if organizations - {organization}:
                raise BadUserInput(f"The {word} and the issues belong to different organizations")
            return {"assignedTo": f"{word}:{number}"}
    raise BadUserInput("The assignee must be a user, an email address, a team or 'nobody: true'")


def priority_body(value: IssuePriority) -> Body:
    """Request body that sets the priority."""
    if value is IssuePriority.UNKNOWN:
        raise BadUserInput("'priority' must be LOW, MEDIUM or HIGH")
    return {"priority": value.value}


def flags_body(flags: Mapping[str, bool | None]) -> Body:
    """Request body with the boolean members that were given."""
    return {name: value for name, value in flags.items() if value is not None and value is not strawberry.UNSET}


def _threshold(value: ArchiveThreshold, count: str, window: str) -> Body:
    if not 1 <= value.count <= MAX_COUNT:
        raise BadUserInput("'count' must be at least 1")
    details: Body = {count: value.count}
    if value.within_seconds is not None:
        details[window] = _minutes(value.within_seconds, "withinSeconds", MAX_WINDOW_S)
    return details


def _minutes(seconds: int, name: str, most_s: int) -> int:
    """Whole minutes, Sentry's unit; raises BadUserInput for other values."""
    if not MINUTE_S <= seconds <= most_s or seconds % MINUTE_S:
        raise BadUserInput(f"'{name}' must be a multiple of 60, from 60 to {most_s}")
    return seconds // MINUTE_S
