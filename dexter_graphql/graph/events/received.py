"""Events in the shape in which webhooks send them: all that is known of an event without a call."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import ID, computed, plain, value_type
from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.graph.events.details import EventUser
from dexter_graphql.graph.events.entry_values import undecoded
from dexter_graphql.graph.events.enums import EventKind
from dexter_graphql.graph.events.types import TagPair, whole_seconds
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.issues.tags import Tag
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sentry.errors import InvalidValue

PAIRS = list[tuple[str | None, str | None]] | None


def time_of(seconds: float) -> datetime:
    """A time in seconds since the epoch; raises InvalidValue for one that no date has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise InvalidValue("Sentry sent a time that is not a date") from None


@value_type
class ReceivedEvent:
    """Event as Sentry's webhook contains it.

    Fields have the names and meanings of those of `Event`, which alone has stack traces, breadcrumbs, contexts and what
    else is large: query `node(id:)` for them.
    """

    event_id: str = plain("event_id", description="ID of the event in Sentry: 32 hexadecimal digits.")
    title: str | None = plain(description="Title of the event.")
    message: str | None = plain(description="Message of the event; null or empty when it has none.")
    received_at: datetime | None = plain(
        "received", type=float, convert=time_of, description="Time when Sentry received the event."
    )
    culprit: str | None = plain(
        description="Place in the application where the event occurred, usually a function or a transaction."
    )
    location: str | None = plain(description="File or URL where the event occurred.")
    platform: str | None = plain(description="Platform of the event, for example `python`.")
    dist: str | None = plain(description="Distribution (build variant) of the release.")
    metadata: JSON | None = plain(description="Metadata from which the title is derived.")
    kind: EventKind | None = plain("type", description="Kind of the event.")
    kind_raw: str | None = plain("type", description="Value of `kind`, as sent by Sentry.")
    level: Level | None = plain(description="Severity of the event; null when it has none.")
    level_raw: str | None = plain("level", description="Value of `level`, as sent by Sentry.")
    environment: str | None = plain(description="Environment of the event; null when it has none.")
    release_version: str | None = plain("release", description="Version of the release of the event; null without one.")
    fingerprint: list[str] | None = plain(description="Values that the SDK or a rule grouped the event by.")
    web_url: str | None = plain("web_url", description="URL of the event in Sentry.")

    @computed(event_id=str, project=ID | None)
    def id(row: Any) -> strawberry.ID | None:
        """Global ID of the `Event`; null when Sentry did not name the project."""
        if row.project is None:
            return None
        return strawberry.ID(encode_id("Event", row.parents.organization.id, str(row.project), row.event_id))

    @computed(issue_id=ID | None)
    def issue_id(row: Any) -> strawberry.ID | None:
        """Global ID of the issue that the event belongs to; null without one."""
        if row.issue_id is None:
            return None
        return strawberry.ID(encode_id("Issue", row.parents.organization.id, str(row.issue_id)))

    @computed(project=ID | None)
    def project_id(row: Any) -> strawberry.ID | None:
        """Global ID of the project of the event; null when Sentry did not name it."""
        if row.project is None:
            return None
        return strawberry.ID(encode_id("Project", row.parents.organization.id, str(row.project)))

    @computed(datetime=str | None, timestamp=float | None)
    def occurred_at(row: Any) -> datetime | None:
        """Time of the event in whole seconds."""
        if row.datetime is not None:
            return whole_seconds(instant(row.datetime))
        return None if row.timestamp is None else whole_seconds(time_of(row.timestamp))

    @computed(user=msgspec.Raw)
    def end_user(row: Any) -> EventUser | None:
        """User of the application who was affected."""
        return undecoded("EventUser", row.user)

    @computed(tags=PAIRS)
    def tags(row: Any) -> list[Tag] | None:
        """Tags of the event, in Sentry's order."""
        tags: list[Any] = [TagPair(key, value) for key, value in row.tags or ()]
        return tags

    @computed(tags=PAIRS)
    def tag(
        row: Any,
        *,
        key: Annotated[str, strawberry.argument(description="Key of the tag, for example `browser.name`.")],
    ) -> Tag | None:
        """Tag of the event; null when it does not have it."""
        return next((TagPair(name, value) for name, value in row.tags or () if name == key), None)
