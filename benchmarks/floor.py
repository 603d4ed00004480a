"""The list without GraphQL: a client on raw sockets, msgspec, and an ASGI application of a few functions.

A lower bound for a server in Python that makes the same call and sends the same bytes. It checks nothing, knows one
query, and has no limits, retries, cache, logs or metrics.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks.load import Connection

LEVELS = {name: name.upper() for name in ("debug", "info", "warning", "error", "fatal")}
STATUSES = {"unresolved": "UNRESOLVED", "resolved": "RESOLVED", "ignored": "ARCHIVED"}
PRIORITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", None: None}
CONTENT_TYPE = (b"content-type", b"application/json")


class Variables(msgspec.Struct, gc=False):
    """Variables of the query; none in the request that opens a connection."""

    org: str = ""


class Operation(msgspec.Struct, gc=False):
    """The request. Its document is not read."""

    variables: Variables


class Project(msgspec.Struct, gc=False):
    """Project of an issue, as Sentry sends it and as it is answered."""

    slug: str
    name: str


class Row(msgspec.Struct, rename="camel", gc=False):
    """The members of Sentry's issue that the query needs."""

    id: str
    short_id: str
    title: str
    culprit: str | None
    level: str
    status: str
    priority: str | None
    platform: str | None
    num_comments: int
    is_unhandled: bool | None
    count: str
    user_count: int
    first_seen: str
    last_seen: str
    permalink: str
    project: Project


class Issue(msgspec.Struct, rename="camel", gc=False):
    """An issue of the answer, in the order of the selection."""

    sentry_id: str
    short_id: str
    title: str
    culprit: str | None
    level: str
    status: str
    priority: str | None
    platform: str | None
    comment_count: int
    is_unhandled: bool | None
    event_count: int
    user_count: int
    first_seen_at: str
    last_seen_at: str
    web_url: str
    project: Project


ROWS = msgspec.json.Decoder(list[Row])
OPERATION = msgspec.json.Decoder(Operation)


class Sentry:
    """Client that keeps its connections; each is used by one call at a time."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._idle: list[Connection] = []

    async def issues(self, organization: str) -> list[Row]:
        """The first hundred issues of an organization."""
        connection = self._idle.pop() if self._idle else await self._connect()
        answer = await connection.ask(
            b"GET /api/0/organizations/%b/issues/?query=&limit=100 HTTP/1.1\r\nhost: sentry\r\n"
            b"authorization: Bearer benchmark\r\n\r\n" % organization.encode()
        )
        self._idle.append(connection)
        return ROWS.decode(answer.body)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, self._address.hostname, self._address.port)
        return connection


def create_floor(upstream: str) -> Callable[..., Awaitable[None]]:
    """The application. Every POST is taken for the list."""
    sentry = Sentry(upstream)

    async def app(_scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        operation = OPERATION.decode((await receive())["body"])
        rows = await sentry.issues(operation.variables.org) if operation.variables.org else []
        nodes = [_issue(row) for row in rows]
        body = msgspec.json.encode({"data": {"organization": {"issues": {"nodes": nodes}}}})
        headers = [CONTENT_TYPE, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def _issue(row: Row) -> Issue:
    return Issue(
        row.id,
        row.short_id,
        row.title,
        row.culprit,
        LEVELS[row.level],
        STATUSES[row.status],
        PRIORITIES[row.priority],
        row.platform,
        row.num_comments,
        row.is_unhandled,
        int(row.count),
        row.user_count,
        row.first_seen,
        row.last_seen,
        row.permalink,
        row.project,
    )
