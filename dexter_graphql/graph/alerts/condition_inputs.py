"""Inputs of alert conditions and the conditions of Sentry's API that they are translated to."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.alerts.comparisons import CATEGORIES, LEVELS
from dexter_graphql.graph.alerts.enums import AgeComparison, AlertPriority, ConditionMatch
from dexter_graphql.graph.alerts.references import actor_number, environment_name
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.issues.enums import IssueCategory, Level
from dexter_graphql.graph.issues.update_inputs import AssigneeInput
from dexter_graphql.graph.relay.references import ONE_NAME, EnvironmentReference, member
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.loaders.workflow_engine import KeptPart
from dexter_graphql.sentry.parents import OrganizationRef

Condition = dict[str, Any] | KeptPart
INTERVALS: Mapping[int, str] = MappingProxyType(
    {60: "1min", 300: "5min", 900: "15min", 3600: "1h", 86400: "1d", 604800: "1w", 2592000: "30d"}
)
"""Seconds → Sentry's word for an interval."""
AGE_UNITS: Mapping[str, int] = MappingProxyType({"week": 604800, "day": 86400, "hour": 3600, "minute": MINUTE_S})
"""Sentry's word for a unit of an age → its seconds, the longest first."""
VALUELESS = frozenset({ConditionMatch.IS_SET, ConditionMatch.NOT_SET})
KEEP = "ID of a condition that the alert has, `conditionId`, to keep it as it is."


@strawberry.enum(description="Event of an issue that triggers an alert.")
class AlertTriggerEvent(Enum):
    """`type` of a trigger on the wire."""

    ISSUE_CREATED = wire_value("first_seen_event", "An issue is created.")
    ISSUE_RESOLVED = wire_value("issue_resolved_trigger", "An issue is resolved.")
    ISSUE_REAPPEARED = wire_value("reappeared_event", "An archived issue is reopened.")
    ISSUE_REGRESSED = wire_value("regression_event", "A resolved issue regresses.")
    NEW_HIGH_PRIORITY_ISSUE = wire_value("new_high_priority_issue", "An issue is created with high priority.")
    EXISTING_HIGH_PRIORITY_ISSUE = wire_value("existing_high_priority_issue", "An issue gets high priority.")
    EVERY_EVENT = wire_value("every_event", "Every event of an issue.")


@strawberry.enum(description="Step of Seer's work on an issue that triggers an alert.")
class SeerTriggerStep(Enum):
    """Members of the comparison of a Seer trigger on the wire."""

    ROOT_CAUSE_FOUND = wire_value("rca_completed", "Seer has found the root cause.")
    SOLUTION_PLANNED = wire_value("solution_completed", "Seer has planned a solution.")
    CODE_WRITTEN = wire_value("coding_completed", "Seer has written the code.")
    PULL_REQUEST_CREATED = wire_value("pr_created", "Seer has created a pull request.")


@strawberry.enum(description="Which releases of an issue are compared.")
class ReleaseAge(Enum):
    """`releaseAgeType` on the wire."""

    OLDEST = wire_value("oldest", "The oldest release in which the issue occurred.")
    NEWEST = wire_value("newest", "The newest release in which the issue occurred.")


@strawberry.input(description="Condition of a kind that has no other input, in the form of Sentry's API.")
class RawConditionInput:
    """Input."""

    type: str = strawberry.field(description="Kind of the condition, as named by Sentry.")
    comparison: JSON = strawberry.field(description="Comparison of the condition, as `data` of unknown conditions.")


@strawberry.input(one_of=True, description=f"What triggers an alert. {ONE_NAME}")
class AlertTriggerInput:
    """Input."""

    on: AlertTriggerEvent | None = member("Event of an issue.")
    seer: list[SeerTriggerStep] | None = member("Steps of Seer's work on an issue.")
    keep: str | None = member(KEEP)
    raw: RawConditionInput | None = member("Any other condition.")


@strawberry.input(description="Threshold of a count within an interval.")
class FrequencyInput:
    """Input."""

    threshold: float = strawberry.field(description="Count that must be exceeded, or increase in percent.")
    interval_seconds: int = strawberry.field(
        description="Length of the interval in seconds: 60, 300, 900, 3600, 86400, 604800 or 2592000."
    )
    comparison_interval_seconds: int | None = strawberry.field(
        default=None,
        description="Compare with an interval of the same length this many seconds earlier; `threshold` is then the "
        "increase in percent. Takes the same values as `intervalSeconds`.",
    )


@strawberry.input(description="Condition on the age of an issue.")
class AgeConditionInput:
    """Input."""

    direction: AgeComparison = strawberry.field(description="Whether the issue must be older or newer.")
    age_seconds: int = strawberry.field(description="Age in seconds, a multiple of 60.")


@strawberry.input(description="Condition on the category of an issue.")
class CategoryConditionInput:
    """Input."""

    category: IssueCategory = strawberry.field(description="Category of the issue.")
    exclude: bool = strawberry.field(default=False, description="True for issues that do not have the category.")


@strawberry.input(description="Condition on the type of an issue.")
class IssueTypeConditionInput:
    """Input."""

    type: str = strawberry.field(description="Type of the issue, as named by Sentry, for example `error`.")
    exclude: bool = strawberry.field(default=False, description="True for issues that do not have the type.")


@strawberry.input(description="Condition on an attribute of an event.")
class AttributeConditionInput:
    """Input."""

    attribute: str = strawberry.field(description="Name of the attribute, for example `message` or `user.email`.")
    match: ConditionMatch = strawberry.field(description="How the value is compared.")
    value: str | None = strawberry.field(default=None, description="Value; not with IS_SET and NOT_SET.")


@strawberry.input(description="Condition on a tag of an event.")
class TagConditionInput:
    """Input."""

    key: str = strawberry.field(description="Key of the tag.")
    match: ConditionMatch = strawberry.field(description="How the value is compared.")
    value: str | None = strawberry.field(default=None, description="Value; not with IS_SET and NOT_SET.")


@strawberry.input(description="Condition on the severity of an event.")
class LevelConditionInput:
    """Input."""

    level: Level = strawberry.field(description="Severity to compare with.")
    match: ConditionMatch = strawberry.field(description="EQUAL, GREATER_OR_EQUAL or LESS_OR_EQUAL.")


@strawberry.input(description="Condition on the releases of an issue, compared with the latest adopted release.")
class AdoptedReleaseConditionInput:
    """Input."""

    environment: EnvironmentReference = strawberry.field(description="Environment in which adoption is measured.")
    direction: AgeComparison = strawberry.field(description="Whether the release must be older or newer.")
    release_age: ReleaseAge = strawberry.field(description="Which release of the issue is compared.")


@strawberry.input(one_of=True, description=f"Condition of an alert's filter. {ONE_NAME}")
class AlertConditionInput:
    """Input."""

    age: AgeConditionInput | None = member("Age of the issue.")
    assigned_to: AssigneeInput | None = member("Assignee of the issue; `nobody: true` for unassigned issues.")
    category: CategoryConditionInput | None = member("Category of the issue.")
    issue_type: IssueTypeConditionInput | None = member("Type of the issue.")
    occurrences: int | None = member("Number of events that the issue must have at least.")
    priority_at_least: AlertPriority | None = member("Priority that the issue must have at least.")
    priority_falls_below: AlertPriority | None = member("Priority below which the issue must fall.")
    event_frequency: FrequencyInput | None = member("Number of events of the issue.")
    session_frequency: FrequencyInput | None = member("Percentage of sessions that the issue affects.")
    user_frequency: FrequencyInput | None = member("Number of users that the issue affects.")
    attribute: AttributeConditionInput | None = member("Attribute of the event.")
    tag: TagConditionInput | None = member("Tag of the event.")
    level: LevelConditionInput | None = member("Severity of the event.")
    latest_release: bool | None = member("True for events of the newest release.")
    latest_adopted_release: AdoptedReleaseConditionInput | None = member(
        "Release of the issue against the latest adopted one."
    )
    keep: str | None = member(KEEP)
    raw: RawConditionInput | None = member("Any other condition.")


async def filter_condition(
    value: AlertConditionInput, organization: OrganizationRef, load_context: LoadContext
) -> Condition:
    """A condition of a filter as Sentry takes it."""
    if value.assigned_to:
        with within("assignedTo"):
            return condition("assigned_to", await _assignee(value.assigned_to, organization, load_context))
    if value.latest_adopted_release:
        with within("latestAdoptedRelease"):
            comparison = await _adopted(value.latest_adopted_release, organization, load_context)
            return condition("latest_adopted_release", comparison)
    for attribute, (name, translate) in TRANSLATIONS.items():
        given = getattr(value, attribute)
        if given is not None and given is not strawberry.UNSET:
            with within(name):
                return translate(given)
    return other_condition(value)


def trigger_condition(value: AlertTriggerInput) -> Condition:
    """A trigger as Sentry takes it."""
    if value.on:
        return condition(value.on.value, True)  # noqa: FBT003  # the comparison of a condition without settings
    if value.seer:
        return condition("seer_activity_trigger", [step.value for step in value.seer])
    return other_condition(value)


def other_condition(value: AlertTriggerInput | AlertConditionInput) -> Condition:
    """A condition that is kept, or of a kind without an input."""
    if value.keep:
        return KeptPart(value.keep)
    if value.raw:
        return condition(value.raw.type, value.raw.comparison)
    raise BadUserInput("A condition needs one of its fields")


def condition(kind: str, comparison: Any) -> dict[str, Any]:
    """A condition as Sentry takes it."""
    return {"type": kind, "comparison": comparison, "conditionResult": True}


async def _assignee(value: AssigneeInput, organization: OrganizationRef, load_context: LoadContext) -> dict[str, Any]:
    for given, name, kind in ((value.user, "user", "Member"), (value.team, "team", "Team")):
        if given:
            number = await actor_number(given, organization, load_context, name)
            return {"targetType": kind, "targetIdentifier": number}
    if not value.nobody:
        raise BadUserInput("The assignee must be a user, a team or 'nobody: true'")
    return {"targetType": "Unassigned", "targetIdentifier": ""}


async def _adopted(
    value: AdoptedReleaseConditionInput, organization: OrganizationRef, load_context: LoadContext
) -> dict[str, Any]:
    return {
        "releaseAgeType": value.release_age.value,
        "ageComparison": known(value.direction, "direction"),
        "environment": await environment_name(value.environment, organization, load_context, "environment"),
    }


def _age(value: AgeConditionInput) -> dict[str, Any]:
    if value.age_seconds < MINUTE_S or value.age_seconds % MINUTE_S:
        raise BadUserInput("'ageSeconds' must be a multiple of 60", ("ageSeconds",))
    unit = next(word for word, unit_s in AGE_UNITS.items() if value.age_seconds % unit_s == 0)
    comparison = {
        "time": unit,
        "value": value.age_seconds // AGE_UNITS[unit],
        "comparisonType": known(value.direction, "direction"),
    }
    return condition("age_comparison", comparison)


def _category(value: CategoryConditionInput) -> dict[str, Any]:
    word = known(value.category, "category")
    number = next(number for number, name in reversed(tuple(CATEGORIES.items())) if name == word)
    return condition("issue_category", {"value": number, "include": not value.exclude})


def _issue_type(value: IssueTypeConditionInput) -> dict[str, Any]:
    return condition("issue_type", {"value": value.type, "include": not value.exclude})


def _priority(kind: str) -> Callable[[AlertPriority], dict[str, Any]]:
    return lambda value: condition(kind, int(known(value)))


def _frequency(kind: str) -> Callable[[FrequencyInput], dict[str, Any]]:
    def translate(value: FrequencyInput) -> dict[str, Any]:
        comparison = {"value": value.threshold, "interval": _interval(value.interval_seconds, "intervalSeconds")}
        other = value.comparison_interval_seconds
        if other is None:
            return condition(f"{kind}_count", comparison)
        comparison["comparisonInterval"] = _interval(other, "comparisonIntervalSeconds")
        return condition(f"{kind}_percent", comparison)

    return translate


def _interval(seconds: int, name: str) -> str:
    if seconds not in INTERVALS:
        raise BadUserInput(f"'{name}' must be one of {', '.join(map(str, INTERVALS))}", (name,))
    return INTERVALS[seconds]


def _attribute(value: AttributeConditionInput) -> dict[str, Any]:
    return condition("event_attribute", {"attribute": value.attribute, **_match(value)})


def _tag(value: TagConditionInput) -> dict[str, Any]:
    return condition("tagged_event", {"key": value.key, **_match(value)})


def _match(value: AttributeConditionInput | TagConditionInput) -> dict[str, Any]:
    match = known(value.match, "match")
    if (value.value is None) is not (value.match in VALUELESS):
        raise BadUserInput(f"'value' is {'required' if value.value is None else 'not allowed'} here", ("value",))
    return {"match": match} if value.value is None else {"match": match, "value": value.value}


def _level(value: LevelConditionInput) -> dict[str, Any]:
    word = known(value.level, "level")
    number = next(number for number, name in LEVELS.items() if name == word)
    return condition("level", {"level": number, "match": known(value.match, "match")})


def _latest_release(value: bool) -> dict[str, Any]:  # noqa: FBT001  # the value of a member
    if not value:
        raise BadUserInput("'latestRelease' can only be true")
    return condition("latest_release", value)


def known(value: Enum, *field: str) -> Any:
    """Sentry's word for an enum value; raises BadUserInput for UNKNOWN."""
    if value.value == "unknown":
        raise BadUserInput("UNKNOWN cannot be sent to Sentry", field)
    return value.value


TRANSLATIONS: Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]] = MappingProxyType(
    {
        "age": ("age", _age),
        "category": ("category", _category),
        "issue_type": ("issueType", _issue_type),
        "occurrences": ("occurrences", lambda count: condition("issue_occurrences", {"value": count})),
        "priority_at_least": ("priorityAtLeast", _priority("issue_priority_greater_or_equal")),
        "priority_falls_below": ("priorityFallsBelow", _priority("issue_priority_deescalating")),
        "event_frequency": ("eventFrequency", _frequency("event_frequency")),
        "session_frequency": ("sessionFrequency", _frequency("percent_sessions")),
        "user_frequency": ("userFrequency", _frequency("event_unique_user_frequency")),
        "attribute": ("attribute", _attribute),
        "tag": ("tag", _tag),
        "level": ("level", _level),
        "latest_release": ("latestRelease", _latest_release),
    }
)
"""Attribute of AlertConditionInput → its name in the schema, and the function that makes the condition of its value."""
