"""Writes to alerts: Sentry's workflows, or alert rules where a server has nothing newer."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dexter_graphql.errors import UnsupportedValue
from dexter_graphql.loaders.alert_rules.old_values import items
from dexter_graphql.loaders.alert_rules.rule_bodies import issue_rule_changes, metric_rule_changes
from dexter_graphql.loaders.alert_rules.rule_writes import (
    RULE_DELETION_ENDPOINTS,
    RULE_WRITE_ENDPOINTS,
    Outcomes,
    create_rule,
    delete_rule,
    rule_path,
    update_rule,
    write_each,
)
from dexter_graphql.loaders.alert_rules.workflows import ISSUE_PREFIX, workflow_of_issue_rule
from dexter_graphql.loaders.alerts import AlertKey, alert_projection, alerts_by_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitors import DETECTORS_AND_WORKFLOWS
from dexter_graphql.loaders.workflow_engine import (
    Members,
    Resource,
    create_object,
    delete_objects,
    keep_parts,
    set_enabled,
    update_object,
)
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents

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
    create=catalogue.CREATE_WORKFLOW,
    update=catalogue.UPDATE_WORKFLOW,
    delete=catalogue.DELETE_WORKFLOW,
    update_many=catalogue.UPDATE_WORKFLOWS,
    delete_many=catalogue.DELETE_WORKFLOWS,
    writable=writable_workflow,
    by_id=alerts_by_id,
    key=AlertKey,
    projection=alert_projection,
)
ALERT_UPDATE_ENDPOINTS = (*WORKFLOWS.uses_of_update, *RULE_WRITE_ENDPOINTS)
ALERT_CREATION_ENDPOINTS = (WORKFLOWS.create, catalogue.CREATE_ISSUE_RULE)
ALERT_SWITCH_ENDPOINTS = (WORKFLOWS.update_many, *RULE_WRITE_ENDPOINTS)
ALERT_DELETION_ENDPOINTS = (*WORKFLOWS.uses_of_deletion, *RULE_DELETION_ENDPOINTS)


async def create_alert(
    organization: OrganizationRef, project: str | None, changes: AlertChanges, load_context: LoadContext
) -> AlertKey | None:
    """Create an alert, on a server that has only alert rules in a project; its key if Sentry's answer has it."""

    async def newer() -> AlertKey | None:
        return await create_object(WORKFLOWS, Parents(organization), {}, changes.of({}), load_context)

    async def older() -> AlertKey | None:
        if project is None:
            raise UnsupportedValue("This Sentry has alert rules, which belong to a project", ("project",))
        members = {name: value for name, value in changes.of({}).items() if (name, value) != ("enabled", True)}
        number = await create_rule(organization, issue_rule_changes(members), load_context, project)
        return None if number is None else AlertKey(organization, f"{ISSUE_PREFIX}{project}-{number}")

    capabilities = load_context.organizations.capabilities
    return await capabilities.either(DETECTORS_AND_WORKFLOWS, organization, newer=newer, older=older)


async def update_alert(key: AlertKey, changes: AlertChanges, load_context: LoadContext) -> None:
    """Change an alert, or the alert rule that it was translated from."""
    if key.id.isdecimal():
        await update_object(WORKFLOWS, key, changes.of, load_context)
        return
    path = rule_path(key.organization, key.id)

    def change(rule: Members) -> Members:
        if path.project is None:
            return metric_rule_changes(_of_metric_rule(changes), rule)
        return issue_rule_changes(changes.of(workflow_of_issue_rule(rule)))

    await update_rule(path, change, load_context)


def _of_metric_rule(changes: AlertChanges) -> Members:
    """The changes of an alert that concern its metric rule; raises UnsupportedValue for those of its filters."""
    fields = {"triggers": changes.triggers, "filters": changes.filters}
    fields |= {"frequencySeconds": changes.members.get("config"), "monitors": changes.members.get("detectorIds")}
    for field, value in fields.items():
        if value is not None:
            raise UnsupportedValue("This alert is part of a metric rule; change the rule as monitor", (field,))
    return changes.members


async def set_alerts_enabled(keys: Sequence[AlertKey], load_context: LoadContext, *, is_enabled: bool) -> Outcomes:
    """Enable or disable alerts."""

    async def write(keys: Sequence[AlertKey]) -> set[AlertKey]:
        return await set_enabled(WORKFLOWS, keys, load_context, is_enabled=is_enabled)

    async def write_rule(key: AlertKey) -> None:
        await update_alert(key, AlertChanges({"enabled": is_enabled}), load_context)

    return await write_each(keys, write, write_rule)


async def delete_alerts(keys: Sequence[AlertKey], load_context: LoadContext) -> Outcomes:
    """Delete alerts; the metric rule of one is deleted with its monitor."""

    async def write(keys: Sequence[AlertKey]) -> set[AlertKey]:
        return await delete_objects(WORKFLOWS, keys, load_context)

    async def write_rule(key: AlertKey) -> None:
        await delete_rule(rule_path(key.organization, key.id), load_context)

    return await write_each(keys, write, write_rule)


async def connect_monitors(
    key: AlertKey, added: Sequence[str], removed: Sequence[str], load_context: LoadContext
) -> None:
    """Connect an alert with detectors and disconnect it from others; raises UnsupportedValue for alert rules."""
    if not key.id.isdecimal():
        raise UnsupportedValue("Alert rules have no monitors to connect", ("id",))

    def change(workflow: Members) -> Members:
        present = [str(number) for number in items(workflow.get("detectorIds"))]
        numbers = [number for number in (*present, *added) if number not in removed]
        return {"detectorIds": list(dict.fromkeys(numbers))}

    await update_object(WORKFLOWS, key, change, load_context)
