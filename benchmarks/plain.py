"""A GraphQL server over Sentry written with Strawberry, aiohttp and aiodataloader only.

It does what their documentation recommends: one session keeps connections, and the loaders of each request ask for
every key once. It has no bulk forms and keeps no answers.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

import aiohttp
import strawberry
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info
from typing_extensions import override

from benchmarks.plain_events import Event

JSON = dict[str, Any]


class Sentry:
    """Client of Sentry's REST API over one session."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/0"
        self.session: aiohttp.ClientSession

    async def get(self, path: str, **params: str | int) -> Any:
        """The decoded body; raises for error statuses."""
        async with self.session.get(self._url + path, params=params) as response:
            response.raise_for_status()
            return await response.json()


class Details(DataLoader[str, JSON]):
    """Responses by path, each fetched once per request."""

    def __init__(self, sentry: Sentry) -> None:
        super().__init__()
        self._sentry = sentry

    @override
    async def batch_load_fn(self, keys: list[str]) -> list[Any]:
        return await asyncio.gather(*map(self._sentry.get, keys), return_exceptions=True)


class Context:
    """State of one request."""

    def __init__(self, sentry: Sentry) -> None:
        self.sentry = sentry
        self.details = Details(sentry)


Asked = Info[Context, None]


@strawberry.enum
class Level(Enum):
    """Severity of an issue."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"


@strawberry.enum
class IssueStatus(Enum):
    """Status of an issue."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    ARCHIVED = "ignored"


@strawberry.enum
class IssuePriority(Enum):
    """Priority of an issue."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@strawberry.enum
class EventChoice(Enum):
    """Selection of an event of an issue."""

    LATEST = "latest"
    OLDEST = "oldest"
    RECOMMENDED = "recommended"


@strawberry.input
class IssueFilter:
    """Filter of an issue list."""

    search: str | None = None


@strawberry.type
class Project:
    """A project as embedded in issues; other fields are loaded from its detail."""

    organization: strawberry.Private[str]
    slug: str
    name: str
    platform: str | None

    @strawberry.field
    async def has_monitors(self, info: Asked) -> bool | None:
        """Whether it has received cron check-ins."""
        value: bool | None = (await self._detail(info))["hasMonitors"]
        return value

    @strawberry.field
    async def color(self, info: Asked) -> str | None:
        """Colour of its badge."""
        value: str | None = (await self._detail(info))["color"]
        return value

    async def _detail(self, info: Asked) -> JSON:
        return await info.context.details.load(f"/projects/{self.organization}/{self.slug}/")


@strawberry.type
class Actor:
    """The author of an activity."""

    name: str | None


@strawberry.type
class IssueActivity:
    """An activity of an issue."""

    kind_raw: str
    occurred_at: str
    actor: Actor | None

    @staticmethod
    def of(data: JSON) -> "IssueActivity":
        """The activity of a decoded body."""
        user = data["user"]
        return IssueActivity(
            kind_raw=data["type"], occurred_at=data["dateCreated"], actor=Actor(name=user["name"]) if user else None
        )


@strawberry.type
class IssueActivityConnection:
    """A page of an issue's activities."""

    nodes: list[IssueActivity]


@strawberry.type
class Issue:
    """A group of similar events."""

    organization: strawberry.Private[str]
    history: strawberry.Private[list[JSON]]
    sentry_id: strawberry.ID
    short_id: str
    title: str
    culprit: str | None
    level: Level
    status: IssueStatus
    priority: IssuePriority | None
    platform: str | None
    comment_count: int
    is_unhandled: bool | None
    event_count: int
    user_count: int
    first_seen_at: str
    last_seen_at: str
    web_url: str
    project: Project

    @staticmethod
    def of(organization: str, data: JSON) -> "Issue":
        """The issue of a decoded body, from a list or a detail."""
        project = data["project"]
        return Issue(
            organization=organization,
            history=data.get("activity", []),
            sentry_id=strawberry.ID(data["id"]),
            short_id=data["shortId"],
            title=data["title"],
            culprit=data["culprit"],
            level=Level(data["level"]),
            status=IssueStatus(data["status"]),
            priority=IssuePriority(data["priority"]) if data["priority"] else None,
            platform=data["platform"],
            comment_count=data["numComments"],
            is_unhandled=data["isUnhandled"],
            event_count=int(data["count"]),
            user_count=data["userCount"],
            first_seen_at=data["firstSeen"],
            last_seen_at=data["lastSeen"],
            web_url=data["permalink"],
            project=Project(
                organization=organization, slug=project["slug"], name=project["name"], platform=project["platform"]
            ),
        )

    @strawberry.field
    async def latest_event(self, info: Asked) -> Event | None:
        """The latest event."""
        return await self._event("latest", info)

    @strawberry.field
    async def event(self, info: Asked, which: EventChoice = EventChoice.RECOMMENDED) -> Event | None:
        """An event of the issue."""
        return await self._event(which.value, info)

    @strawberry.field
    def activity(self, first: int = 20) -> IssueActivityConnection:
        """The activities, newest first."""
        return IssueActivityConnection(nodes=[IssueActivity.of(line) for line in self.history[:first]])

    async def _event(self, which: str, info: Asked) -> Event:
        path = f"/organizations/{self.organization}/issues/{self.sentry_id}/events/{which}/"
        return Event.of(await info.context.details.load(path))


@strawberry.type
class IssueConnection:
    """A page of issues."""

    nodes: list[Issue]


@strawberry.type
class Organization:
    """An organization by its slug."""

    slug: str

    @strawberry.field
    async def issues(self, info: Asked, first: int = 25, filter: IssueFilter | None = None) -> IssueConnection:
        """Issues of the organization."""
        query = (filter.search if filter else None) or ""
        path = f"/organizations/{self.slug}/issues/"
        rows = await info.context.sentry.get(path, limit=first, query=query, statsPeriod="90d")
        return IssueConnection(nodes=[Issue.of(self.slug, row) for row in rows])

    @strawberry.field
    async def issue(self, info: Asked, short_id: str) -> Issue | None:
        """An issue by its short id."""
        return Issue.of(self.slug, await info.context.details.load(f"/organizations/{self.slug}/issues/{short_id}/"))


@strawberry.type
class Query:
    """Root fields for reading."""

    @strawberry.field
    def organization(self, slug: str) -> Organization:
        """An organization by its slug."""
        return Organization(slug=slug)


class View(GraphQL[Context, None]):
    """The GraphQL endpoint."""

    def __init__(self, sentry: Sentry, *, keeps_documents: bool) -> None:
        super().__init__(strawberry.Schema(Query, extensions=[ParserCache, ValidationCache] if keeps_documents else []))
        self._sentry = sentry

    @override
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return Context(self._sentry)


def create_plain(upstream: str, *, keeps_documents: bool) -> Starlette:
    """The server. With `keeps_documents`, Strawberry's extensions cache parsed and validated documents."""
    sentry = Sentry(upstream)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer benchmark"}) as sentry.session:
            yield

    return Starlette(routes=[Route("/graphql", View(sentry, keeps_documents=keeps_documents))], lifespan=lifespan)
