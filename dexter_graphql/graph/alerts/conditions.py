"""Alert conditions: the `AlertCondition` interface and its types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.graph.alerts.comparisons import (
    CATEGORIES,
    COMPARISON,
    LEVELS,
    compared,
    frequency,
    text_of,
    whole_number,
)
from dexter_graphql.graph.alerts.enums import (
    AgeComparison,
    AlertPriority,
    AssigneeKind,
    ConditionMatch,
    FrequencyComparison,
)
from dexter_graphql.graph.alerts.json_values import UNITS_S, decoded, member_of, seconds
from dexter_graphql.graph.common.scalars import JSON, BigInt
from dexter_graphql.graph.declarations.fields import batch, computed, entity, plain, value_type
from dexter_graphql.graph.issues.enums import IssueCategory, Level
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.loaders.actors import ActorKey, actor_key, actors_by_key


def _assignee(row: Any) -> ActorKey | None:
    comparison = compared(row)
    kind = {"Team": "team", "Member": "user"}.get(comparison.target_type or "")
    return actor_key(row.parents.organization, kind, comparison.target_identifier)


@entity(representations=(), is_interface=True)
class AlertCondition:
    """Condition of an alert. The concrete type depends on the kind of condition."""

    type: str | None = plain(description="Kind of the condition, as sent by Sentry.")
    condition_id: strawberry.ID | None = plain(
        "id", description="ID of the condition in Sentry; null on servers that have only alert rules."
    )


@value_type
class FirstSeenAlertCondition(AlertCondition):
    """Matches when an issue is created."""


@value_type
class RegressionAlertCondition(AlertCondition):
    """Matches when a resolved issue regresses."""


@value_type
class ReappearedAlertCondition(AlertCondition):
    """Matches when an archived issue is reopened."""


@value_type
class ResolvedAlertCondition(AlertCondition):
    """Matches when an issue is resolved."""


@value_type
class EveryEventAlertCondition(AlertCondition):
    """Matches every event."""


@value_type
class HighPriorityAlertCondition(AlertCondition):
    """Matches when an issue has high priority."""

    @computed(type=str)
    def is_new_issue(row: Any) -> bool:
        """True for new issues, false for existing issues."""
        return row.type == "new_high_priority_issue"


@entity(representations=(), is_interface=True)
class FrequencyAlertCondition(AlertCondition):
    """Matches when a count reaches a threshold within an interval."""

    @computed(COMPARISON)
    def threshold(row: Any) -> float | None:
        """Threshold: a count, or an increase in percent, depending on `comparison`."""
        return frequency(row).value

    @computed(COMPARISON)
    def interval_seconds(row: Any) -> int | None:
        """Length of the interval in seconds."""
        return seconds(frequency(row).interval)

    @computed(type=str)
    def comparison(row: Any) -> FrequencyComparison | None:
        """Meaning of `threshold`."""
        return member_of(FrequencyComparison, (row.type or "").rpartition("_")[2])

    @computed(COMPARISON)
    def comparison_interval_seconds(row: Any) -> int | None:
        """Age of the interval to compare with, in seconds; null when `comparison` is COUNT."""
        return seconds(frequency(row).comparison_interval)


@value_type
class EventFrequencyAlertCondition(FrequencyAlertCondition):
    """Matches on the number of events of an issue."""


@value_type
class UserFrequencyAlertCondition(FrequencyAlertCondition):
    """Matches on the number of users affected by an issue."""


@value_type
class SessionFrequencyAlertCondition(FrequencyAlertCondition):
    """Matches on the percentage of sessions affected by an issue."""


@value_type
class AgeAlertCondition(AlertCondition):
    """Matches on the age of an issue."""

    @computed(COMPARISON)
    def direction(row: Any) -> AgeComparison | None:
        """Whether the issue must be older or newer than the age."""
        return member_of(AgeComparison, compared(row).comparison_type)

    @computed(COMPARISON)
    def direction_raw(row: Any) -> str | None:
        """Value of `direction`, as sent by Sentry."""
        return compared(row).comparison_type

    @computed(COMPARISON)
    def age_seconds(row: Any) -> BigInt | None:
        """Age of the issue in seconds."""
        comparison = compared(row)
        unit = UNITS_S.get((comparison.time or "")[:1])
        return BigInt(int(comparison.value * unit)) if unit and isinstance(comparison.value, (int, float)) else None


@value_type
class AssignedToAlertCondition(AlertCondition):
    """Matches on the assignee of an issue."""

    target: Assignee | None = batch(
        actors_by_key,
        key=_assignee,
        reads=COMPARISON,
        description="User or team the issue must be assigned to; null for unassigned issues.",
    )

    @computed(COMPARISON)
    def target_kind(row: Any) -> AssigneeKind | None:
        """Kind of assignee."""
        return member_of(AssigneeKind, compared(row).target_type)

    @computed(COMPARISON)
    def target_kind_raw(row: Any) -> str | None:
        """Value of `targetKind`, as sent by Sentry."""
        return compared(row).target_type


@value_type
class CategoryAlertCondition(AlertCondition):
    """Matches on the category of an issue."""

    @computed(COMPARISON)
    def category(row: Any) -> IssueCategory | None:
        """Category that the issue must have."""
        value = compared(row).value
        return None if value is None else member_of(IssueCategory, CATEGORIES.get(whole_number(value), "unknown"))

    @computed(COMPARISON)
    def category_raw(row: Any) -> int | None:
        """Number of the category in Sentry's API."""
        return whole_number(compared(row).value)


@value_type
class PriorityAlertCondition(AlertCondition):
    """Matches on the priority of an issue."""

    @computed(COMPARISON)
    def priority(row: Any) -> AlertPriority | None:
        """Priority to compare with; null when Sentry gives none."""
        value = decoded(row.comparison, bool | int | float | str | dict[str, object], "comparison")
        return member_of(AlertPriority, value) if isinstance(value, int) and not isinstance(value, bool) else None

    @computed(COMPARISON)
    def priority_raw(row: Any) -> str | None:
        """Value of `priority`, as sent by Sentry."""
        value = decoded(row.comparison, bool | int | float | str | dict[str, object], "comparison")
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None

    @computed(type=str)
    def is_falling(row: Any) -> bool:
        """True when the priority must fall below this one, false when it must be at least this one."""
        return row.type == "issue_priority_deescalating"


@value_type
class LevelAlertCondition(AlertCondition):
    """Matches on the severity of an event."""

    @computed(COMPARISON)
    def level(row: Any) -> Level | None:
        """Severity to compare with."""
        value = compared(row).level
        return None if value is None else member_of(Level, LEVELS.get(value, "unknown"))

    @computed(COMPARISON)
    def level_raw(row: Any) -> int | None:
        """Number of the severity in Sentry's API."""
        return compared(row).level

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How the severity of the event is compared."""
        return member_of(ConditionMatch, compared(row).match)

    @computed(COMPARISON)
    def match_raw(row: Any) -> str | None:
        """Value of `match`, as sent by Sentry."""
        return compared(row).match


@value_type
class OccurrencesAlertCondition(AlertCondition):
    """Matches on the total number of events of an issue."""

    @computed(COMPARISON)
    def count(row: Any) -> BigInt | None:
        """Minimum number of events."""
        number = whole_number(compared(row).value)
        return None if number is None else BigInt(number)


@value_type
class LatestReleaseAlertCondition(AlertCondition):
    """Matches events of the newest release."""


@value_type
class LatestAdoptedReleaseAlertCondition(AlertCondition):
    """Matches on the release of an event compared with the latest adopted release."""

    @computed(COMPARISON)
    def release_age(row: Any) -> str | None:
        """Release of the issue to compare: `oldest` or `newest`."""
        return compared(row).release_age_type

    @computed(COMPARISON)
    def direction(row: Any) -> AgeComparison | None:
        """Whether the release must be older or newer than the adopted release."""
        return member_of(AgeComparison, compared(row).age_comparison)

    @computed(COMPARISON)
    def direction_raw(row: Any) -> str | None:
        """Value of `direction`, as sent by Sentry."""
        return compared(row).age_comparison

    @computed(COMPARISON)
    def environment(row: Any) -> str | None:
        """Environment in which adoption is measured."""
        return compared(row).environment


@value_type
class TaggedEventAlertCondition(AlertCondition):
    """Matches on a tag of an event."""

    @computed(COMPARISON)
    def key(row: Any) -> str | None:
        """Key of the tag."""
        return compared(row).key

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How the value is compared."""
        return member_of(ConditionMatch, compared(row).match)

    @computed(COMPARISON)
    def match_raw(row: Any) -> str | None:
        """Value of `match`, as sent by Sentry."""
        return compared(row).match

    @computed(COMPARISON)
    def value(row: Any) -> str | None:
        """Value to compare with."""
        return text_of(compared(row).value)


@value_type
class EventAttributeAlertCondition(AlertCondition):
    """Matches on an attribute of an event."""

    @computed(COMPARISON)
    def attribute(row: Any) -> str | None:
        """Name of the attribute, for example `message` or `user.email`."""
        return compared(row).attribute

    @computed(COMPARISON)
    def match(row: Any) -> ConditionMatch | None:
        """How the value is compared."""
        return member_of(ConditionMatch, compared(row).match)

    @computed(COMPARISON)
    def match_raw(row: Any) -> str | None:
        """Value of `match`, as sent by Sentry."""
        return compared(row).match

    @computed(COMPARISON)
    def value(row: Any) -> str | None:
        """Value to compare with."""
        return text_of(compared(row).value)


@value_type
class UnknownAlertCondition(AlertCondition):
    """Condition of a kind that this server does not know."""

    data: JSON | None = plain("comparison", description="Comparison of the condition, as sent by Sentry.")


CONDITION_TYPENAMES: Mapping[str, str] = MappingProxyType(
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
"""Kind of condition in Sentry's API → its type in the graph."""

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
"""Implementations of `AlertCondition`, which no field refers to."""
