"""Clients that resume their subscription after every lost connection, and keep what arrived."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.drills.live_client import LiveClient, Subscription

DOCUMENT = """subscription ($after: String) {
  issueChanged(organization: { slug: "acme" }, after: $after) {
    position gap { missed } change { kind issue { sentryId shortId status title } } } }"""
RECONNECT_S = 0.05


class IssueNode(msgspec.Struct, rename="camel"):
    """The issue of a change."""

    sentry_id: str


class IssueChange(msgspec.Struct):
    """A change of an issue."""

    issue: IssueNode


class Gap(msgspec.Struct):
    """Changes that are missing, as the server says."""

    missed: int | None


class StreamItem(msgspec.Struct):
    """An item of `issueChanged`."""

    position: str
    gap: Gap | None = None
    change: IssueChange | None = None


class StreamData(msgspec.Struct, rename="camel"):
    """The data of an answer."""

    issue_changed: StreamItem


class StreamAnswer(msgspec.Struct):
    """An answer with one item."""

    data: StreamData | None = None
    errors: list[msgspec.Raw] | None = None


@dataclass(slots=True)
class ResumingReader:
    """A subscriber that resumes at its last position, at the URLs by turns."""

    urls: Sequence[str]
    items: list[tuple[str, str]] = field(default_factory=list)
    """Position and issue of each change, in the order of arrival."""
    gaps: list[int | None] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    attempts: int = 0
    connections: int = 0
    last_at: float = 0.0
    position: str | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            url = urlsplit(self.urls[self.attempts % len(self.urls)])
            self.attempts += 1
            client = LiveClient(Subscription(DOCUMENT, {"after": self.position}), self._take)
            try:
                await client.connect(url.hostname or "", url.port or 80)
                self.connections += 1
                await client.ended.wait()
            except OSError:
                pass
            finally:
                client.abort()
            if client.errors is not None:
                self.errors.append(client.errors.decode())
            await asyncio.sleep(RECONNECT_S)

    def _take(self, payload: bytes) -> None:
        answer = msgspec.json.decode(payload, type=StreamAnswer)
        if answer.data is None:
            self.errors.append(payload.decode())
            return
        item = answer.data.issue_changed
        self.position, self.last_at = item.position, time.monotonic()
        if item.gap is not None:
            self.gaps.append(item.gap.missed)
        if item.change is not None:
            self.items.append((item.position, item.change.issue.sentry_id))
