"""What clients say to change issues, and how Sentry wants to hear it."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.relay.global_ids import key_from_id

Body = dict[str, Any]
MINUTE_S = 60
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
"""Member of `statusDetails` → where clients gave it in a ResolutionInput."""
IN_ARCHIVE = MappingProxyType(
    {
        "ignoreDuration": ("seconds",),
        "ignoreCount": ("events", "count"),
        "ignoreWindow": ("events", "withinSeconds"),
        "ignoreUserCount": ("users", "count"),
        "ignoreUserWindow": ("users", "withinSeconds"),
    }
)
"""Member of `statusDetails` → where clients gave it in an ArchiveUntil."""


@strawberry.input(description="A commit that Sentry knows.")
class CommitInput:
    """Input."""

    commit: str = strawberry.field(description="Its hash.")
    repository: str = strawberry.field(description="Name of the repository, as Sentry has it.")


@strawberry.input(one_of=True, description="In what an issue is resolved.")
class ResolutionInput:
    """Input."""

    now: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True for now: the next event is a regression."
    )
    next_release: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True for the release after the present one; one project at a time."
    )
    release: str | None = strawberry.field(
        default=strawberry.UNSET, description="This version, or `latest`; one project at a time."
    )
    commit: CommitInput | None = strawberry.field(default=strawberry.UNSET, description="The release with this commit.")


@strawberry.input(description="A number of events or users, within a time when that matters.")
class ArchiveThreshold:
    """Input."""

    count: int = strawberry.field(description="So many more, at least 1.")
    within_seconds: int | None = strawberry.field(
        default=None, description="Within so long: whole minutes, in seconds, at most seven days."
    )


@strawberry.input(one_of=True, description="Until when an issue is archived.")
class ArchiveUntil:
    """Input."""

    escalating: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: until it happens much more often than Sentry expects."
    )
    forever: bool | None = strawberry.field(default=strawberry.UNSET, description="True: for good.")
    seconds: int | None = strawberry.field(
        default=strawberry.UNSET, description="For so long: whole minutes, in seconds."
    )
    events: ArchiveThreshold | None = strawberry.field(
        default=strawberry.UNSET, description="Until so many more events happened."
    )
    users: ArchiveThreshold | None = strawberry.field(
        default=strawberry.UNSET, description="Until so many more users were affected."
    )


@strawberry.input(one_of=True, description="Whom to assign to.")
class AssigneeInput:
    """Input."""

    user: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Id of a user.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address of a user.")
    team: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Id of a team.")
    nobody: bool | None = strawberry.field(default=strawberry.UNSET, description="True to take the assignee away.")


@strawberry.enum(description="Where to put an issue.")
class IssueTarget(Enum):
    """The statuses that clients may set."""

    UNRESOLVED = strawberry.enum_value("unresolved", description="Open.")
    RESOLVED = strawberry.enum_value("resolved", description="Done; `resolution` says in what, now when left out.")
    ARCHIVED = strawberry.enum_value(
        "ignored", description="Set aside; `archiveUntil` says until when, until it escalates when left out."
    )


def status_fields(resolution: str, archive: str) -> dict[str, tuple[str, ...]]:
    """Member of Sentry's body → path of the input, for inputs that call the two parts so."""
    parts = ((resolution, IN_RESOLUTION), (archive, IN_ARCHIVE))
    found = {f"statusDetails.{name}": (word, *path) for word, names in parts for name, path in names.items()}
    return found | {"substatus": (archive,)}


def resolution_body(value: ResolutionInput | None) -> Body:
    """Body of an update that resolves."""
    if value is None or value.now:
        return {"status": "resolved", "statusDetails": {}}
    if value.next_release:
        return {"status": "resolved", "statusDetails": {"inNextRelease": True}}
    if value.release:
        return {"status": "resolved", "statusDetails": {"inRelease": value.release}}
    if value.commit:
        commit = {"commit": value.commit.commit, "repository": value.commit.repository}
        return {"status": "resolved", "statusDetails": {"inCommit": commit}}
    raise BadUserInput("What an issue is resolved in must be true or named")


def archive_body(value: ArchiveUntil | None) -> Body:
    """Body of an update that archives."""
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
        raise BadUserInput("Until when an issue is archived must be true or a number")
    return {"status": "ignored", "substatus": "archived_until_condition_met", "statusDetails": details}


def assignee_body(value: AssigneeInput, organizations: frozenset[str]) -> Body:
    """Body of an update that assigns; user and team must be of the organizations (by id) that the issues are of."""
    if value.nobody:
        return {"assignedTo": ""}
    if value.email:
        return {"assignedTo": value.email}
    for given, typename, word in ((value.user, "User", "user"), (value.team, "Team", "team")):
        if given:
            organization, number = key_from_id(given, typename, 2)
            if organizations - {organization}:
                raise BadUserInput(f"This {word} and the issues are of different organizations")
            return {"assignedTo": f"{word}:{number}"}
    raise BadUserInput("Say whom to assign to: a user, an e-mail address, a team, or `nobody: true`")


def priority_body(value: IssuePriority) -> Body:
    """Body of an update of the priority."""
    if value is IssuePriority.UNKNOWN:
        raise BadUserInput("'priority' must be LOW, MEDIUM or HIGH")
    return {"priority": value.value}


def flags_body(flags: Mapping[str, bool | None]) -> Body:
    """Body of an update of yes-or-no members; those that were not given stay as they are."""
    return {name: value for name, value in flags.items() if value is not None and value is not strawberry.UNSET}


def _threshold(value: ArchiveThreshold, count: str, window: str) -> Body:
    if not 1 <= value.count <= MAX_COUNT:
        raise BadUserInput("'count' must be at least 1")
    details: Body = {count: value.count}
    if value.within_seconds is not None:
        details[window] = _minutes(value.within_seconds, "withinSeconds", MAX_WINDOW_S)
    return details


def _minutes(seconds: int, name: str, most_s: int) -> int:
    """Whole minutes, which is what Sentry counts in."""
    if not MINUTE_S <= seconds <= most_s or seconds % MINUTE_S:
        raise BadUserInput(f"'{name}' must be a multiple of 60, from 60 to {most_s}")
    return seconds // MINUTE_S
