"""Fault scripts for servers that lack one of Sentry's two alerting APIs."""

from typing import Final

from dexter_graphql.sandbox.faults import Fault, FaultQueue, brownout
from dexter_graphql.sandbox.http import NOT_FOUND

_LEGACY_ROUTES: Final = ("/rules/", "/alert-rules/")
_WORKFLOW_ENGINE_ROUTES: Final = ("/detectors/", "/workflows/")


def disable_workflow_engine(faults: FaultQueue) -> list[int]:
    """Answer 404 for detectors and workflows, as old self-hosted servers do. Returns the ids of the faults."""
    return [faults.add(_make_not_found(path)) for path in _WORKFLOW_ENGINE_ROUTES]


def disable_legacy_rules(faults: FaultQueue) -> list[int]:
    """Answer 404 for alert rules, as servers after their removal do. Returns the ids of the faults."""
    return [faults.add(_make_not_found(path)) for path in _LEGACY_ROUTES]


def brown_out_legacy_rules(faults: FaultQueue) -> list[int]:
    """Answer 410 for alert rules, as in a scheduled brownout. Returns the ids of the faults."""
    return [faults.add(brownout(), route=path, times=None) for path in _LEGACY_ROUTES]


def _make_not_found(path: str) -> Fault:
    return Fault(route=path, times=None, status=404, body={"detail": NOT_FOUND})
