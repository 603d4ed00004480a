"""Plays servers that lack one of the two alert back ends, or switch it off for minutes. Only scripts faults."""

from typing import Final

from dexter_graphql.sandbox.faults import Fault, FaultQueue, brownout
from dexter_graphql.sandbox.http import NOT_FOUND

_RETIRED: Final = ("/rules/", "/alert-rules/")
_NEW: Final = ("/detectors/", "/workflows/")


def without_new_alerts(faults: FaultQueue) -> list[int]:
    """Play an old self-hosted server: detectors and workflows are unknown. Returns the ids of the faults."""
    return [faults.add(_absent(path)) for path in _NEW]


def without_retired_alerts(faults: FaultQueue) -> list[int]:
    """Play a server after the removal: rules are unknown. Returns the ids of the faults."""
    return [faults.add(_absent(path)) for path in _RETIRED]


def retired_alerts_in_brownout(faults: FaultQueue) -> list[int]:
    """Play one of the scheduled minutes in which rules answer 410. Returns the ids of the faults."""
    return [faults.add(brownout(), route=path, times=None) for path in _RETIRED]


def _absent(path: str) -> Fault:
    return Fault(route=path, times=None, status=404, body={"detail": NOT_FOUND})
