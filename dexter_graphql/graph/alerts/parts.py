"""Parts of alerts: what triggers them, their filters and actions."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.actions import ACTION_TYPENAMES, AlertAction
from dexter_graphql.graph.alerts.conditions import CONDITION_TYPENAMES, AlertCondition
from dexter_graphql.graph.alerts.enums import ConditionLogic
from dexter_graphql.graph.alerts.json_values import decoded, in_order, objects_of, parts_of
from dexter_graphql.graph.declarations.fields import (
    LazyJSON,
    computed,
    first_of,
    plain,
    value_type,
)
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.sentry.lenient import NULL, complete_list, omitted_from

FILTERS = {"actionFilters": msgspec.Raw}


class Actions(msgspec.Struct, frozen=True, gc=False):
    """The actions of a filter."""

    actions: msgspec.Raw = NULL


@value_type
class AlertConditionGroup:
    """Group of conditions of an alert."""

    logic: ConditionLogic | None = plain("logicType", description="How many of the conditions must match.")
    logic_raw: str | None = plain("logicType", description="Value of `logic`, as sent by Sentry.")

    @computed(conditions=msgspec.Raw)
    def conditions(row: Any) -> list[AlertCondition]:
        """Conditions of the group. An empty group always matches."""
        return parts_of(in_order(row.conditions), CONDITION_TYPENAMES, "UnknownAlertCondition", "conditions")


@value_type
class AlertFilter:
    """Actions of an alert and the conditions under which they run."""

    logic: ConditionLogic | None = plain("logicType", description="How many of the conditions must match.")
    logic_raw: str | None = plain("logicType", description="Value of `logic`, as sent by Sentry.")

    @computed(conditions=msgspec.Raw)
    def conditions(row: Any) -> list[AlertCondition]:
        """Conditions of the filter. Without conditions the actions always run."""
        return parts_of(in_order(row.conditions), CONDITION_TYPENAMES, "UnknownAlertCondition", "conditions")

    @computed(actions=msgspec.Raw)
    def actions(row: Any) -> list[AlertAction]:
        """Actions that run when the conditions match."""
        return parts_of(row.actions, ACTION_TYPENAMES, "UnknownAlertAction", "actions")


@strawberry.type
class AlertParts:
    """Fields of what is made of a workflow."""

    environment: str | None = plain(
        description="Name of the environment that the alert applies to; null for all environments."
    )
    last_triggered_at: datetime | None = plain(
        "lastTriggered", description="Time when the alert last triggered; null when it has not."
    )
    triggers: AlertConditionGroup | None = plain(description="Conditions that trigger the alert.")
    frequency_seconds: int | None = first_of(
        "config.frequency",
        type=int,
        convert=lambda minutes: minutes * MINUTE_S,
        description="Minimum number of seconds between two runs for the same issue.",
    )

    @computed(FILTERS)
    def filters(row: Any) -> list[AlertFilter] | None:
        """Filters: groups of actions with their conditions."""
        return None if row.actionFilters == NULL else LazyJSON("AlertFilter", row.actionFilters, is_list=True)

    @computed(FILTERS)
    def actions(row: Any) -> list[AlertAction]:
        """Actions of all filters."""
        filters = objects_of(row.actionFilters, "actionFilters")
        lists = [
            parts_of(decoded(item, Actions, "actionFilters").actions, ACTION_TYPENAMES, "UnknownAlertAction", "actions")
            for item in filters
        ]
        omitted = [error for values in (filters, *lists) for error in omitted_from(values)]
        return complete_list([action for actions in lists for action in actions], omitted)
