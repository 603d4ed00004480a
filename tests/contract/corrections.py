"""Knows where the published documents are wrong about the service, and repairs their schemas. Keep it short."""

import copy
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from published import Key

Schema = dict[str, Any]


def corrected(key: Key, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, repaired where that is known to be necessary."""
    repair = _REPAIRS.get(key.path)
    if repair is None:
        return schema
    changed = copy.deepcopy(dict(schema))
    repair(changed.get("items", changed))
    return changed


def _repair_monitor(item: Schema) -> None:
    # A monitor runs in many environments; the document describes one of them where the list stands.
    members = item["properties"]
    members["environments"] = {"type": "array", "items": members["environments"]}
    _repair_schedule(members["config"])


def _repair_check_in(item: Schema) -> None:
    _repair_schedule(item["properties"]["monitorConfig"])


def _repair_listed_issue(item: Schema) -> None:
    # Issues outside the inbox have no such member, even when it is asked for.
    item["required"].remove("inbox")


def _repair_trace(item: Schema) -> None:
    # The children of a span are spans; the document shows the members that all kinds of items have.
    alternatives = item.get("anyOf") or item["oneOf"]
    span = copy.deepcopy(alternatives[0])
    for _ in range(2):
        child = copy.deepcopy(span)
        span["properties"]["children"]["items"] = child
    for alternative in alternatives:
        if "children" in alternative["properties"]:
            alternative["properties"]["children"]["items"] = span


def _repair_schedule(config: Schema) -> None:
    # An interval is a number and a unit, `[1, "hour"]`; the document promises numbers only.
    pair = {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}
    config["properties"]["schedule"]["anyOf"].append(pair)


def _repair_metric_rule(item: Schema) -> None:
    # Servers tell whether the rule is disabled.
    item["properties"]["status"] = {"type": "integer"}


_REPAIRS: Mapping[str, Callable[[Schema], None]] = MappingProxyType(
    {
        "/organizations/{}/alert-rules/": _repair_metric_rule,
        "/organizations/{}/alert-rules/{}/": _repair_metric_rule,
        "/organizations/{}/issues/": _repair_listed_issue,
        "/organizations/{}/trace/{}/": _repair_trace,
        "/organizations/{}/monitors/": _repair_monitor,
        "/organizations/{}/monitors/{}/": _repair_monitor,
        "/projects/{}/{}/monitors/{}/": _repair_monitor,
        "/organizations/{}/monitors/{}/checkins/": _repair_check_in,
        "/projects/{}/{}/monitors/{}/checkins/": _repair_check_in,
    }
)
