"""The lists that polling reads: issues, their activity, and releases. Each call reads past the cache."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import msgspec

from dexter_graphql.realtime.polling.listed_objects import Activities, Activity, ListedIssue, ListedRelease
from dexter_graphql.realtime.snapshots.sources import decode_snapshot
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import issues, releases
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import BadResponse, ClientError
from dexter_graphql.sentry.parents import OrganizationRef, Parents

PAGE_SIZE = 100
RECENT = (
    ("query", ""),
    ("sort", "date"),
    ("limit", str(PAGE_SIZE)),
    ("statsPeriod", "14d"),
    ("collapse", "stats"),
    ("collapse", "filtered"),
)
"""Issues in any state, those with the newest events first."""

S = TypeVar("S", bound=msgspec.Struct)


class Row(NamedTuple):
    """An issue of a list, and its JSON."""

    issue: ListedIssue
    raw: bytes


class ReleaseRow(NamedTuple):
    """A release of a list, and its JSON."""

    release: ListedRelease
    raw: bytes


class IssuePage(NamedTuple):
    """A page of issues; `cursor` leads to the next one, None at the end."""

    rows: list[Row]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class SentryLists:
    """The lists of one organization, as its credential can read them."""

    client: SentryClient
    organization: OrganizationRef
    call_context: CallContext

    async def issues(self, cursor: str | None = None) -> IssuePage:
        """A page of the issues with the newest events; rows that are no issues are left out."""
        query = RECENT if cursor is None else (*RECENT, ("cursor", cursor))
        reply = await self.client.send(issues.POLLED, self.call_context, parents=self._parents, query=query)
        rows = [Row(issue, raw) for raw in _rows(reply.body) if (issue := _decode(raw, ListedIssue)) is not None]
        return IssuePage(rows, reply.headers.get("cursor-next"))

    async def activities(self, issue: str) -> list[Activity]:
        """The activity of an issue, oldest first; empty when this Sentry does not give it."""
        try:
            reply = await self.client.send(
                issues.ACTIVITIES, self.call_context, parents=self._parents, path={"issue": issue}
            )
        except ClientError:
            return []
        answer = _decode(reply.body, Activities)
        entries = [] if answer is None else [_decode(bytes(raw), Activity) for raw in answer.activity]
        return sorted((entry for entry in entries if entry is not None), key=lambda entry: entry.date_created)

    async def releases(self) -> list[ReleaseRow]:
        """The newest releases first; rows that are no releases are left out."""
        query = (("per_page", str(PAGE_SIZE)),)
        reply = await self.client.send(releases.POLLED, self.call_context, parents=self._parents, query=query)
        rows = [(_decode(raw, ListedRelease), raw) for raw in _rows(reply.body)]
        return [ReleaseRow(release, raw) for release, raw in rows if release is not None]

    @property
    def _parents(self) -> Parents:
        return Parents(self.organization)


def _rows(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError):
        raise BadResponse("Sentry's answer is no list") from None


def _decode(raw: bytes, kind: type[S]) -> S | None:
    try:
        return decode_snapshot(raw, kind)
    except (msgspec.DecodeError, RecursionError):
        return None
