"""Translation of changes of workflows and detectors to changes of alert rules, JSON to JSON."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dexter_graphql.errors import UnsupportedValue, within
from dexter_graphql.loaders.alert_rules.old_values import items
from dexter_graphql.loaders.alert_rules.rule_parts import is_frequency, rule_action, rule_condition
from dexter_graphql.loaders.alert_rules.workflows import DISABLED_METRIC, HIGH, PRIORITIES, RESOLVED
from dexter_graphql.loaders.time_ranges import MINUTE_S

Members = Mapping[str, Any]
COPIED = ("name", "environment", "owner")
QUERY_MEMBERS = ("aggregate", "dataset", "query", "environment", "eventTypes", "queryType")
LABELS: Mapping[int, str] = MappingProxyType({priority: label for label, priority in PRIORITIES.items()})
FALLING = frozenset({"lt", "lte"})
"""Comparisons of thresholds that a falling value crosses."""


def issue_rule_changes(changes: Members) -> dict[str, Any]:
    """The members of an issue rule that changed members of a workflow stand for.

    Raises UnsupportedValue, with the path in the input, for what rules cannot express.
    """
    _refuse_unsupported(changes)
    rule = {name: changes[name] for name in COPIED if name in changes}
    if "config" in changes:
        rule["frequency"] = changes["config"]["frequency"]
    if "triggers" in changes:
        group = changes["triggers"]
        rule["actionMatch"] = _match(group)
        rule["conditions"] = _each(rule_condition, group["conditions"], "triggers")
    if "actionFilters" in changes:
        rule |= _filter_changes(changes["actionFilters"], rule.get("conditions"))
    return rule


def metric_rule_changes(changes: Members, rule: Members) -> dict[str, Any]:
    """The members of this metric rule that changed members of a detector stand for; as `issue_rule_changes`."""
    if changes.get("workflowIds"):
        raise UnsupportedValue("This Sentry cannot connect alerts with monitors", ("alerts",))
    if changes.get("description"):
        raise UnsupportedValue("Alert rules have no description", ("description",))
    changed = {name: changes[name] for name in ("name", "owner") if name in changes}
    if "enabled" in changes:
        changed["status"] = 0 if changes["enabled"] else DISABLED_METRIC
    for source in items(changes.get("dataSources")):
        changed |= {name: source[name] for name in QUERY_MEMBERS if name in source}
        changed["timeWindow"] = _minutes(source.get("timeWindow"))
    if "config" in changes:
        changed["comparisonDelta"] = _minutes(changes["config"].get("comparisonDelta"))
        changed["detectionType"] = changes["config"].get("detectionType")
    if "conditionGroup" in changes:
        changed |= _thresholds(items(changes["conditionGroup"].get("conditions")), rule)
    return changed


def _refuse_unsupported(changes: Members) -> None:
    if changes.get("detectorIds"):
        raise UnsupportedValue("This Sentry cannot connect monitors with alerts", ("monitors",))
    if "enabled" in changes:
        raise UnsupportedValue("This Sentry cannot enable or disable alert rules of issues", ("isEnabled",))


def _filter_changes(groups: Sequence[Members], conditions: list[Any] | None) -> dict[str, Any]:
    if len(groups) > 1:
        raise UnsupportedValue("Alert rules have one filter", ("filters", "1"))
    group: Members = groups[0] if groups else {"conditions": [], "actions": []}
    path = ("filters", "0")
    frequencies = [condition for condition in group["conditions"] if is_frequency(condition)]
    if frequencies and (conditions is None or conditions):
        message = "Alert rules that have a trigger cannot have a frequency besides; give `triggers: []`"
        raise UnsupportedValue(message, (*path, "conditions"))
    translated = _each(rule_condition, group["conditions"], *path, "conditions")
    is_moved = [is_frequency(condition) for condition in group["conditions"]]
    changed = {
        "filterMatch": _match(group),
        "filters": [one for one, moved in zip(translated, is_moved, strict=True) if not moved],
        "actions": _each(rule_action, group["actions"], *path, "actions"),
    }
    if frequencies:
        changed["conditions"] = [one for one, moved in zip(translated, is_moved, strict=True) if moved]
    return changed


def _each(translate: Callable[[Members], Any], parts: Sequence[Members], *path: str) -> list[Any]:
    translated = []
    for index, part in enumerate(parts):
        with within(*path, str(index)):
            translated.append(translate(part))
    return translated


def _match(group: Members) -> str:
    return str(group.get("logicType") or "all").removesuffix("-short")


def _thresholds(conditions: Sequence[Members], rule: Members) -> dict[str, Any]:
    """Thresholds and triggers; a trigger keeps its ID and its actions."""
    present = {str(trigger.get("label")): trigger for trigger in items(rule.get("triggers"))}
    crossed = [one for one in conditions if one.get("conditionResult") != RESOLVED]
    if any(one.get("type") == "anomaly_detection" for one in crossed):
        return _anomaly(crossed[0], present)
    resolved = next((one["comparison"] for one in conditions if one.get("conditionResult") == RESOLVED), None)
    return {
        "thresholdType": int(any(one.get("type") in FALLING for one in crossed)),
        "resolveThreshold": resolved,
        "triggers": [_trigger(one["conditionResult"], one["comparison"], present) for one in crossed],
    }


def _anomaly(condition: Members, present: Members) -> dict[str, Any]:
    return {**condition["comparison"], "resolveThreshold": None, "triggers": [_trigger(HIGH, 0, present)]}


def _trigger(priority: int, threshold: Any, present: Members) -> dict[str, Any]:
    label = LABELS.get(priority, LABELS[HIGH])
    return {"actions": [], **present.get(label, {}), "label": label, "alertThreshold": threshold}


def _minutes(seconds: Any) -> Any:
    return seconds // MINUTE_S if isinstance(seconds, int) else seconds
