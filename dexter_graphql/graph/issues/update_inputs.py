"""Inputs of issue mutations and the request bodies they are translated to."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.relay.references import (
    ReleaseReference,
    RepositoryReference,
    TeamReference,
    UserReference,
    reference_of,
    release_of,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import Kind, Reference, resolve_references
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.sentry.parents import OrganizationRef

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
    repository: RepositoryReference = strawberry.field(description="Repository of the commit.")


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
    release: ReleaseReference | None = strawberry.field(
        default=strawberry.UNSET,
        description="Release in which the issue is resolved. The issues must belong to one project.",
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

    user: UserReference | None = strawberry.field(default=strawberry.UNSET, description="A user.")
    team: TeamReference | None = strawberry.field(default=strawberry.UNSET, description="A team.")
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


async def resolution_body(
    value: ResolutionInput | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> Body:
    """Request body that resolves issues of these organizations."""
    if value is None or value.now:
        return {"status": "resolved", "statusDetails": {}}
    if value.next_release:
        return {"status": "resolved", "statusDetails": {"inNextRelease": True}}
    if value.release:
        release = release_of(value.release, "release")
        version = release if isinstance(release, str) else _own(release, organizations).value
        return {"status": "resolved", "statusDetails": {"inRelease": version}}
    if value.commit:
        repository = await _repository(value.commit.repository, organizations, load_context)
        commit = {"commit": value.commit.commit, "repository": repository}
        return {"status": "resolved", "statusDetails": {"inCommit": commit}}
    raise BadUserInput("The resolution must be 'now: true', 'nextRelease: true', a release or a commit")


async def _repository(
    value: RepositoryReference, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> str:
    """The name of a repository that exists: of an unknown one, Sentry says only that it has no such commit."""
    reference = reference_of(value, "commit", "repository")
    if not organizations:
        return reference.value
    entities = await resolve_references([reference], organizations[0], load_context)
    return entities[reference].name


def archive_body(value: ArchiveUntil | None) -> Body:
    """Request body that archives issues."""
    if value is None or value.escalating:
        return {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}
    if value.forever:
        return {"status": "ignored", "substatus": "archived_forever", "statusDetails": {}}
    if value.seconds:
        details = {"ignoreDuration": _minutes(value.seconds, "seconds", MAX_DURATION_S)}
    elif value.events:
        with within("events"):
            details = _threshold(value.events, "ignoreCount", "ignoreWindow")
    elif value.users:
        with within("users"):
            details = _threshold(value.users, "ignoreUserCount", "ignoreUserWindow")
    else:
        raise BadUserInput(
            "The archive condition must be 'escalating: true', 'forever: true', a duration or a threshold"
        )
    return {"status": "ignored", "substatus": "archived_until_condition_met", "statusDetails": details}


async def assignee_body(
    value: AssigneeInput, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> Body:
    """Request body that assigns issues of these organizations; raises BadUserInput for others' users and teams."""
    if value.nobody:
        return {"assignedTo": ""}
    for given, word in ((value.user, "user"), (value.team, "team")):
        if given:
            reference = _own(reference_of(given, word), organizations)
            return {"assignedTo": await _actor(reference, word, organizations, load_context)}
    raise BadUserInput("The assignee must be a user, a team or 'nobody: true'")


async def _actor(
    reference: Reference, word: str, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> str:
    """A user or a team as Sentry takes it. Only the slug of a team is looked up; Sentry checks what it takes itself."""
    if reference.by == "sentryId":
        return f"{word}:{reference.value}"
    if reference.kind is Kind.USER or not organizations:
        return reference.value
    entity = (await resolve_references([reference], organizations[0], load_context))[reference]
    if not entity.id.isdecimal():
        raise BadUserInput("The token may not list teams; give the ID of the team", reference.field)
    return f"team:{entity.id}"


def _own(reference: Reference, organizations: Sequence[OrganizationRef]) -> Reference:
    """The reference; raises BadUserInput when issues belong to another organization than what it names."""
    ids = {organization.id for organization in organizations}
    expected = ids if reference.organization_id is None else {reference.organization_id}
    if len(ids) > 1 or ids - expected:
        kind = reference.kind.lower()
        raise BadUserInput(f"The {kind} and the issues belong to different organizations", reference.field)
    return reference


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
        raise BadUserInput("'count' must be at least 1", ("count",))
    details: Body = {count: value.count}
    if value.within_seconds is not None:
        details[window] = _minutes(value.within_seconds, "withinSeconds", MAX_WINDOW_S)
    return details


def _minutes(seconds: int, name: str, most_s: int) -> int:
    """Whole minutes, Sentry's unit; raises BadUserInput for other values."""
    if not MINUTE_S <= seconds <= most_s or seconds % MINUTE_S:
        raise BadUserInput(f"'{name}' must be a multiple of 60, from 60 to {most_s}", (name,))
    return seconds // MINUTE_S
