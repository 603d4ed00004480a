"""Filter of the alerts that fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry

from dexter_graphql.errors import within
from dexter_graphql.graph.alerts.enums import AlertStatus, FiredAlertKind
from dexter_graphql.graph.alerts.fired import METRIC, fired_payload
from dexter_graphql.graph.changes.conditions import (
    FILTER,
    FILTER_DESCRIPTION,
    NO_CONDITIONS,
    ChangeConditions,
    allows,
    condition,
    enum_condition,
    project_condition,
)
from dexter_graphql.graph.changes.types import ChangeKind
from dexter_graphql.graph.context import Context
from dexter_graphql.graph.declarations.wire_types import enum_member
from dexter_graphql.graph.issues.enums import Level
from dexter_graphql.graph.relay.references import ProjectReference, bounded, references_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import resolve_in_each
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef

_kind, _status = enum_member(FiredAlertKind), enum_member(AlertStatus)


@strawberry.input(description=f"Filter of alerts that fire. {FILTER_DESCRIPTION}")
class FiredAlertFilter:
    """Input."""

    kinds: list[ChangeKind] | None = strawberry.field(
        default=None, description="Kinds of changes: `FIRED`, and `RESOLVED` for metric alerts."
    )
    alert_kinds: list[FiredAlertKind] | None = strawberry.field(default=None, description="Kinds of alerts.")
    statuses: list[AlertStatus] | None = strawberry.field(
        default=None, description="Statuses of metric alerts; other alerts have none and do not pass."
    )
    levels: list[Level] | None = strawberry.field(
        default=None, description="Severities of the event or the issue; metric alerts have none and do not pass."
    )
    projects: list[ProjectReference] | None = strawberry.field(
        default=None, description="Projects of the alert; of a metric alert with several, one of them."
    )
    alert_names: list[str] | None = strawberry.field(
        default=None,
        description="Exact names of alerts, of metric alerts that of the monitor. Sentry's webhooks name alerts in no"
        " other way.",
    )


@dataclass(frozen=True, slots=True)
class FiredConditions:
    """A filter of alerts that fire, with the objects that it names; None is no condition."""

    basic: ChangeConditions = NO_CONDITIONS
    alert_kinds: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    names: frozenset[str] | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes."""
        return (
            self.basic.matches(change)
            and allows(self.alert_kinds, alert_kind(change).value)
            and allows(self.statuses, status.value if (status := alert_status(change)) else None)
            and (self.names is None or fired_payload(change).name in self.names)
        )

    async def occurs(self, _change: Change, _organization: OrganizationRef, _context: Context) -> bool:
        """True: no condition takes a call."""
        return True


def alert_kind(change: Change) -> FiredAlertKind:
    """Kind of the alert of a change."""
    kind: Any = _kind(change.entity)
    return kind


def alert_status(change: Change) -> AlertStatus | None:
    """Status of a metric alert; None for other alerts."""
    value = metric_status(change)
    status: Any = None if value is None else _status(value)
    return status


def metric_status(change: Change) -> str | None:
    """Value of the status of a metric alert, as sent by Sentry; None for other alerts."""
    return change.action.partition(".")[2] if change.entity == METRIC else None


async def fired_conditions(
    value: FiredAlertFilter | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, FiredConditions]:
    """The conditions of a filter in each organization; raises BadUserInput for a project that none of them has."""
    if value is None:
        return dict.fromkeys(organizations, FiredConditions())
    with within(FILTER):
        projects = references_of(value.projects, "projects")
        named = await resolve_in_each(projects, organizations, load_context)
        return {
            organization: FiredConditions(
                ChangeConditions(
                    kinds=enum_condition(value.kinds, "kinds"),
                    levels=enum_condition(value.levels, "levels"),
                    projects=project_condition(value.projects, projects, entities),
                ),
                alert_kinds=enum_condition(value.alert_kinds, "alertKinds"),
                statuses=enum_condition(value.statuses, "statuses"),
                names=condition(value.alert_names, bounded(value.alert_names, "alertNames")),
            )
            for organization, entities in named.items()
        }
