"""Events."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.commits.suspects import SuspectCommit
from dexter_graphql.graph.common.scalars import JSON, BigInt, raw
from dexter_graphql.graph.common.text_formats import Format, TextFormat
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    ID,
    LIST,
    TaggedJSON,
    batch,
    call,
    computed,
    entity,
    plain,
)
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.events.details import (
    SDK,
    EventContext,
    EventUser,
    EventUserDetails,
    Occurrence,
    ProcessingError,
    context,
    trace_id_of,
)
from dexter_graphql.graph.events.entries import EventEntry, entry, inside
from dexter_graphql.graph.events.entry_values import Breadcrumb, ExceptionValue, HTTPRequest, member, undecoded
from dexter_graphql.graph.events.enums import EventKind
from dexter_graphql.graph.events.source_maps import SourceMapDebug
from dexter_graphql.graph.files import download_address
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.issues.tags import Tag
from dexter_graphql.graph.lazy_types import EventType, IssueType, ProjectType, ReleaseType, TraceType
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.event_diagnosis import EventTextKey, event_texts, source_map_debug_data
from dexter_graphql.loaders.events import (
    AttachmentKey,
    EventKey,
    attachments_by_id,
    event_attachments,
    event_details,
    event_path,
)
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.loaders.suspect_commits import event_suspect_commits
from dexter_graphql.loaders.traces import TraceReference
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import NULL, member_or_invalid
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Record

LIGHT, REFERENCE = "light", "reference"
ROWS = (LIST, DETAIL)
LIGHT_ROWS = (LIGHT, LIST, DETAIL)
ENTRIES = list[TaggedJSON] | None
CONTEXTS = dict[str, msgspec.Raw] | None
MAX_BREADCRUMBS = 100
event_kind, event_level = enum_member(EventKind), enum_member(Level)


class EventReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """Event of which only the ID is known; its other members are fetched on demand."""

    typename = "Event"
    representation = REFERENCE
    members = frozenset({"eventID", "projectID"})

    eventID: str  # noqa: N815  # Sentry's name
    projectID: str | int  # noqa: N815  # Sentry's name


class TagPair(msgspec.Struct, frozen=True, gc=False):
    """`tags` item of an event."""

    key: str | None = None
    value: str | None = None


def in_project(row: Any) -> Parents:
    """Parents of the values inside an event, which name its project."""
    parents: Parents = row.parents
    return parents.within(project=str(row.projectID))


def text_key(row: Any) -> EventTextKey | None:
    """Key of the text of an event; None for an event without an issue."""
    if row.groupID is None:
        return None
    return EventTextKey(EventKey(row.parents.organization, str(row.projectID), row.eventID), str(row.groupID))


def release_key(row: Any) -> ReleaseKey | None:
    """Key of the release that an event names in its tags."""
    version = tag_value(row.tags, "release")
    return None if version is None else ReleaseKey(row.parents.organization, version)


@entity(key=AttachmentKey, load=attachments_by_id)
class Attachment(Node):
    """File attached to an event."""

    sentry_id: strawberry.ID = plain("id", description="ID of the attachment in Sentry.")
    name: str | None = plain(description="Name of the file.")
    mime_type: str | None = plain("mimetype", description="Media type of the file.")
    size_bytes: BigInt | None = plain("size", description="Size of the file in bytes.")
    attachment_type: str | None = plain("type", description="Type of the attachment, for example `event.attachment`.")
    sha1: str | None = plain(description="SHA-1 checksum of the file.")
    created_at: datetime | None = plain("dateCreated", description="Time when Sentry received the file.")

    @call(is_personal=True, reads={"id": ID, "name": str | None})
    async def download_url(row: Any, load_context: LoadContext) -> str | None:
        """Path on this server for the content: signed for this caller, for one download, until it expires."""
        key = EventKey(row.parents.organization, row.parents.project, row.parents.event)
        path = {**event_path(key), "attachment": str(row.id)}
        return download_address(catalogue.ATTACHMENT, key.organization, path, row.name, load_context)


def whole_seconds(instant: datetime) -> datetime:
    """The time without fractions of a second."""
    return instant.replace(microsecond=0)


@entity(
    key=EntityKey(EventKey, project="projectID", id="eventID"),
    load=event_details,
    representations=(REFERENCE, LIGHT, LIST, DETAIL),
)
class Event(Node):
    """Event: an error, a message or another occurrence reported to Sentry."""

    event_id: str = plain("eventID", description="ID of the event in Sentry: 32 hexadecimal digits.")
    title: str | None = plain(representations=LIGHT_ROWS, description="Title of the event.")
    message: str | None = plain(
        # Lists and Discover have the text that is searched instead.
        representations=(DETAIL,),
        description="Message of the event; null or empty when it has none. One call for each event of a list.",
    )
    occurred_at: datetime | None = plain(
        "dateCreated",
        type=datetime,
        # Lists and Discover have no fractions.
        convert=whole_seconds,
        representations=LIGHT_ROWS,
        description="Time of the event in whole seconds.",
    )
    received_at: datetime | None = plain(
        "dateReceived", representations=(DETAIL,), description="Time when Sentry received the event."
    )
    culprit: str | None = plain(
        representations=ROWS,
        description="Place in the application where the event occurred, usually a function or a transaction.",
    )
    location: str | None = plain(representations=ROWS, description="File or URL where the event occurred.")
    platform: str | None = plain(representations=ROWS, description="Platform of the event, for example `python`.")
    size_bytes: BigInt | None = plain("size", representations=(DETAIL,), description="Size of the event in bytes.")
    dist: str | None = plain(representations=(DETAIL,), description="Distribution (build variant) of the release.")
    sdk: SDK | None = plain(representations=(DETAIL,), description="SDK that reported the event.")
    metadata: JSON | None = plain(representations=ROWS, description="Metadata from which the title is derived.")
    fingerprints: list[str] | None = plain(representations=(DETAIL,), description="Grouping hashes of the event.")
    packages: JSON | None = plain(representations=(DETAIL,), description="Installed packages and their versions.")
    extra: JSON | None = plain(
        "context", representations=(DETAIL,), description="Extra data reported by the application."
    )
    occurrence: Occurrence | None = plain(
        representations=(DETAIL,), description="Occurrence that was detected; null for errors."
    )
    processing_errors: list[ProcessingError] | None = plain(
        "errors", representations=(DETAIL,), description="Errors that occurred while Sentry processed the event."
    )

    @computed(user=msgspec.Raw, representations=ROWS)
    def end_user(row: Any) -> EventUser | None:
        """User of the application who was affected."""
        return undecoded("EventUser", row.user)

    @computed(user=msgspec.Raw, representations=(DETAIL,))
    def end_user_details(row: Any) -> EventUserDetails | None:
        """Name, location and additional data of the user. One call for each event of a list."""
        return undecoded("EventUserDetails", row.user)

    @computed({"type": str | None, "event.type": str | None}, representations=ROWS)
    def kind(row: Any) -> EventKind | None:
        """Kind of the event."""
        value = row.type or row.event_type
        return None if value is None else event_kind(value)

    @computed({"type": str | None, "event.type": str | None}, representations=ROWS)
    def kind_raw(row: Any) -> str | None:
        """Value of `kind`, as sent by Sentry."""
        return row.type or row.event_type

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def tags(row: Any) -> list[Tag] | None:
        """Tags of the event, in Sentry's order."""
        return [] if row.tags is None else row.tags

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def tag(
        row: Any,
        *,
        key: Annotated[str, strawberry.argument(description="Key of the tag, for example `browser.name`.")],
    ) -> Tag | None:
        """Tag of the event; null when it does not have it."""
        return next((tag for tag in row.tags or () if tag.key == key), None)

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def level(row: Any) -> Level | None:
        """Severity of the event; null when it has no `level` tag."""
        value = tag_value(row.tags, "level")
        return None if value is None else event_level(value)

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def level_raw(row: Any) -> str | None:
        """Value of `level`, as sent by Sentry."""
        return tag_value(row.tags, "level")

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def environment(row: Any) -> str | None:
        """Environment of the event; null when it has none."""
        return tag_value(row.tags, "environment")

    @computed(tags=list[TagPair] | None, representations=ROWS)
    def release_version(row: Any) -> str | None:
        """Version of the release of the event; null when it has none."""
        return tag_value(row.tags, "release")

    @computed(contexts=CONTEXTS, representations=(DETAIL,))
    def contexts(row: Any) -> list[EventContext] | None:
        """Contexts of the event."""
        return [context(name, value) for name, value in (row.contexts or {}).items() if value != NULL]

    @computed(entries=ENTRIES, projectID=ID, representations=(DETAIL,))
    def entries(row: Any) -> list[EventEntry] | None:
        """Entries of the event, in Sentry's order."""
        parents = in_project(row)
        return [entry(value_type, parents) for value_type in row.entries or ()]

    @computed(entries=ENTRIES, projectID=ID, representations=(DETAIL,))
    def exceptions(row: Any) -> list[ExceptionValue] | None:
        """Exception with its causes, outermost last; null when the event has no exception."""
        values = member(inside(row.entries, "exception"), "values")
        return undecoded("ExceptionValue", values, is_list=True, parents=in_project(row))

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def request(row: Any) -> HTTPRequest | None:
        """HTTP request during which the event occurred; null when there is none."""
        return undecoded("HTTPRequest", inside(row.entries, "request"))

    @computed(entries=ENTRIES, representations=(DETAIL,))
    def breadcrumbs(
        row: Any,
        *,
        last: Annotated[
            int, strawberry.argument(description=f"Number of newest breadcrumbs to return, 1 to {MAX_BREADCRUMBS}.")
        ] = MAX_BREADCRUMBS,
    ) -> list[Breadcrumb] | None:
        """Newest breadcrumbs of the event, oldest first; null when there are none."""
        values = member(inside(row.entries, "breadcrumbs"), "values")
        return None if values is None else undecoded("Breadcrumb", newest(values, last), is_list=True)

    @computed(contexts=CONTEXTS, representations=(DETAIL,))
    def trace(row: Any) -> TraceType | None:
        """Trace that the event belongs to; null when it names none. Selecting only its ID costs no call."""
        trace_id = trace_id_of((row.contexts or {}).get("trace"))
        return None if trace_id is None else TraceReference(traceId=trace_id, parents=Parents(row.parents.organization))

    @computed(previousEventID=str | None, projectID=ID, representations=(DETAIL,))
    def previous(row: Any) -> EventType | None:
        """Previous event of the issue; null for the first one. Selecting only its ID costs no call."""
        return reference(row, row.previousEventID)

    @computed(nextEventID=str | None, projectID=ID, representations=(DETAIL,))
    def next(row: Any) -> EventType | None:
        """Next event of the issue; null for the newest one. Selecting only its ID costs no call."""
        return reference(row, row.nextEventID)

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda row: None if row.groupID is None else IssueKey(row.parents.organization, str(row.groupID)),
        reads={"groupID": ID | None},
        representations=LIGHT_ROWS,
        description="Issue that the event belongs to; null for events without an issue.",
    )
    release: ReleaseType | None = batch(
        releases_by_version,
        key=release_key,
        reads={"tags": list[TagPair] | None},
        representations=ROWS,
        description="Release of the event; null when it has none.",
    )
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.projectID)),
        reads={"projectID": ID},
        description="Project of the event.",
    )
    suspect_commits: list[SuspectCommit] | None = batch(
        event_suspect_commits,
        description="Commits that may have caused the event, the most likely first; empty when Sentry has none. One"
        " call per event.",
    )
    source_map_debug: SourceMapDebug | None = batch(
        source_map_debug_data,
        description="Why the frames of the event have source maps, or lack them. One call per event.",
    )

    @batch(
        event_texts,
        key=text_key,
        reads={"groupID": ID | None, "eventID": str, "projectID": ID},
        representations=LIGHT_ROWS,
    )
    def formatted_text(*, format: Format = TextFormat.MARKDOWN) -> str | None:
        """The event written out for a language model; null without an issue and on servers that cannot.

        One call per event.
        """
        return format.value

    attachments: list[Attachment] | None = batch(
        event_attachments,
        description="Attachments of the event, at most 100.",
    )


def tag_value(tags: list[TagPair] | None, key: str) -> str | None:
    """Value of a tag; None when the event does not have it."""
    return next((tag.value for tag in tags or () if member_or_invalid(tag, "key") == key), None)


def reference(row: Any, event_id: str | None) -> EventReference | None:
    """Reference to an event of the same issue."""
    if event_id is None:
        return None
    return EventReference(eventID=event_id, projectID=row.projectID, parents=row.parents)


def newest(values: msgspec.Raw, last: int) -> msgspec.Raw:
    """The last items of an undecoded list; raises InvalidValue when the value is not a list."""
    try:
        items = msgspec.json.decode(values, type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise InvalidValue(str(error)) from None
    return raw(items[-min(max(last, 1), MAX_BREADCRUMBS) :])
