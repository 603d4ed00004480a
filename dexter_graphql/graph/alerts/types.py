"""Alerts, which Sentry's API calls workflows: what happens when a monitor finds something."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts import monitors
from dexter_graphql.graph.alerts.actions import ACTION_TYPES, ACTIONS, AlertAction
from dexter_graphql.graph.alerts.conditions import CONDITION_TYPES, CONDITIONS, AlertCondition
from dexter_graphql.graph.alerts.enums import ConditionLogic
from dexter_graphql.graph.alerts.monitors import Monitor, sentry_id, sentry_number
from dexter_graphql.graph.alerts.reading import decoded, parts_of
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import ID, LIST, LazyJSON, batch, computed, entity, plain, value_type
from dexter_graphql.graph.issues.parts import Assignee, UserType
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import actor_key, actors_by_key
from dexter_graphql.loaders.alerts import IDS, AlertKey, AlertPlace, alert_projects, alerts_by_id
from dexter_graphql.loaders.legacy_rules import ISSUE_PREFIX, METRIC_PREFIX
from dexter_graphql.loaders.members import UserKey, users_by_id
from dexter_graphql.loaders.monitors import MonitorKeys, linked_monitors
from dexter_graphql.sentry.projection import NULL

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project

ProjectType = Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")]
MINUTE_S = 60
SLUGS = {"projects": list[str] | None}
FILTERS = {"actionFilters": msgspec.Raw}


class Config(msgspec.Struct, frozen=True, gc=False):
    """`config` of a workflow; the frequency is in minutes."""

    frequency: int | None = None


class Actions(msgspec.Struct, frozen=True, gc=False):
    """The actions of a filter."""

    actions: msgspec.Raw = NULL


def _linked(row: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in row.detectorIds or ())


def _creator(row: Any) -> UserKey | None:
    return UserKey(row.parents.organization, str(row.createdBy)) if row.createdBy is not None else None


@value_type
class AlertConditionGroup:
    """Conditions of an alert, and how many of them must hold."""

    logic: ConditionLogic | None = plain("logicType", description="How many must hold.")
    logic_raw: str | None = plain("logicType", description="`logic` in Sentry's own word.")

    @computed(conditions=msgspec.Raw)
    def conditions(row: Any) -> list[AlertCondition | None]:
        """The conditions; without any, the group always holds."""
        return parts_of(row.conditions, CONDITIONS, "UnknownAlertCondition")


@value_type
class AlertFilter:
    """Actions of an alert, and the conditions under which they happen."""

    logic: ConditionLogic | None = plain("logicType", description="How many conditions must hold.")
    logic_raw: str | None = plain("logicType", description="`logic` in Sentry's own word.")

    @computed(conditions=msgspec.Raw)
    def conditions(row: Any) -> list[AlertCondition | None]:
        """The conditions; without any, the actions always happen."""
        return parts_of(row.conditions, CONDITIONS, "UnknownAlertCondition")

    @computed(actions=msgspec.Raw)
    def actions(row: Any) -> list[AlertAction | None]:
        """What is done then."""
        return parts_of(row.actions, ACTIONS, "UnknownAlertAction")


@entity(key=AlertKey, load=alerts_by_id, representations=(LIST,), always_reads={"detectorIds": IDS})
class Alert(Node):
    """What happens when a monitor finds something: who is told, and under which conditions.

    Servers that have only the old alert rules are read as if they had alerts. An issue rule becomes an alert without
    monitors. A metric rule becomes a monitor and one alert, with a filter for each of its triggers.
    """

    sentry_id: strawberry.ID = sentry_id()
    name: str = plain(description="Name for people.")
    enabled: bool | None = plain(description="False while it is switched off.")
    environment: str | None = plain(description="Name of the environment that it is narrowed to; null for all.")
    last_triggered: datetime | None = plain("lastTriggered", description="When it last did something; null before.")
    created_at: datetime | None = plain("dateCreated", description="When it was made.")
    updated_at: datetime | None = plain("dateUpdated", description="When it was last changed; null when nobody knows.")
    triggers: AlertConditionGroup | None = plain(description="What sets it off.")
    organization: OrganizationType = organization_field()
    owner: Assignee | None = batch(
        actors_by_key,
        key=lambda row: actor_key(row.parents.organization, row.owner),
        reads={"owner": str | None},
        description="Who looks after it. One call for all of an organization.",
    )
    created_by: UserType | None = batch(
        users_by_id,
        key=_creator,
        reads={"createdBy": int | str | None},
        description="Who made it. One call for all of an organization.",
    )
    monitors: list[Monitor | None] | None = batch(
        linked_monitors,
        key=lambda row: MonitorKeys(row.parents.organization, _linked(row)),
        reads={"detectorIds": IDS},
        description="Monitors that it is tied to; none for issue rules of servers with old rules. One call for a list.",
    )
    projects: list[ProjectType | None] | None = batch(
        alert_projects,
        key=lambda row: AlertPlace(row.parents.organization, _linked(row), tuple(row.projects or ())),
        reads={"detectorIds": IDS, **SLUGS},
        description="Projects of its monitors. Two calls for all alerts of a list.",
    )

    @computed(config=Config | None)
    def frequency_seconds(row: Any) -> int | None:
        """Seconds that it waits before it does the same again for an issue."""
        found = row.config.frequency if row.config is not None else None
        return None if found is None else found * MINUTE_S

    @computed(FILTERS)
    def filters(row: Any) -> list[AlertFilter | None] | None:
        """What is done, each under its own conditions."""
        return None if row.actionFilters == NULL else LazyJSON("AlertFilter", row.actionFilters, is_list=True)

    @computed(FILTERS)
    def actions(row: Any) -> list[AlertAction | None]:
        """What is done under any conditions: the actions of all filters."""
        groups = decoded(row.actionFilters, list[Actions]) or []
        found: list[Any] = []
        for group in groups:
            found += parts_of(group.actions, ACTIONS, "UnknownAlertAction")
        return found

    @computed({"id": ID})
    def web_url(row: Any) -> str | None:
        """Address of its page in Sentry; null when Sentry does not say where its pages are."""
        number, organization = str(row.id), row.parents.organization
        if number.startswith(METRIC_PREFIX):
            return organization_page_url(organization, "issues", "alerts", "rules", "details", sentry_number(row))
        if number.startswith(ISSUE_PREFIX):
            slug = number.removeprefix(ISSUE_PREFIX).rpartition("-")[0]
            return organization_page_url(organization, "issues", "alerts", "rules", slug, sentry_number(row), "details")
        return organization_page_url(organization, "monitors", "alerts", number)


ALERT_TYPES: tuple[type, ...] = (*CONDITION_TYPES, *ACTION_TYPES, *monitors.MONITOR_TYPES)
"""Types that no field names, but that stand behind an interface."""
