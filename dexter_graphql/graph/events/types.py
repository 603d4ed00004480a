"""Events, as the detail, lists and Discover give them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON, BigInt, raw
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    ID,
    LIST,
    LazyJSON,
    TaggedJSON,
    batch,
    computed,
    entity,
    plain,
    value_type,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.events.entries import (
    Breadcrumb,
    EventEntry,
    ExceptionValue,
    HTTPRequest,
    entry,
    inside,
    member,
    undecoded,
)
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.events import EventKey, event_attachments, event_details
from dexter_graphql.loaders.issues import IssueKey, issues_by_id
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.projection import NULL, Record

if TYPE_CHECKING:
    from dexter_graphql.graph.issues.types import Issue
    from dexter_graphql.graph.projects.types import Project
    from dexter_graphql.graph.releases.types import Release

LIGHT, REFERENCE = "light", "reference"
ROWS = (LIST, DETAIL)
LIGHT_ROWS = (LIGHT, LIST, DETAIL)
ENTRIES = list[TaggedJSON] | None
MAX_BREADCRUMBS = 100


class EventReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """An event of which only the id is known; whatever else is asked of it is fetched."""

    typename = "Event"
    representation = REFERENCE
    members = frozenset({"eventID", "projectID"})

    eventID: str  # noqa: N815  # Sentry's name
    projectID: str | int  # noqa: N815  # Sentry's name


class Tag(msgspec.Struct, frozen=True, gc=False):
    """A tag on the wire."""

    key: str | None = None
    value: str | None = None


def release_key(row: Any) -> ReleaseKey | None:
    """Key of the release that an event names in its tags."""
    version = tag_value(row.tags, "release")
    return None if version is None else ReleaseKey(row.parents.organization, version)


@value_type
class EventTag:
    """A tag of an event."""

    key: str | None = plain(description="Name, for example `browser.name`.")
    value: str | None = plain(description="Value.")


@value_type
class EventContext:
    """What was known about a part of the surroundings: the browser, the runtime, the trace, …"""

    @computed({"name": str})
    def name(row: Any) -> str:
        """Name of the context, for example `browser`."""
        return row.name

    @computed(value=msgspec.Raw)
    def type(row: Any) -> str | None:
        """Kind of the context, which usually is its name."""
        found = member(row.value, "type")
        return None if found is None else _text(msgspec.json.decode(found))

    @computed(value=msgspec.Raw)
    def value(row: Any) -> JSON:
        """Everything in it."""
        return row.value


@value_type
class EventUser:
    """The person who was using the program."""

    user_id: str | None = plain("id", type=int | str, convert=str, description="Id in the program.")
    email: str | None = plain(description="E-mail address.")
    username: str | None = plain(description="User name.")
    name: str | None = plain(description="Name.")
    ip_address: str | None = plain("ip_address", description="IP address.")
    geo: JSON | None = plain(description="Where the address is, as Sentry found out.")
    data: JSON | None = plain(description="Whatever else the program reported.")


@value_type
class SDK:
    """The library that reported."""

    name: str | None = plain(description="Name, for example `sentry.python`.")
    version: str | None = plain(description="Version.")


@value_type
class ProcessingError:
    """Something that went wrong while Sentry processed the event."""

    type: str | None = plain(description="Kind, for example `js_no_source`.")
    message: str | None = plain(description="What went wrong.")
    data: JSON | None = plain(description="More about it.")


@value_type
class Evidence:
    """A fact that a non-error issue rests on."""

    name: str | None = plain(description="What it is.")
    value: str | None = plain(description="The fact.")
    important: bool | None = plain(description="True for the ones to show first.")


@value_type
class Occurrence:
    """What was detected, for issues that are not errors."""

    occurrence_id: strawberry.ID | None = plain("id", description="Sentry's id of the occurrence.")
    title: str | None = plain("issueTitle", description="What was detected.")
    subtitle: str | None = plain(description="More about it, in one line.")
    culprit: str | None = plain(description="Where.")
    level: str | None = plain(description="Severity in Sentry's own word.")
    detected_at: datetime | None = plain("detectionTime", description="When.")
    evidence: list[Evidence] | None = plain("evidenceDisplay", description="Facts for people.")
    evidence_data: JSON | None = plain("evidenceData", description="Facts for programs.")


@value_type
class Attachment:
    """A file that came with an event."""

    attachment_id: strawberry.ID = plain("id", description="Sentry's id of the file.")
    name: str = plain(description="Name of the file.")
    mime_type: str | None = plain("mimetype", description="Media type.")
    size_bytes: BigInt | None = plain("size", description="Size in bytes.")
    kind: str | None = plain("type", description="What it is for, for example `event.attachment`.")
    sha1: str | None = plain(description="SHA-1 of the file.")
    created_at: datetime | None = plain("dateCreated", description="When it arrived.")


@entity(
    key=EntityKey(EventKey, project="projectID", id="eventID"),
    load=event_details,
    representations=(REFERENCE, LIGHT, LIST, DETAIL),
)
class Event(Node):
    """One occurrence: an error, a message, or a detection, with all that was known when it happened."""

    event_id: str = plain("eventID", description="Sentry's id of the event: 32 hexadecimal digits.")
    title: str | None = plain(representations=LIGHT_ROWS, description="What happened, in one line.")
    message: str | None = plain(representations=LIGHT_ROWS, description="The message, when there is one.")
    occurred_at: datetime | None = plain("dateCreated", representations=LIGHT_ROWS, description="When it happened.")
    received_at: datetime | None = plain(
        "dateReceived", representations=(DETAIL,), description="When Sentry received it."
    )
    culprit: str | None = plain(representations=ROWS, description="Where it happened.")
    location: str | None = plain(representations=ROWS, description="File or address where it happened.")
    platform: str | None = plain(representations=ROWS, description="Platform, for example `python`.")
    size_bytes: BigInt | None = plain("size", representations=(DETAIL,), description="Size in bytes.")
    dist: str | None = plain(representations=(DETAIL,), description="Distribution of the release.")
    user: EventUser | None = plain(representations=ROWS, description="The person who was using the program.")
    sdk: SDK | None = plain(representations=(DETAIL,), description="The library that reported.")
    metadata: JSON | None = plain(representations=ROWS, description="What the title was made of.")
    fingerprints: list[str] | None = plain(representations=(DETAIL,), description="Hashes by which it was grouped.")
    packages: JSON | None = plain(representations=(DETAIL,), description="Packages and their versions.")
    extra: JSON | None = plain(
        "context", representations=(DETAIL,), description="Extra data that the program reported."
    )
    occurrence: Occurrence | None = plain(representations=(DETAIL,), description="What was detected; null for errors.")
    processing_errors: list[ProcessingError] | None = plain(
        "errors", representations=(DETAIL,), description="What went wrong while it was processed."
    )

    @computed({"type": str | None, "event.type": str | None}, representations=ROWS)
    def kind(row: Any) -> str | None:
        """Sentry's own word for the type of the event: `error`, `default`, `transaction`, `csp`, `generic`, …"""
        return row.type or row.event_type

    @computed(tags=list[Tag] | None, representations=ROWS)
    def tags(row: Any) -> list[EventTag]:
        """Tags, in Sentry's order."""
        return row.tags or []

    @computed(tags=list[Tag] | None, representations=ROWS)
    def level(row: Any) -> Level | None:
        """Severity."""
        found = tag_value(row.tags, "level")
        return None if found is None else enum_member(Level)(found)

    @computed(tags=list[Tag] | None, representations=ROWS)
    def environment(row: Any) -> str | None:
        """Environment it happened in."""
        return tag_value(row.tags, "environment")

    @computed(tags=list[Tag] | None, representations=ROWS)
    def release_version(row: Any) -> str | None:
        """Version of the release it happened in."""
        return tag_value(row.tags, "release")

    @computed(contexts=dict[str, msgspec.Raw] | None, representations=(DETAIL,))
    def contexts(row: Any) -> list[EventContext]:
        """What was known about the surroundings, by name."""
        return [context(name, value) for name, value in (row.contexts or {}).items() if value != NULL]

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def entries(row: Any) -> list[EventEntry]:
        """All parts of the event, in Sentry's order."""
        return [entry(value_type) for value_type in row.entries or ()]

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def exceptions(row: Any) -> list[ExceptionValue] | None:
        """The exception with those that caused it, the outermost last; null when there is none."""
        return undecoded("ExceptionValue", member(inside(row.entries, "exception"), "values"), is_list=True)

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def request(row: Any) -> HTTPRequest | None:
        """The HTTP request that was being answered, or made; null when there is none."""
        return undecoded("HTTPRequest", inside(row.entries, "request"))

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def breadcrumbs(
        row: Any,
        *,
        last: Annotated[
            int, strawberry.argument(description=f"How many, counted from the event, 1 to {MAX_BREADCRUMBS}.")
        ] = MAX_BREADCRUMBS,
    ) -> list[Breadcrumb] | None:
        """What happened shortly before, oldest first; null when there are none."""
        found = member(inside(row.entries, "breadcrumbs"), "values")
        return None if found is None else undecoded("Breadcrumb", newest(found, last), is_list=True)

    @computed(previousEventID=str | None, projectID=ID, representations=(DETAIL,))
    def previous(row: Any) -> Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")] | None:
        """The event before this one in its issue; its id costs no call."""
        return reference(row, row.previousEventID)

    @computed(nextEventID=str | None, projectID=ID, representations=(DETAIL,))
    def next(row: Any) -> Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")] | None:
        """The event after this one in its issue; its id costs no call."""
        return reference(row, row.nextEventID)

    issue: Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")] | None = batch(
        issues_by_id,
        key=lambda row: None if row.groupID is None else IssueKey(row.parents.organization, str(row.groupID)),
        reads={"groupID": ID | None},
        representations=LIGHT_ROWS,
        description="Issue that it belongs to.",
    )
    release: Annotated["Release", strawberry.lazy("dexter_graphql.graph.releases.types")] | None = batch(
        releases_by_version,
        key=release_key,
        reads={"tags": list[Tag] | None},
        representations=ROWS,
        description="Release that it happened in.",
    )
    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.projectID)),
        reads={"projectID": ID},
        description="Project that received it.",
    )
    attachments: list[Attachment] | None = batch(
        event_attachments,
        description="Files that came with it, at most a hundred.",
    )


def context(name: str, value: msgspec.Raw) -> Any:
    """A context with its name, which Sentry writes as the key of a map."""
    return LazyJSON("EventContext", raw({"name": name, "value": value}))


def tag_value(tags: list[Tag] | None, key: str) -> str | None:
    """Value of a tag, None when there is none."""
    return next((tag.value for tag in tags or () if tag.key == key), None)


def reference(row: Any, event_id: str | None) -> EventReference | None:
    """An event of the same issue by its id."""
    if event_id is None:
        return None
    return EventReference(eventID=event_id, projectID=row.projectID, parents=row.parents)


def newest(values: msgspec.Raw, last: int) -> msgspec.Raw:
    """The last so many items of an undecoded list; raises InvalidValue when it is none."""
    try:
        items = msgspec.json.decode(values, type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise InvalidValue(str(error)) from None
    return raw(items[-min(max(last, 1), MAX_BREADCRUMBS) :])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
