"""Prepared answers of the upstream by path, and the behaviours of its organizations.

The slug of an organization starts with its behaviour, before the last hyphen: see `Behaviour`. So one upstream serves
all servers and workloads, and their calls cannot be confused.
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
"""Organizations of each behaviour: as many clients can send the same query without sharing a call."""
LATENCY_S = 0.05
"""Latency of each answer for slow organizations."""
LACKS_EVERY = 5
"""Where Discover has no rows for some events, it is one event in this many."""
PAGES = (
    f'link: <{WEB}/api/0/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
    f'<{WEB}/api/0/?cursor=0:100:0>; rel="next"; results="false"; cursor="0:100:0"\r\n'
)
"""The `Link` header of a list with one page."""
IDS = re.compile(r"\bid:\[([^\]]*)\]")


class Behaviour(StrEnum):
    """Behaviour of an organization."""

    PLAIN = "plain"
    SLOW = "slow"
    """Each answer is delayed by `LATENCY_S`."""
    SPARSE = "sparse"
    """Discover has no rows for some latest events; their details are short."""
    FAILING = "failing"
    """Discover has no rows for the same events; calls for their details are rejected."""


SLUGS = tuple(f"{behaviour}-{lane}" for behaviour in Behaviour for lane in range(LANES))


@dataclass(frozen=True, slots=True)
class Answer:
    """A prepared answer: its route, its status line, and everything after the time-dependent headers."""

    route: str
    status: bytes
    rest: bytes


class Answers:
    """All answers; each is created when it is first requested."""

    def __init__(self) -> None:
        self._world = World()
        self._projects = _numbers(self._world.projects, "id", "slug")
        self._issues = _numbers(self._world.issues, "id", "shortId")
        self._by_name: dict[str, Answer] = {}

    def find(self, address: str) -> tuple[Answer, float]:
        """The answer to a path with query, and its latency in seconds."""
        parts = urlsplit(address)
        path = parts.path.removeprefix("/api/0/").strip("/").split("/")
        if path == ["organizations"]:
            rows = [organization(number, slug) for number, slug in enumerate(SLUGS, 1)]
            return self._answer("organizations", lambda: rows), 0.0
        slug = path[1] if len(path) > 1 else ""
        if slug not in SLUGS:
            return MISSING, 0.0
        behaviour = Behaviour(slug.rpartition("-")[0])
        answer = self._route(behaviour, path, parse_qsl(parts.query, keep_blank_values=True))
        return answer, LATENCY_S if behaviour is Behaviour.SLOW else 0.0

    def _route(self, behaviour: Behaviour, path: list[str], query: list[tuple[str, str]]) -> Answer:
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
            return _encode("event", "403 Forbidden", {"detail": "You do not have permission to see this event."})
        return self._answer(f"event {number} short", lambda: self._world.short_event(number))

    def _discover(self, behaviour: Behaviour, query: list[tuple[str, str]]) -> Answer:
        fields = [value for name, value in query if name == "field"]
        match = IDS.search(dict(query).get("query", ""))
        ids = set(match[1].split(",")) if match else set()
        events = self._world.events
        numbers = [
            number
            for number in range(ISSUES)
            if not _lacks(behaviour, number) and ids & {events[number]["id"], events[number]["groupID"]}
        ]
        body = self._world.discover(dict(query).get("dataset", ""), fields, numbers)
        return _encode("discover", "200 OK", body)

    def _answer(self, name: str, body: Callable[[], Any]) -> Answer:
        """The answer of that name; the first word of the name is the route."""
        if name not in self._by_name:
            self._by_name[name] = _encode(name.partition(" ")[0], "200 OK", body())
        return self._by_name[name]


def _lacks(behaviour: Behaviour, number: int) -> bool:
    return behaviour in {Behaviour.SPARSE, Behaviour.FAILING} and number % LACKS_EVERY == 0


def _numbers(bodies: Sequence[Body], *names: str) -> dict[str, int]:
    """Index of each object in its list, by the names that a path can have for it."""
    return {body[name]: number for number, body in enumerate(bodies) for name in names}


def _encode(route: str, status: str, body: object) -> Answer:
    text = msgspec.json.encode(body)
    pages = PAGES if text.startswith((b"[", b'{"data"')) else ""
    head = f"{pages}content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    return Answer(route, f"HTTP/1.1 {status}\r\n".encode(), head.encode() + text)


MISSING = _encode("unknown", "404 Not WorkloadResult", {"detail": "The requested resource does not exist"})
