"""Checks that an object which a path names belongs to a project that the caller may reach."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import alerts, issues, monitors, releases, teams
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.narrowing.calls import not_found
from dexter_graphql.sentry.narrowing.request import EndpointRequest, Send
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.restriction import Narrowing

LIFETIME_S = 60.0
"""Seconds in which an object that was moved to another project is still reached, at most."""
MAX_ENTRIES = 50_000
NO_ROWS = b"[]"

CHECKS: Mapping[str, Endpoint] = MappingProxyType(
    {
        "detector": alerts.DETECTOR,
        "issue": issues.DETAIL,
        "monitor": monitors.DETAIL,
        "release": releases.DETAIL,
        "rule": alerts.METRIC_RULE,
        "team": teams.DETAIL,
        "workflow": alerts.WORKFLOWS,
    }
)
"""Path parameter → the read, itself restricted, that fails or is empty when the object is out of reach."""


class CheckedObject(NamedTuple):
    """An object that was within reach."""

    upstream_key: str
    projects: frozenset[str] | None
    organization: str
    parameter: str
    value: str


class ParentCheck:
    """Reads an object before calls below it, once a minute for equal reaches."""

    def __init__(self, clock: Clock, send: Send) -> None:
        self._send = send
        self._reached: ExpiringMap[CheckedObject, bool] = ExpiringMap(LIFETIME_S, MAX_ENTRIES, clock.monotonic)

    async def check(self, organization: OrganizationRef, parameter: str, value: str, call_context: CallContext) -> None:
        """Raise NotFound when the object that a value of a path parameter names is out of reach."""
        key = CheckedObject(call_context.upstream.key, call_context.projects, organization.slug, parameter, value)
        if self._reached.get(key):
            return
        request = _read(organization, parameter, value)
        reply = await self._send(request, call_context)
        if reply.body.strip() == NO_ROWS:
            raise not_found(request.endpoint)
        self._reached.put(key, True)  # noqa: FBT003  # a value of the map


def _read(organization: OrganizationRef, parameter: str, value: str) -> EndpointRequest:
    """The request that reads the object: by the path, or by a query where a list is read."""
    endpoint = CHECKS[parameter]
    if endpoint.restriction.narrowing is Narrowing.QUERY:
        return EndpointRequest(endpoint, Parents(organization), {}, (("id", value),))
    return EndpointRequest(endpoint, Parents(organization), {parameter: value})
