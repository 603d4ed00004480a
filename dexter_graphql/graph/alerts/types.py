"""Alerts (workflows in Sentry's API)."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.actions import ACTION_TYPENAMES, ACTION_TYPES, AlertAction
from dexter_graphql.graph.alerts.conditions import CONDITION_TYPENAMES, CONDITION_TYPES, AlertCondition
from dexter_graphql.graph.alerts.enums import ConditionLogic
from dexter_graphql.graph.alerts.json_values import decoded, in_order, objects_of, parts_of
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import (
    ID,
    LIST,
    LazyJSON,
    batch,
    computed,
    entity,
    first_of,
    plain,
    value_type,
)
from dexter_graphql.graph.lazy_types import OrganizationType, UserType
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.graph.monitors.implementations import MONITOR_TYPES
from dexter_graphql.graph.monitors.types import Monitor, sentry_id, sentry_number
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.projects.connections import ProjectConnection
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import actors_by_key, parse_actor
from dexter_graphql.loaders.alert_projects import AlertProjectsKey, alert_projects
from dexter_graphql.loaders.alert_rules.workflows import ISSUE_PREFIX, METRIC_PREFIX
from dexter_graphql.loaders.alerts import AlertKey, alerts_by_id
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.monitors import MonitorKeys, linked_monitors
from dexter_graphql.loaders.time_ranges import MINUTE_S
from dexter_graphql.sentry.lenient import NULL, complete_list, omitted_from

DETECTOR_IDS = {"detectorIds": list[int | str]}
SLUGS = {"projects": list[str] | None}
FILTERS = {"actionFilters": msgspec.Raw}


class Actions(msgspec.Struct, frozen=True, gc=False):
    """The actions of a filter."""

    actions: msgspec.Raw = NULL


def _linked(row: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in row.detectorIds or ())


def _creator(row: Any) -> UserKey | None:
    return UserKey(row.parents.organization, str(row.createdBy)) if row.createdBy is not None else None


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


@entity(key=AlertKey, load=alerts_by_id, representations=(LIST,), always_reads=DETECTOR_IDS)
class Alert(Node):
    """Actions that run when a monitor creates or updates an issue, with their conditions.

    On servers that have only alert rules, rules are represented as alerts: an issue rule as an alert without monitors,
    a metric rule as a monitor and an alert with one filter per trigger.
    """

    sentry_id: strawberry.ID = sentry_id()
    name: str | None = plain(description="Display name of the alert.")
    is_enabled: bool | None = plain("enabled", description="False while the alert is disabled.")
    environment: str | None = plain(
        description="Name of the environment that the alert applies to; null for all environments."
    )
    last_triggered_at: datetime | None = plain(
        "lastTriggered", description="Time when the alert last triggered; null when it has not."
    )
    created_at: datetime | None = plain("dateCreated", description="Time when the alert was created.")
    updated_at: datetime | None = plain(
        "dateUpdated",
        description="Time of the last change; null for issue rules of servers that have only alert rules.",
    )
    triggers: AlertConditionGroup | None = plain(description="Conditions that trigger the alert.")
    organization: OrganizationType = organization_field()
    owner: Assignee | None = batch(
        actors_by_key,
        key=lambda row: parse_actor(row.parents.organization, row.owner),
        reads={"owner": str | None},
        description="User or team that owns the alert; null when it has no owner. One call per organization.",
    )
    created_by: UserType | None = batch(
        users_by_id,
        key=_creator,
        reads={"createdBy": int | str | None},
        description="User who created the alert; null when Sentry does not send it. One call per organization.",
    )

    @batch(linked_monitors, key=lambda row: MonitorKeys(row.parents.organization, _linked(row)), reads=DETECTOR_IDS)
    @paged
    def monitors(*, page: PageArguments) -> Connection[Monitor] | None:
        """Monitors connected to the alert; empty for issue rules of servers that have only alert rules.

        One call for all alerts of a list.
        """
        return list_options(page)

    @batch(
        alert_projects,
        key=lambda row: AlertProjectsKey(row.parents.organization, _linked(row), tuple(row.projects or ())),
        reads={**DETECTOR_IDS, **SLUGS},
    )
    @paged
    def projects(*, page: PageArguments) -> ProjectConnection | None:
        """Projects of the connected monitors. Two calls for all alerts of a list."""
        return list_options(page)

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

    @computed({"id": ID})
    def web_url(row: Any) -> str | None:
        """URL of the alert in Sentry; null when the web address of the organization is unknown."""
        number, organization = str(row.id), row.parents.organization
        if number.startswith(METRIC_PREFIX):
            return organization_page_url(organization, "issues", "alerts", "rules", "details", sentry_number(row))
        if number.startswith(ISSUE_PREFIX):
            slug = number.removeprefix(ISSUE_PREFIX).rpartition("-")[0]
            return organization_page_url(organization, "issues", "alerts", "rules", slug, sentry_number(row), "details")
        return organization_page_url(organization, "monitors", "alerts", number)


ALERT_TYPES: tuple[type, ...] = (*CONDITION_TYPES, *ACTION_TYPES, *MONITOR_TYPES)
"""Implementations of the alert and monitor interfaces, which no field refers to."""
