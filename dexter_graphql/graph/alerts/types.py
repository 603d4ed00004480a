"""Alerts (workflows in Sentry's API)."""

from datetime import datetime
from typing import Any

import strawberry

from dexter_graphql.graph.alerts.actions import ACTION_TYPES
from dexter_graphql.graph.alerts.conditions import CONDITION_TYPES
from dexter_graphql.graph.alerts.parts import AlertParts
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import (
    ID,
    LIST,
    batch,
    computed,
    entity,
    plain,
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

DETECTOR_IDS = {"detectorIds": list[int | str]}
SLUGS = {"projects": list[str] | None}


def _linked(row: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in row.detectorIds or ())


def _creator(row: Any) -> UserKey | None:
    return UserKey(row.parents.organization, str(row.createdBy)) if row.createdBy is not None else None


@entity(key=AlertKey, load=alerts_by_id, representations=(LIST,), always_reads={**DETECTOR_IDS, "name": str})
class Alert(AlertParts, Node):
    """Actions that run when a monitor creates or updates an issue, with their conditions.

    On servers that have only alert rules, rules are represented as alerts: an issue rule as an alert without monitors,
    a metric rule as a monitor and an alert with one filter per trigger.
    """

    sentry_id: strawberry.ID = sentry_id()
    name: str | None = plain(description="Display name of the alert.")
    is_enabled: bool | None = plain("enabled", description="False while the alert is disabled.")
    is_snoozed: bool | None = plain(
        "snooze",
        description="True while the alert rule is snoozed for the user of the token; null for other alerts than rules.",
        is_personal=True,
    )
    created_at: datetime | None = plain("dateCreated", description="Time when the alert was created.")
    updated_at: datetime | None = plain(
        "dateUpdated",
        description="Time of the last change; null for issue rules of servers that have only alert rules.",
    )
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
