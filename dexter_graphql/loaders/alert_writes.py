"""Writes to alerts: Sentry's workflows, or alert rules where a server has nothing newer."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.alert_rules.old_values import items
from dexter_graphql.loaders.alerts import AlertKey, alert_projection, alerts_by_id
from dexter_graphql.loaders.workflow_engine import Members, Resource, keep_parts
from dexter_graphql.sentry.catalogue import alerts as catalogue

SET_BY_SENTRY = frozenset({"id", "organizationId", "createdBy", "dateCreated", "dateUpdated", "lastTriggered"})
"""Members of a workflow that a write cannot change."""


def writable_workflow(workflow: Members) -> dict[str, Any]:
    """The body that leaves a workflow unchanged; members that are not known are sent back as they are."""
    return {name: value for name, value in workflow.items() if name not in SET_BY_SENTRY}


class FilterParts(NamedTuple):
    """A filter of an alert: Sentry's word for its logic, its conditions and its actions."""

    logic: str
    conditions: Sequence[Any]
    actions: Sequence[Any]


class AlertChanges(NamedTuple):
    """Changes of an alert: members of a workflow, its triggers and its filters. None stands for no change."""

    members: Members
    triggers: Sequence[Any] | None = None
    filters: Sequence[FilterParts] | None = None

    def of(self, workflow: Members) -> dict[str, Any]:
        """The changed members of this workflow, whose parts may be kept."""
        changed = dict(self.members)
        if self.triggers is not None:
            group = workflow.get("triggers") or {"logicType": "any-short", "actions": []}
            conditions = keep_parts(self.triggers, parts_of([group], "conditions"), "triggers")
            changed["triggers"] = {**group, "conditions": conditions}
        if self.filters is not None:
            groups = workflow.get("actionFilters")
            changed["actionFilters"] = [
                _filter(parts, groups, ("filters", str(index))) for index, parts in enumerate(self.filters)
            ]
        return changed


def _filter(parts: FilterParts, groups: Any, field: tuple[str, ...]) -> dict[str, Any]:
    return {
        "logicType": parts.logic,
        "conditions": keep_parts(parts.conditions, parts_of(groups, "conditions"), *field, "conditions"),
        "actions": keep_parts(parts.actions, parts_of(groups, "actions"), *field, "actions"),
    }


def parts_of(groups: Any, name: str) -> list[Any]:
    """The conditions or the actions of all groups."""
    return [part for group in items(groups) if isinstance(group, dict) for part in items(group.get(name))]


WORKFLOWS = Resource(
    "workflow",
    list=catalogue.WORKFLOWS,
    detail=catalogue.WORKFLOW,
    update=catalogue.UPDATE_WORKFLOW,
    delete=catalogue.DELETE_WORKFLOW,
    update_many=catalogue.UPDATE_WORKFLOWS,
    delete_many=catalogue.DELETE_WORKFLOWS,
    writable=writable_workflow,
    by_id=alerts_by_id,
    key=AlertKey,
    projection=alert_projection,
)
