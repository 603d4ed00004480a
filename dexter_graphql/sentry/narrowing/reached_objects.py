"""Objects of other kinds than projects that a caller may reach, looked up by reads that are restricted themselves."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import alerts, issues, monitors, releases, teams
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.narrowing.request import EndpointRequest, Send
from dexter_graphql.sentry.parents import OrganizationRef, Parents

LIFETIME_S = 60.0
"""Seconds in which an object that was moved to another project is still reached, at most."""
MAX_ENTRIES = 50_000
IDS_PER_CALL = 100

DETAILS: Mapping[str, Endpoint] = MappingProxyType(
    {
        "detector": alerts.DETECTOR,
        "issue": issues.DETAIL,
        "monitor": monitors.DETAIL,
        "release": releases.DETAIL,
        "rule": alerts.METRIC_RULE,
        "team": teams.DETAIL,
        "workflow": alerts.WORKFLOW,
    }
)
"""Kind of path parameter → the read that is answered with 404 when the object is out of reach."""
LISTS: Mapping[str, Endpoint] = MappingProxyType({"detector": alerts.DETECTORS, "workflow": alerts.WORKFLOWS})
"""Kind of path parameter → the list, by IDs, from which objects out of reach are removed."""


class ReachedObject(NamedTuple):
    """An object that was within reach."""

    upstream_key: str
    projects: frozenset[str] | None
    organization: str
    kind: str
    value: str


class Identified(msgspec.Struct, frozen=True):
    """The ID of a row."""

    id: int | str


class ReachedObjects:
    """Looks objects up with `send`, which restricts the reads; what was reached is remembered for equal reaches."""

    def __init__(self, clock: Clock, send: Send) -> None:
        self._send = send
        self._reached: ExpiringMap[ReachedObject, bool] = ExpiringMap(LIFETIME_S, MAX_ENTRIES, clock.monotonic)

    async def check(self, organization: OrganizationRef, kind: str, value: str, call_context: CallContext) -> None:
        """Raise NotFound when an object is out of reach: a call for each object, once a minute."""
        key = _key(organization, kind, value, call_context)
        if not self._reached.get(key):
            await self._send(EndpointRequest(DETAILS[kind], Parents(organization), {kind: value}), call_context)
            self._reached.put(key, True)  # noqa: FBT003  # a value of the map

    async def find_reached(
        self, organization: OrganizationRef, kind: str, ids: Iterable[str], call_context: CallContext
    ) -> frozenset[str]:
        """Those of the IDs whose objects are in reach: a call for 100 of them."""
        keys = {number: _key(organization, kind, number, call_context) for number in ids}
        unknown = sorted(number for number, key in keys.items() if not self._reached.get(key))
        for start in range(0, len(unknown), IDS_PER_CALL):
            query = [("id", number) for number in unknown[start : start + IDS_PER_CALL]]
            query.append(("per_page", str(IDS_PER_CALL)))
            request = EndpointRequest(LISTS[kind], Parents(organization), {}, query)
            for number in await self._ids(request, call_context):
                if number in keys:
                    self._reached.put(keys[number], True)  # noqa: FBT003  # a value of the map
        return frozenset(number for number, key in keys.items() if self._reached.get(key))

    async def _ids(self, request: EndpointRequest, call_context: CallContext) -> list[str]:
        reply = await self._send(request, call_context)
        try:
            return [str(row.id) for row in msgspec.json.decode(reply.body, type=list[Identified])]
        except UNREADABLE:
            message = "Sentry's list of objects cannot be read"
            raise BadResponse(message, title=request.endpoint.title, status=reply.status) from None


def _key(organization: OrganizationRef, kind: str, value: str, call_context: CallContext) -> ReachedObject:
    return ReachedObject(call_context.upstream.key, call_context.projects, organization.slug, kind, value)
