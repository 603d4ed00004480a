"""Monitors (detectors in Sentry's API): the `Monitor` interface, and its types without settings."""

from datetime import datetime
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import ID, LIST, batch, computed, entity, plain
from dexter_graphql.graph.lazy_types import AlertType, IssueType, OrganizationType, ProjectType
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import list_options
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.actors import ActorKey, actor_key, actors_by_key
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX
from dexter_graphql.loaders.alerts import AlertKeys, linked_alerts
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.job_detectors import CRON_PREFIX
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id
from dexter_graphql.loaders.projects import ProjectName, projects_by_name

NAMED_IN_PROJECT = {"projectId": ID, "name": str}
"""What identifies the monitor of a metric alert."""
SOURCES, CONFIG = {"dataSources": msgspec.Raw}, {"config": msgspec.Raw}


class Owner(msgspec.Struct, frozen=True, gc=False):
    """`owner` of a detector. A workflow's owner is a string instead."""

    type: str | None = None
    id: int | str | None = None


class LatestGroup(msgspec.Struct, frozen=True, gc=False):
    """`latestGroup` of a detector."""

    id: int | str | None = None


def sentry_number(row: Any) -> str:
    """Numeric ID in Sentry, also for objects translated from a rule."""
    number = str(row.id)
    return number.removeprefix(CRON_PREFIX) if number.startswith(CRON_PREFIX) else number.rpartition("-")[2]


def sentry_id() -> Any:
    """`sentryId` field of a type whose objects may be translated from a rule."""

    def function(row: Any) -> str:
        """Numeric ID in Sentry's API; the ID of the rule or of the job on servers without monitors."""
        return sentry_number(row)

    function.__annotations__["return"] = strawberry.ID
    return computed({"id": ID})(function)


def _owner(row: Any) -> ActorKey | None:
    owner = row.owner
    return None if owner is None else actor_key(row.parents.organization, owner.type, owner.id)


def _latest(row: Any) -> IssueKey | None:
    group = row.latestGroup
    return IssueKey(row.parents.organization, str(group.id)) if group is not None and group.id is not None else None


@entity(key=MonitorKey, load=monitors_by_id, representations=(), always_reads=NAMED_IN_PROJECT, is_interface=True)
class Monitor(Node):
    """Condition that Sentry monitors. It creates issues on failure. The concrete type depends on the kind."""

    sentry_id: strawberry.ID = sentry_id()
    name: str | None = plain(description="Display name of the monitor.")
    description: str | None = plain(description="Description of the monitor; null when it has none.")
    is_enabled: bool | None = plain("enabled", description="False while the monitor is disabled.")
    created_at: datetime | None = plain("dateCreated", description="Time when the monitor was created.")
    updated_at: datetime | None = plain("dateUpdated", description="Time of the last change of the monitor.")
    organization: OrganizationType = organization_field()
    owner: Assignee | None = batch(
        actors_by_key,
        key=_owner,
        reads={"owner": Owner | None},
        description="User or team that owns the monitor; null when it has no owner. One call per organization.",
    )
    project: ProjectType | None = batch(
        projects_by_name,
        key=lambda row: ProjectName(row.parents.organization, str(row.projectId)) if row.projectId else None,
        reads={"projectId": ID},
        description="Project that the monitor belongs to.",
    )
    latest_issue: IssueType | None = batch(
        issues_by_id,
        key=_latest,
        reads={"latestGroup": LatestGroup | None},
        description="Newest issue of the monitor; null when there is none, and on servers that have only alert rules.",
    )

    @batch(
        linked_alerts,
        key=lambda row: AlertKeys(row.parents.organization, tuple(map(str, row.workflowIds or ()))),
        reads={"workflowIds": list[int | str]},
    )
    @paged
    def alerts(*, page: PageArguments) -> Connection[AlertType] | None:
        """Alerts connected to the monitor. One call for all monitors of a list."""
        return list_options(page)

    @computed()
    def type(row: Any) -> str | None:
        """Kind of the monitor, as sent by Sentry."""
        raise NotImplementedError(type(row))

    @computed({"id": ID})
    def web_url(row: Any) -> str | None:
        """URL of the monitor in Sentry; null when the web address of the organization is unknown."""
        number, organization = str(row.id), row.parents.organization
        if number.startswith(METRIC_PREFIX):
            return organization_page_url(organization, "issues", "alerts", "rules", "details", sentry_number(row))
        if number.startswith(CRON_PREFIX):
            return organization_page_url(organization, "crons")
        return organization_page_url(organization, "monitors", number)


def type_field(word: str) -> Any:
    """`type` field of a monitor of a known kind."""

    def type_(_row: Any) -> str | None:
        """Kind of the monitor, as sent by Sentry."""
        return word

    return computed(name="type")(type_)


known = entity(representations=(LIST,))
"""Declaration shared by all monitor types."""


@known
class ErrorMonitor(Monitor):
    """Creates issues from the errors of a project. Every project has one."""

    type: str | None = type_field("error")


@known
class IssueStreamMonitor(Monitor):
    """Covers all issues of a project."""

    type: str | None = type_field("issue_stream")


@known
class UnknownMonitor(Monitor):
    """Monitor of a kind that this server does not know."""

    type: str | None = plain(description="Kind of the monitor, as sent by Sentry.")

    @computed({**SOURCES, **CONFIG}, conditionGroup=msgspec.Raw)
    def data(row: Any) -> JSON | None:
        """Settings as sent by Sentry: `config`, `dataSources` and `conditionGroup`."""
        return raw({"config": row.config, "dataSources": row.dataSources, "conditionGroup": row.conditionGroup})
