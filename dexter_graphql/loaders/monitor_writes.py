"""Writes to monitors: Sentry's detectors, or metric rules where a server has only alert rules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dexter_graphql.loaders.monitors import MonitorKey, monitor_projection, monitors_by_id
from dexter_graphql.loaders.workflow_engine import Members, Resource
from dexter_graphql.sentry.catalogue import alerts as catalogue

SET_BY_SENTRY = frozenset(
    {"id", "organizationId", "projectId", "createdBy", "dateCreated", "dateUpdated", "latestGroup", "openIssues"}
)
"""Members of a detector that a write cannot change."""
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
    sources = writable_sources(detector)
    if sources:
        body["dataSources"] = sources
    else:
        body.pop("dataSources", None)  # Sentry leaves those that a body lacks as they are
    return body


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
    update=catalogue.UPDATE_DETECTOR,
    delete=catalogue.DELETE_DETECTOR,
    update_many=catalogue.UPDATE_DETECTORS,
    delete_many=catalogue.DELETE_DETECTORS,
    writable=writable_detector,
    by_id=monitors_by_id,
    key=MonitorKey,
    projection=monitor_projection,
)
