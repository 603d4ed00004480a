"""The conditions of alerts: an interface, and a type for each kind that is known."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import (
    AgeComparison,
    AlertPriority,
    AssigneeKind,
    ConditionMatch,
    FrequencyComparison,
)
from dexter_graphql.graph.alerts.reading import UNITS_S, decoded, member_of, read, seconds
from dexter_graphql.graph.common.scalars import JSON, BigInt
from dexter_graphql.graph.declarations.fields import batch, computed, entity, plain, value_type
from dexter_graphql.graph.issues.enums import IssueCategory, Level
from dexter_graphql.graph.issues.parts import Assignee
from dexter_graphql.loaders.actors import ActorKey, actors_by_key

COMPARISON = {"comparison": msgspec.Raw}
"""What the fields of most conditions read."""
LEVELS: Mapping[int | None, str] = MappingProxyType(
    {0: "sample", 10: "debug", 20: "info", 30: "warning", 40: "error", 50: "fatal"}
)
CATEGORIES: Mapping[int | None, str] = MappingProxyType(
    {1: "error", 2: "performance", 3: "profile", 4: "cron", 5: "replay", 6: "feedback", 7: "uptime", 8: "metric",
     10: "outage", 11: "metric", 12: "db_query", 13: "http_client", 14: "frontend", 15: "mobile"}
)  # fmt: skip
"""Sentry's number for a category → its word."""


class Frequency(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """How often something must happen."""

    value: float | None = None
    interval: str | None = None
    comparison_interval: str | None = None


class Compared(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What other conditions compare with; each uses a few of these."""

    value: str | int | float | None = None
    comparison_type: str | None = None
    time: str | None = None
    target_type: str | None = None
    target_identifier: str | int | None = None
    level: int | None = None
    match: str | None = None
    key: str | None = None
    attribute: str | None = None
    environment: str | None = None
    release_age_type: str | None = None
    age_comparison: str | None = None


NOTHING = Compared()


def compared(row: Any) -> Compared:
    """What a condition compares with."""
    return read(row.comparison, Compared) or NOTHING


def _assignee(row: Any) -> ActorKey | None:
    found = compared(row)
    kind = {"Team": "team", "Member": "user"}.get(found.target_type or "")
    return ActorKey(row.parents.organization, kind, str(found.target_identifier)) if kind else None


def _frequency(row: Any) -> Frequency:
    return read(row.comparison, Frequency) or Frequency()


@entity(representations=(), is_interface=True)
class AlertCondition:
    """A condition of an alert; its type says which."""

    type: str | None = plain(description="Sentry's own word for the kind of condition.")
    condition_id: strawberry.ID | None = plain("id", description="Sentry's id of it; null on servers with old rules.")


@value_type
class FirstSeenAlertCondition(AlertCondition):
    """An issue is new."""


@value_type
class RegressionAlertCondition(AlertCondition):
    """A resolved issue comes back."""


@value_type
class ReappearedAlertCondition(AlertCondition):
    """An archived issue comes back."""


@value_type
class ResolvedAlertCondition(AlertCondition):
    """An issue is resolved."""


@value_type
class EveryEventAlertCondition(AlertCondition):
    """An event arrives, any event."""


@value_type
class HighPriorityAlertCondition(AlertCondition):
    """An issue is, or becomes, one of high priority."""

    @computed(type=str)
    def is_new_issue(row: Any) -> bool:
        """True when only new issues count, false when only those that were there before."""
        return row.type == "new_high_priority_issue"


@entity(representations=(), is_interface=True)
class FrequencyAlertCondition(AlertCondition):
    """Something happens so many times within a stretch of time."""

    @computed(COMPARISON)
    def threshold(row: Any) -> float | None:
        """How many, or by how many percent more: see `comparison`."""
        return _frequency(row).value

    @computed(COMPARISON)
    def interval_seconds(row: Any) -> int | None:
        """Length of the stretch of time in seconds."""
        return seconds(_frequency(row).interval)

    @computed(type=str)
    def comparison(row: Any) -> FrequencyComparison | None:
        """What `threshold` is compared with."""
        return member_of(FrequencyComparison, (row.type or "").rpartition("_")[2])

    @computed(COMPARISON)
    def comparison_interval_seconds(row: Any) -> int | None:
        """How long ago the stretch is that is compared with, in seconds; null when `comparison` is COUNT."""
        return seconds(_frequency(row).comparison_interval)


@value_type
class EventFrequencyAlertCondition(FrequencyAlertCondition):
    """An issue has so many events."""


@value_type
class UserFrequencyAlertCondition(FrequencyAlertCondition):
    """An issue affects so many users."""


@value_type
class SessionFrequencyAlertCondition(FrequencyAlertCondition):
    """An issue affects so many percent of sessions."""


@value_type
class AgeAlertCondition(AlertCondition):
    """An issue is older or younger than something."""

    @computed(COMPARISON)
    def direction(row: Any) -> AgeComparison | None:
        """On which side of the age."""
        return member_of(AgeComparison, compared(row).comparison_type)

    @computed(COMPARISON)
    def age_seconds(row: Any) -> BigInt | None:
        """The age in seconds."""
        found = compared(row)
        unit = UNITS_S.get((found.time or "")[:1])
        return BigInt(int(found.value * unit)) if unit and isinstance(found.value, (int, float)) else None


@value_type
class AssignedToAlertCondition(AlertCondition):
    """An issue is assigned to somebody."""

    target: Assignee | None = batch(
        actors_by_key,
        key=_assignee,
        reads=COMPARISON,
        description="The user or team; null when it is about issues that nobody has.",
    )

    @computed(COMPARISON)
    def target_kind(row: Any) -> AssigneeKind | None:
        """What kind of somebody."""
        return member_of(AssigneeKind, compared(row).target_type)


@value_type
class CategoryAlertCondition(AlertCondition):
    """An issue is of a category."""

    @computed(COMPARISON)
    def category(row: Any) -> IssueCategory | None:
        """The category."""
        value = compared(row).value
        return None if value is None else member_of(IssueCategory, CATEGORIES.get(_whole(value), "unknown"))

    @computed(COMPARISON)
    def category_raw(row: Any) -> int | None:
        """The category as Sentry's number."""
        return _whole(compared(row).value)


@value_type
class PriorityAlertCondition(AlertCondition):
    """An issue has at least a priority, or loses it."""

    @computed(COMPARISON)
    def priority(row: Any) -> AlertPriority | None:
        """The priority; null when Sentry names none."""
        value = decoded(row.comparison, bool | int | float | str | dict[str, object])
        return member_of(AlertPriority, value) if isinstance(value, int) and not isinstance(value, bool) else None

    @computed(type=str)
    def is_falling(row: Any) -> bool:
        """True when the issue must fall below the priority, false when it must have at least that."""
        return row.type == "issue_priority_deescalating"


@value_type
class LevelAlertCondition(AlertCondition):
    """An event has a severity."""

    @computed(COMPARISON)
    def level(row: Any) -> Level | None:
        """The severity."""
        value = compared(row).level
        return None if value is None else member_of(Level, LEVELS.get(value, "unknown"))

    @computed(COMPARISON)
    def level_raw(row: Any) -> int | None:
        """The severity as Sentry's number."""
        return compared(row).level

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How the event's severity is compared."""
        return member_of(ConditionMatch, compared(row).match)


@value_type
class OccurrencesAlertCondition(AlertCondition):
    """An issue has had so many events in all."""

    @computed(COMPARISON)
    def count(row: Any) -> BigInt | None:
        """How many, at least."""
        found = _whole(compared(row).value)
        return None if found is None else BigInt(found)


@value_type
class LatestReleaseAlertCondition(AlertCondition):
    """An event is of the newest release."""


@value_type
class LatestAdoptedReleaseAlertCondition(AlertCondition):
    """An event is of a release that is older or newer than the one that most people use."""

    @computed(COMPARISON)
    def release_age(row: Any) -> str | None:
        """Which release of the issue: `oldest` or `newest`."""
        return compared(row).release_age_type

    @computed(COMPARISON)
    def direction(row: Any) -> AgeComparison | None:
        """On which side of the adopted release."""
        return member_of(AgeComparison, compared(row).age_comparison)

    @computed(COMPARISON)
    def environment(row: Any) -> str | None:
        """Name of the environment in which releases are adopted."""
        return compared(row).environment


@value_type
class TaggedEventAlertCondition(AlertCondition):
    """An event carries a tag."""

    @computed(COMPARISON)
    def key(row: Any) -> str | None:
        """Name of the tag."""
        return compared(row).key

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How its value is compared."""
        return member_of(ConditionMatch, compared(row).match)

    @computed(COMPARISON)
    def match_raw(row: Any) -> str | None:
        """`match` in Sentry's own word."""
        return compared(row).match

    @computed(COMPARISON)
    def value(row: Any) -> str | None:
        """What it is compared with."""
        return _text(compared(row).value)


@value_type
class EventAttributeAlertCondition(AlertCondition):
    """An event has an attribute."""

    @computed(COMPARISON)
    def attribute(row: Any) -> str | None:
        """Name of the attribute, for example `message` or `user.email`."""
        return compared(row).attribute

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How its value is compared."""
        return member_of(ConditionMatch, compared(row).match)

    @computed(COMPARISON)
    def match_raw(row: Any) -> str | None:
        """`match` in Sentry's own word."""
        return compared(row).match

    @computed(COMPARISON)
    def value(row: Any) -> str | None:
        """What it is compared with."""
        return _text(compared(row).value)


@value_type
class UnknownAlertCondition(AlertCondition):
    """A condition of a kind that is newer than this server."""

    data: JSON | None = plain("comparison", description="What it compares with, as Sentry sent it.")


def _whole(value: str | float | None) -> int | None:
    try:
        return None if value is None else int(value)
    except (ValueError, OverflowError):
        return None


def _text(value: str | float | None) -> str | None:
    return None if value is None else str(value)


CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "first_seen_event": "FirstSeenAlertCondition",
        "regression_event": "RegressionAlertCondition",
        "reappeared_event": "ReappearedAlertCondition",
        "issue_resolved_trigger": "ResolvedAlertCondition",
        "every_event": "EveryEventAlertCondition",
        "new_high_priority_issue": "HighPriorityAlertCondition",
        "existing_high_priority_issue": "HighPriorityAlertCondition",
        "event_frequency_count": "EventFrequencyAlertCondition",
        "event_frequency_percent": "EventFrequencyAlertCondition",
        "event_unique_user_frequency_count": "UserFrequencyAlertCondition",
        "event_unique_user_frequency_percent": "UserFrequencyAlertCondition",
        "percent_sessions_count": "SessionFrequencyAlertCondition",
        "percent_sessions_percent": "SessionFrequencyAlertCondition",
        "age_comparison": "AgeAlertCondition",
        "assigned_to": "AssignedToAlertCondition",
        "issue_category": "CategoryAlertCondition",
        "issue_priority_greater_or_equal": "PriorityAlertCondition",
        "issue_priority_deescalating": "PriorityAlertCondition",
        "level": "LevelAlertCondition",
        "issue_occurrences": "OccurrencesAlertCondition",
        "latest_release": "LatestReleaseAlertCondition",
        "latest_adopted_release": "LatestAdoptedReleaseAlertCondition",
        "tagged_event": "TaggedEventAlertCondition",
        "event_attribute": "EventAttributeAlertCondition",
    }
)
"""Sentry's word for a condition → its type in the graph."""

CONDITION_TYPES: tuple[type, ...] = (
    FirstSeenAlertCondition,
    RegressionAlertCondition,
    ReappearedAlertCondition,
    ResolvedAlertCondition,
    EveryEventAlertCondition,
    HighPriorityAlertCondition,
    EventFrequencyAlertCondition,
    UserFrequencyAlertCondition,
    SessionFrequencyAlertCondition,
    AgeAlertCondition,
    AssignedToAlertCondition,
    CategoryAlertCondition,
    PriorityAlertCondition,
    LevelAlertCondition,
    OccurrencesAlertCondition,
    LatestReleaseAlertCondition,
    LatestAdoptedReleaseAlertCondition,
    TaggedEventAlertCondition,
    EventAttributeAlertCondition,
    UnknownAlertCondition,
)
"""Types that no field names, but that stand behind AlertCondition."""
