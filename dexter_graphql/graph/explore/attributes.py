"""Tags, attributes and their values, metrics and dropped events."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import DETAIL, LIST, computed, entity, first_of, plain, value_type
from dexter_graphql.graph.declarations.wire_types import instant
from dexter_graphql.loaders.explore.attributes import ValueCount
from dexter_graphql.sentry.lenient import raise_invalid


@strawberry.enum(description="Kind of items that attributes are listed of.")
class AttributeDataset(Enum):
    """`dataset` on the wire."""

    SPANS = wire_value("spans", "Spans of traces.")
    LOGS = wire_value("logs", "Structured logs.")
    TRACE_METRICS = wire_value("tracemetrics", "Metrics that applications emit.")
    PROCESSING_ERRORS = wire_value("processing_errors", "Errors of Sentry's processing.")
    PREPROD = wire_value("preprod", "Mobile builds.")


@strawberry.enum(description="Type of an attribute's values.")
class AttributeType(Enum):
    """`attributeType` on the wire."""

    STRING = wire_value("string", "Text values.")
    NUMBER = wire_value("number", "Numeric values.")
    BOOLEAN = wire_value("boolean", "True or false.")
    ARRAY = wire_value("array", "Lists of values.")


@strawberry.enum(description="Kind of items that distributions are computed of.")
class DistributionItems(Enum):
    """`itemType` on the wire."""

    SPANS = wire_value("spans", "Spans of traces.")
    OCCURRENCES = wire_value("occurrences", "Occurrences of issues.")


@strawberry.enum(description="Where tags are searched.")
class TagDataset(Enum):
    """`dataset` on the wire."""

    DISCOVER = wire_value("discover", "Errors and transactions.")
    EVENTS = wire_value("events", "Error events.")
    REPLAYS = wire_value("replays", "Session replays.")
    SEARCH_ISSUES = wire_value("search_issues", "Occurrences of issues that are not errors.")


@entity(representations=(LIST,))
class OrganizationTag:
    """Tag of an organization's events."""

    key: str | None = plain(description="Key of the tag, for example `browser.name`.")
    name: str | None = plain(description="Display name of the tag.")
    total_values: BigInt | None = plain("totalValues", description="Number of events that have the tag.")
    unique_values: BigInt | None = plain("uniqueValues", description="Number of distinct values; null when unknown.")


@entity(representations=(LIST,))
class ExploreAttribute:
    """Attribute of spans, logs or other items."""

    key: str = plain(description="Name of the attribute in searches and columns.")
    name: str | None = plain(description="Name of the attribute as the application has set it.")
    type: str | None = plain("attributeType", description="Type of the values: `string`, `number`, `boolean`, `array`.")
    aliases: list[str] | None = plain("secondaryAliases", description="Other names of the attribute.")
    source: str | None = first_of(
        "attributeSource.source_type", description="`sentry` for built-in attributes, `user` for those of applications."
    )


@value_type
class AttributeValueCount:
    """Value of an attribute."""

    @computed()
    def value(row: ValueCount) -> str | None:
        """Value as text."""
        return row.label

    @computed()
    def count(row: ValueCount) -> BigInt | None:
        """Number of sampled items that have the value."""
        return None if row.value is None else BigInt(int(row.value))


@value_type
class AttributeDistribution:
    """Attribute with its most frequent values."""

    @computed()
    def key(pair: tuple[str, list[ValueCount]]) -> str:
        """Name of the attribute."""
        return pair[0]

    @computed()
    def values(pair: tuple[str, Any]) -> list[AttributeValueCount] | None:
        """Values, the most frequent first."""
        return raise_invalid(pair[1])


def _of_nanoseconds(value: float) -> datetime:
    return instant(value / 1e9)


def time_of_milliseconds(value: float) -> datetime:
    """The time at a number of milliseconds since the epoch."""
    return instant(value / 1e3)


@entity(representations=(LIST,))
class TraceMetric:
    """Metric that applications emit."""

    name: str | None = plain(description="Name of the metric.")
    type: str | None = plain(description="`counter`, `gauge` or `distribution`.")
    unit: str | None = plain(description="Unit of the values; null without one.")
    count: BigInt | None = plain(description="Number of values in the range.")
    last_seen_at: datetime | None = plain(
        "lastSeen", type=float, convert=_of_nanoseconds, description="Time of the newest value."
    )


@value_type
class EventCountBucket:
    """Number of events with one outcome in an interval."""

    category: str | None = plain(description="Category of the data, as named by Sentry.")
    outcome_raw: str | None = plain("outcome", description="Outcome, as sent by Sentry.")
    reason: str | None = plain(description="Reason of the outcome, as named by Sentry.")
    count: BigInt | None = plain(description="Number of events.")
    starts_at: datetime | None = plain(
        "start", type=float, convert=time_of_milliseconds, description="Start of the interval."
    )
    ends_at: datetime | None = plain(
        "end", type=float, convert=time_of_milliseconds, description="End of the interval."
    )


@entity(representations=(DETAIL,))
class DroppedEvents:
    """Events that Sentry dropped, beside those that it accepted."""

    dropped: list[EventCountBucket] | None = plain("droppedEvents", description="Dropped events by interval.")
    accepted: list[EventCountBucket] | None = plain("acceptedEvents", description="Accepted events by interval.")
