"""Translation of alert rules to workflows and detectors, JSON to JSON.

An issue rule becomes a workflow without detectors. A metric rule becomes a detector and one workflow, which has a
filter for each trigger: critical is high priority, warning medium. Minutes become seconds where detectors have seconds.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dexter_graphql.loaders.alert_rules.actions import metric_action, rule_action
from dexter_graphql.loaders.alert_rules.old_values import identifier, items, member, text, translated
from dexter_graphql.loaders.time_ranges import MINUTE_S

Rule = Mapping[str, Any]
ISSUE_PREFIX, METRIC_PREFIX = "rule-", "metric-"
"""Prefixes of the IDs of translated rules; IDs of workflows and detectors are numbers."""
DISABLED_METRIC = 5
"""`status` of a disabled metric rule."""
HIGH, MEDIUM, RESOLVED = 75, 50, 0
"""Sentry's numbers of priorities, which are the results of detector conditions."""
PRIORITIES = MappingProxyType({"critical": HIGH, "warning": MEDIUM})
MATCHES = MappingProxyType({"any": "any-short"})


def workflow_of_issue_rule(rule: Rule) -> dict[str, Any]:
    """An issue rule as a workflow. Its ID contains the slug of the project, which the path of the rule requires."""
    slug = next(iter(items(rule.get("projects"))), "")
    return {
        "id": _identifier(f"{ISSUE_PREFIX}{slug}-", rule),
        "name": rule.get("name"),
        "enabled": _is_other(rule.get("status"), "disabled"),
        "environment": rule.get("environment"),
        "config": {"frequency": rule.get("frequency")},
        "lastTriggered": rule.get("lastTriggered"),
        "snooze": rule.get("snooze"),
        "dateCreated": rule.get("dateCreated"),
        "dateUpdated": None,
        "owner": rule.get("owner"),
        "createdBy": _creator(rule),
        "triggers": _group(_logic(rule.get("actionMatch")), translated(rule.get("conditions"), condition)),
        "actionFilters": [
            _group(
                text(rule.get("filterMatch"), "all"),
                translated(rule.get("filters"), condition),
                translated(rule.get("actions"), rule_action),
            )
        ],
        "detectorIds": [],
        "projects": rule.get("projects"),
    }


def workflow_of_metric_rule(rule: Rule) -> dict[str, Any]:
    """The workflow of a metric rule's triggers; it has the same ID as the rule's detector."""
    number = _identifier(METRIC_PREFIX, rule)
    return {
        "id": number,
        "name": rule.get("name"),
        "enabled": _is_other(rule.get("status"), DISABLED_METRIC),
        "environment": rule.get("environment"),
        "config": {},
        "lastTriggered": None,
        "snooze": rule.get("snooze"),
        "dateCreated": rule.get("dateCreated"),
        "dateUpdated": rule.get("dateModified"),
        "owner": rule.get("owner"),
        "createdBy": _creator(rule),
        "triggers": _group("any", []),
        "actionFilters": translated(rule.get("triggers"), _trigger_filter),
        "detectorIds": [number],
        "projects": rule.get("projects"),
    }


def detector_of_metric_rule(rule: Rule) -> dict[str, Any]:
    """A metric rule as a detector. `projectId` is the slug, because rules do not contain the ID."""
    number = _identifier(METRIC_PREFIX, rule)
    delta, kind = _seconds(rule.get("comparisonDelta")), rule.get("detectionType")
    query = {name: rule.get(name) for name in ("aggregate", "dataset", "environment", "eventTypes", "query")}
    return {
        "id": number,
        "projectId": next(iter(items(rule.get("projects"))), None),
        "name": rule.get("name"),
        "description": None,
        "type": "metric_issue",
        "enabled": _is_other(rule.get("status"), DISABLED_METRIC),
        "owner": _owner(rule.get("owner")),
        "createdBy": _creator(rule),
        "dateCreated": rule.get("dateCreated"),
        "dateUpdated": rule.get("dateModified"),
        "workflowIds": [number],
        "dataSources": [
            {
                "type": "snuba_query_subscription",
                "queryObj": {"snubaQuery": {**query, "timeWindow": _seconds(rule.get("timeWindow"))}},
            }
        ],
        "conditionGroup": _group("any", _thresholds(rule)),
        "config": {"detectionType": text(kind, "percent" if delta else "static"), "comparisonDelta": delta},
        "latestGroup": None,
    }


def condition(old: Rule) -> dict[str, Any]:
    """A condition or filter of an issue rule as a workflow condition. An unknown one keeps its ID and its members."""
    name = text(old.get("id"))
    translation = CONDITION_TRANSLATIONS.get(str(name).rpartition(".")[2])
    if translation is None:
        return {"type": name, "comparison": {key: value for key, value in old.items() if key not in {"id", "name"}}}
    kind, comparison = translation
    is_percent = kind in FREQUENCIES and old.get("comparisonType") == "percent"
    return {"type": kind.replace("_count", "_percent") if is_percent else kind, "comparison": comparison(old)}


def _true(_old: Rule) -> bool:
    return True


def _members(*names: str) -> Callable[[Rule], dict[str, Any]]:
    return lambda old: {name: old.get(name) for name in names}


def _numbered(*names: str) -> Callable[[Rule], dict[str, Any]]:
    """The members, with `value` and `level` converted to numbers."""
    return lambda old: {
        name: _number(value) if name in {"value", "level"} else value for name, value in _members(*names)(old).items()
    }


def _age(old: Rule) -> dict[str, Any]:
    return {
        "comparisonType": old.get("comparison_type"),
        "value": _number(old.get("value")),
        "time": old.get("time"),
    }


FREQUENCY = _numbered("value", "interval", "comparisonInterval")
FREQUENCIES = frozenset({"event_frequency_count", "event_unique_user_frequency_count", "percent_sessions_count"})
CONDITION_TRANSLATIONS: Mapping[str, tuple[str, Callable[[Rule], Any]]] = MappingProxyType(
    {
        "FirstSeenEventCondition": ("first_seen_event", _true),
        "RegressionEventCondition": ("regression_event", _true),
        "ReappearedEventCondition": ("reappeared_event", _true),
        "EveryEventCondition": ("every_event", _true),
        "NewHighPriorityIssueCondition": ("new_high_priority_issue", _true),
        "ExistingHighPriorityIssueCondition": ("existing_high_priority_issue", _true),
        "EventFrequencyCondition": ("event_frequency_count", FREQUENCY),
        "EventUniqueUserFrequencyCondition": ("event_unique_user_frequency_count", FREQUENCY),
        "EventFrequencyPercentCondition": ("percent_sessions_count", FREQUENCY),
        "AgeComparisonFilter": ("age_comparison", _age),
        "IssueOccurrencesFilter": ("issue_occurrences", _numbered("value")),
        "AssignedToFilter": ("assigned_to", _members("targetType", "targetIdentifier")),
        "LatestReleaseFilter": ("latest_release", _true),
        "IssueCategoryFilter": ("issue_category", _numbered("value")),
        "EventAttributeFilter": ("event_attribute", _members("attribute", "match", "value")),
        "EventAttributeCondition": ("event_attribute", _members("attribute", "match", "value")),
        "TaggedEventFilter": ("tagged_event", _members("key", "match", "value")),
        "TaggedEventCondition": ("tagged_event", _members("key", "match", "value")),
        "LevelFilter": ("level", _numbered("level", "match")),
        "LevelCondition": ("level", _numbered("level", "match")),
    }
)
"""Class name of a rule's condition → the type of the workflow condition and its comparison."""


def _thresholds(rule: Rule) -> Any:
    if rule.get("detectionType") == "dynamic":
        compared = {name: rule.get(name) for name in ("seasonality", "sensitivity", "thresholdType")}
        return [{"type": "anomaly_detection", "comparison": compared, "conditionResult": HIGH}]
    is_below = rule.get("thresholdType") == 1
    kind, opposite = ("lt", "gte") if is_below else ("gt", "lte")
    thresholds = translated(
        rule.get("triggers"),
        lambda trigger: {
            "type": kind,
            "comparison": trigger.get("alertThreshold"),
            "conditionResult": _priority(trigger),
        },
    )
    if rule.get("resolveThreshold") is None or not isinstance(thresholds, list):
        return thresholds
    return [*thresholds, {"type": opposite, "comparison": rule["resolveThreshold"], "conditionResult": RESOLVED}]


def _trigger_filter(trigger: Rule) -> dict[str, Any]:
    compared = {"type": "issue_priority_greater_or_equal", "comparison": _priority(trigger)}
    return _group("any", [compared], translated(trigger.get("actions"), metric_action))


def _priority(trigger: Rule) -> Any:
    label = trigger.get("label")
    return PRIORITIES.get(str(label), HIGH) if label is None or isinstance(label, str) else label


def _group(logic: Any, conditions: Any, actions: Any = None) -> dict[str, Any]:
    return {"logicType": logic, "conditions": conditions, "actions": [] if actions is None else actions}


def _logic(match: Any) -> Any:
    return MATCHES.get(match, match) if isinstance(match, str) else text(match, "all")


def _identifier(prefix: str, rule: Rule) -> Any:
    number = identifier(rule.get("id"))
    return f"{prefix}{number}" if isinstance(number, str) else number


def _is_other(status: Any, disabled: int | str) -> Any:
    """True when the status is another one than that of a disabled rule."""
    return status != disabled if status is None or isinstance(status, (int, str)) else status


def _owner(owner: Any) -> Any:
    if not isinstance(owner, str):
        return owner
    kind, _, number = owner.partition(":")
    return {"type": kind, "id": number} if number else None


def _creator(rule: Rule) -> Any:
    return member(rule.get("createdBy"), "id")


def _seconds(minutes: Any) -> Any:
    number = _number(minutes)
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    return int(number * MINUTE_S) if is_number else minutes


def _number(value: Any) -> Any:
    """The number in a string; any other value unchanged."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
        return int(number) if number.is_integer() else number
    except (ValueError, OverflowError):
        return value
