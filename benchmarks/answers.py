"""Which finished answer an address gets, and how organizations differ. Knows no connection.

The slug of an organization names how it behaves, before the last hyphen: see `Behaviour`. So one upstream serves all
servers and workloads, and no call can be taken for one of somebody else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from benchmarks.bodies import ISSUES, World, organization
from benchmarks.values import WEB, Body

LANES = 4
"""Organizations of each behaviour: as many clients can ask the same without sharing a call."""
LATENCY_S = 0.05
"""How long an organization that is slow takes for each answer."""
LACKS_EVERY = 5
"""Where Discover lacks events, it lacks one in so many."""
PAGES = (
    f'link: <{WEB}/api/0/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
    f'<{WEB}/api/0/?cursor=0:100:0>; rel="next"; results="false"; cursor="0:100:0"\r\n'
)
"""What every list of Sentry says of its pages."""
IDS = re.compile(r"\bid:\[([^\]]*)\]")


class Behaviour(StrEnum):
    """How the answers of an organization differ."""

    PLAIN = "plain"
    SLOW = "slow"
    """Each answer takes a while."""
    SPARSE = "sparse"
    """Discover lacks some newest events, and these are short when they are asked for alone."""
    FAILING = "failing"
    """Discover lacks the same ones, and they are refused when they are asked for alone."""


SLUGS = tuple(f"{behaviour}-{lane}" for behaviour in Behaviour for lane in range(LANES))


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: the route that it is counted under, its status line, and all behind the moving headers."""

    route: str
    status: bytes
    rest: bytes


class Answers:
    """All answers; each is made when it is asked for the first time."""

    def __init__(self) -> None:
        self._world = World()
        self._projects = _numbers(self._world.projects, "id", "slug")
        self._issues = _numbers(self._world.issues, "id", "shortId")
        self._made: dict[str, Answer] = {}

    def find(self, address: str) -> tuple[Answer, float]:
        """The answer to this path with its query, and after how many seconds it is given."""
        parts = urlsplit(address)
        path = parts.path.removeprefix("/api/0/").strip("/").split("/")
        if path == ["organizations"]:
            rows = [organization(number, slug) for number, slug in enumerate(SLUGS, 1)]
            return self._answer("organizations", lambda: rows), 0.0
        slug = path[1] if len(path) > 1 else ""
        if slug not in SLUGS:
            return MISSING, 0.0
        behaviour = Behaviour(slug.rpartition("-")[0])
        answer = self._below(behaviour, path, parse_qsl(parts.query, keep_blank_values=True))
        return answer, LATENCY_S if behaviour is Behaviour.SLOW else 0.0

    def _below(self, behaviour: Behaviour, path: list[str], query: list[tuple[str, str]]) -> Answer:
        world, answer = self._world, MISSING
        match path:
            case ["organizations", slug]:
                answer = self._answer(f"organization {slug}", lambda: organization(SLUGS.index(slug) + 1, slug))
            case ["organizations", _, "projects"]:
                answer = self._answer("projects", lambda: world.projects)
            case ["projects", _, name] if name in self._projects:
                number = self._projects[name]
                answer = self._answer(f"project {number}", lambda: world.project_detail(number))
            case ["organizations", _, "issues"]:
                size = int(dict(query).get("limit", ISSUES))
                answer = self._answer(f"issues {size}", lambda: world.issues[:size])
            case ["organizations", _, "issues", name] if name in self._issues:
                number = self._issues[name]
                answer = self._answer(f"issue {number}", lambda: world.issue_detail(number))
            case ["organizations", _, "issues", name, "events", _] if name in self._issues:
                answer = self._event(behaviour, self._issues[name])
            case ["organizations", _, "events"]:
                answer = self._discover(behaviour, query)
        return answer

    def _event(self, behaviour: Behaviour, number: int) -> Answer:
        if not _lacks(behaviour, number):
            return self._answer(f"event {number}", lambda: self._world.events[number])
        if behaviour is Behaviour.FAILING:
            return _written("event", "403 Forbidden", {"detail": "You do not have permission to see this event."})
        return self._answer(f"event {number} short", lambda: self._world.short_event(number))

    def _discover(self, behaviour: Behaviour, query: list[tuple[str, str]]) -> Answer:
        fields = [value for name, value in query if name == "field"]
        wanted = IDS.search(dict(query).get("query", ""))
        ids = set(wanted[1].split(",")) if wanted else set()
        events = self._world.events
        numbers = [
            number
            for number in range(ISSUES)
            if not _lacks(behaviour, number) and ids & {events[number]["id"], events[number]["groupID"]}
        ]
        body = self._world.discover(dict(query).get("dataset", ""), fields, numbers)
        return _written("discover", "200 OK", body)

    def _answer(self, name: str, body: Callable[[], Any]) -> Answer:
        """The answer of that name, of which the first word is the route."""
        if name not in self._made:
            self._made[name] = _written(name.partition(" ")[0], "200 OK", body())
        return self._made[name]


def _lacks(behaviour: Behaviour, number: int) -> bool:
    return behaviour in {Behaviour.SPARSE, Behaviour.FAILING} and number % LACKS_EVERY == 0


def _numbers(bodies: Sequence[Body], *names: str) -> dict[str, int]:
    """Where each stands in its list, by the names that a path may have for it."""
    return {body[name]: number for number, body in enumerate(bodies) for name in names}


def _written(route: str, status: str, body: object) -> Answer:
    text = msgspec.json.encode(body)
    pages = PAGES if text.startswith((b"[", b'{"data"')) else ""
    head = f"{pages}content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    return Answer(route, f"HTTP/1.1 {status}\r\n".encode(), head.encode() + text)


MISSING = _written("unknown", "404 Not Found", {"detail": "The requested resource does not exist"})
