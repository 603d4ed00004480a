"""Writes to monitors: Sentry's detectors, or metric rules where a server has only alert rules."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.errors import BadUserInput, UnsupportedValue
from dexter_graphql.loaders.alert_rules.rule_bodies import metric_rule_changes
from dexter_graphql.loaders.alert_rules.rule_writes import (
    RULE_DELETION_ENDPOINTS,
    RULE_WRITE_ENDPOINTS,
    Outcomes,
    RulePath,
    create_rule,
    delete_rule,
    rule_path,
    update_rule,
    write_each,
)
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX, detector_of_metric_rule
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.job_detectors import CRON_PREFIX
from dexter_graphql.loaders.monitors import (
    DETECTORS_AND_WORKFLOWS,
    METRIC_TYPE,
    MonitorKey,
    monitor_projection,
    monitors_by_id,
)
from dexter_graphql.loaders.workflow_engine import (
    Members,
    Resource,
    create_object,
    delete_objects,
    set_enabled,
    update_object,
)
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents

SET_BY_SENTRY = frozenset(
    {"id", "organizationId", "projectId", "createdBy", "dateCreated", "dateUpdated", "latestGroup", "openIssues"}
)
"""Members of a detector that a write cannot change."""
UPTIME_TYPE = "uptime_domain_failure"
SOURCE_IDS = frozenset({"id", "organizationId", "sourceId", "status", "subscription"})
"""Members of a data source, and of the objects in it, that Sentry sets itself."""
FORMS = ("aggregate", "url", "config")
"""A member that the data sources of metric, uptime and cron monitors have."""
QUERY_TYPES: Mapping[object, int] = MappingProxyType({"events": 0})
"""Dataset → `queryType`; all others are 1."""


def writable_detector(detector: Members) -> dict[str, Any]:
    """The body that leaves a detector unchanged; members that are not known are sent back as they are."""
    body = {name: value for name, value in detector.items() if name not in SET_BY_SENTRY}
    owner = detector.get("owner")
    if isinstance(owner, dict):
        body["owner"] = f"{owner.get('type')}:{owner.get('id')}"
    # Sentry leaves what a body lacks as it is.
    optional = {"conditionGroup": detector.get("conditionGroup"), "dataSources": writable_sources(detector)}
    body = {name: value for name, value in body.items() if name not in optional}
    return body | {name: value for name, value in optional.items() if value}


def writable_sources(detector: Members) -> list[dict[str, Any]]:
    """The data sources of a detector in the form of a request; none when one of them has an unknown form."""
    sources = detector.get("dataSources")
    settings = [_settings(source) for source in sources] if isinstance(sources, list) else []
    if not all(any(name in source for name in FORMS) for source in settings):
        return []
    return [_with_query_type({k: v for k, v in source.items() if k not in SOURCE_IDS}) for source in settings]


def _with_query_type(source: dict[str, Any]) -> dict[str, Any]:
    if "aggregate" not in source:
        return source
    return {"queryType": query_type(source.get("dataset")), **source}


def query_type(dataset: object) -> int:
    """Sentry's number of the kind of query that fits a dataset."""
    return QUERY_TYPES.get(dataset, 1)


def _settings(source: Any) -> Members:
    """The settings of a data source. They stand in `queryObj`, in `snubaQuery`, in both, or in the source itself."""
    settings = source if isinstance(source, dict) else {}
    for name in ("queryObj", "snubaQuery"):
        inner = settings.get(name)
        settings = inner if isinstance(inner, dict) else settings
    return settings


DETECTORS = Resource(
    "detector",
    list=catalogue.DETECTORS,
    detail=catalogue.DETECTOR,
    create=catalogue.CREATE_DETECTOR,
    update=catalogue.UPDATE_DETECTOR,
    delete=catalogue.DELETE_DETECTOR,
    update_many=catalogue.UPDATE_DETECTORS,
    delete_many=catalogue.DELETE_DETECTORS,
    writable=writable_detector,
    by_id=monitors_by_id,
    key=MonitorKey,
    projection=monitor_projection,
)
MONITOR_UPDATE_ENDPOINTS = (*DETECTORS.uses_of_update, *RULE_WRITE_ENDPOINTS)
MONITOR_CREATION_ENDPOINTS = (DETECTORS.create, catalogue.CREATE_METRIC_RULE)
MONITOR_SWITCH_ENDPOINTS = (DETECTORS.update_many, *RULE_WRITE_ENDPOINTS)
MONITOR_DELETION_ENDPOINTS = (*DETECTORS.uses_of_deletion, *RULE_DELETION_ENDPOINTS)


class MonitorChanges(NamedTuple):
    """Changes of a monitor: members of a detector, and of its data source. Conditions replace those of the detector.

    `kinds` are parts of the changes that only detectors of one type have.
    """

    members: Members
    source: Members = MappingProxyType({})
    conditions: Sequence[Members] | None = None
    kinds: Mapping[str, str] = MappingProxyType({})

    def of(self, detector: Members) -> dict[str, Any]:
        """The changed members of this detector; raises BadUserInput for those that its type does not have."""
        for name, kind in self.kinds.items():
            if detector.get("type") != kind:
                raise BadUserInput(f"'{name}' is for monitors of the type '{kind}'", (name,))
        changed = dict(self.members)
        if self.source:
            current = next(iter(writable_sources(detector)), {})
            source = {**current, **self.source}
            if "dataset" in self.source:
                source["queryType"] = query_type(source["dataset"])
            changed["dataSources"] = [source]
        if self.conditions is not None:
            group = detector.get("conditionGroup") or {"logicType": "any"}
            changed["conditionGroup"] = {**group, "conditions": list(self.conditions)}
        return changed


async def create_monitor(
    organization: OrganizationRef, project: str, changes: MonitorChanges, load_context: LoadContext
) -> MonitorKey | None:
    """Create a monitor in a project, given by slug; its key if Sentry's answer has it."""

    async def newer() -> MonitorKey | None:
        path = {"project": project}
        return await create_object(DETECTORS, Parents(organization), path, changes.of({}), load_context)

    async def older() -> MonitorKey | None:
        detector = changes.of({})
        if detector.get("type") != METRIC_TYPE:
            raise UnsupportedValue("This Sentry has only metric monitors", ("settings",))
        if not detector.pop("enabled"):
            raise UnsupportedValue("Alert rules cannot be created disabled", ("isEnabled",))
        body = {**metric_rule_changes(detector, {}), "projects": [project]}
        number = await create_rule(organization, body, load_context)
        return None if number is None else MonitorKey(organization, f"{METRIC_PREFIX}{number}")

    capabilities = load_context.organizations.capabilities
    return await capabilities.either(DETECTORS_AND_WORKFLOWS, organization, newer=newer, older=older)


async def update_monitor(key: MonitorKey, changes: MonitorChanges, load_context: LoadContext) -> None:
    """Change a monitor, or the metric rule that it was translated from."""
    if key.id.isdecimal():
        await update_object(DETECTORS, key, changes.of, load_context)
        return

    def change(rule: Members) -> Members:
        return metric_rule_changes(changes.of(detector_of_metric_rule(rule)), rule)

    await update_rule(_rule_path(key), change, load_context)


def _rule_path(key: MonitorKey) -> RulePath:
    if key.id.startswith(CRON_PREFIX):
        raise UnsupportedValue("This Sentry has no monitor for the cron job; change the cron monitor itself", ("id",))
    return rule_path(key.organization, key.id)


async def set_monitors_enabled(keys: Sequence[MonitorKey], load_context: LoadContext, *, is_enabled: bool) -> Outcomes:
    """Enable or disable monitors."""

    async def write(keys: Sequence[MonitorKey]) -> set[MonitorKey]:
        return await set_enabled(DETECTORS, keys, load_context, is_enabled=is_enabled)

    async def write_rule(key: MonitorKey) -> None:
        await update_monitor(key, MonitorChanges({"enabled": is_enabled}), load_context)

    return await write_each(keys, write, write_rule)


async def delete_monitors(keys: Sequence[MonitorKey], load_context: LoadContext) -> Outcomes:
    """Delete monitors."""

    async def write(keys: Sequence[MonitorKey]) -> set[MonitorKey]:
        return await delete_objects(DETECTORS, keys, load_context)

    async def write_rule(key: MonitorKey) -> None:
        await delete_rule(_rule_path(key), load_context)

    return await write_each(keys, write, write_rule)
