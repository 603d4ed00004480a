"""Objects of other kinds than projects that a caller may reach, looked up by reads that are restricted themselves."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import alerts, issues, monitors, releases, teams
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.narrowing.request import EndpointRequest, Send
from dexter_graphql.sentry.parents import OrganizationRef, Parents

LIFETIME_S = 60.0
"""Seconds in which an object that was moved to another project is still reached, at most."""
MAX_ENTRIES = 50_000
IDS_PER_CALL = 100
CACHED = "cache"
"""Origin of answers that were learned from before."""

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
MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "detector": ("id",),
        "issue": ("id", "short_id"),
        "monitor": ("id", "slug"),
        "release": ("version",),
        "rule": ("id",),
        "team": ("id", "slug"),
        "workflow": ("id",),
    }
)
"""Kind of path parameter → members by which paths name such an object."""
KINDS: Mapping[str, str] = MappingProxyType(
    {endpoint.name: kind for kind, endpoint in (*DETAILS.items(), *LISTS.items())}
    | {
        issues.LIST.name: "issue",
        monitors.LIST.name: "monitor",
        releases.LIST.name: "release",
        alerts.METRIC_RULES.name: "rule",
        teams.LIST.name: "team",
    }
)
"""Endpoint → kind of the objects in its answers."""


class ReachedObject(NamedTuple):
    """An object that was within reach."""

    upstream_key: str
    projects: frozenset[str] | None
    organization: str
    kind: str
    value: str


class Names(msgspec.Struct, frozen=True, rename="camel"):
    """Members that name an object in paths."""

    id: int | str | None = None
    short_id: str | None = None
    slug: str | None = None
    version: str | None = None

    def of(self, kind: str) -> list[str]:
        """The names of an object of that kind. A slug of digits could be the ID of another object, and is none."""
        names = [getattr(self, member) for member in MEMBERS[kind]]
        is_ambiguous = self.slug is not None and self.slug.isdecimal()
        return [str(name) for name in names if name is not None and not (is_ambiguous and name == self.slug)]


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
            self._learn(kind, await self._send(request, call_context), organization, call_context)
        return frozenset(number for number, key in keys.items() if self._reached.get(key))

    def learn(self, endpoint: Endpoint, reply: Reply, organization: OrganizationRef, call_context: CallContext) -> None:
        """Remember the objects in a new answer, from which those out of reach were removed.

        What is below them, for example the events of the issues of a list, then needs no check.
        """
        kind = KINDS.get(endpoint.name)
        if kind is not None and reply.origin != CACHED:
            self._learn(kind, reply, organization, call_context)

    def _learn(self, kind: str, reply: Reply, organization: OrganizationRef, call_context: CallContext) -> None:
        with suppress(*UNREADABLE):
            answer = msgspec.json.decode(reply.body, type=list[Names] | Names)
            for row in answer if isinstance(answer, list) else [answer]:
                for name in row.of(kind):
                    self._reached.put(_key(organization, kind, name, call_context), True)  # noqa: FBT003  # a value


def _key(organization: OrganizationRef, kind: str, value: str, call_context: CallContext) -> ReachedObject:
    return ReachedObject(call_context.upstream.key, call_context.projects, organization.slug, kind, value)
