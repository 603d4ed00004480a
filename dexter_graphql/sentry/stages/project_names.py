"""Stage that names projects and teams in the form that a host takes: by slug or by number.

sentry.io takes both forms everywhere. Releases before 26.6 take only numbers in `project=`, releases before 24.5 only
slugs in paths. A host is asked in the given form until it refuses that; the other form comes from the organization's
lists, which the stages below cache.
"""

from collections.abc import Mapping
from enum import Enum, auto
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import ExpiringMap
from dexter_graphql.concurrency.single_flight import SingleFlight
from dexter_graphql.sentry.call import Call, Reply
from dexter_graphql.sentry.catalogue import projects, teams
from dexter_graphql.sentry.credentials import credential_tag
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, BadResponse, BudgetExhausted, DeadlineExceeded, NotFound
from dexter_graphql.sentry.saas_hosts import SaasHosts
from dexter_graphql.sentry.stages import CallNext

API = "/api/0"
PARAMETER = "project"
REFUSAL = "Invalid project parameter"
"""Beginning of the 400 with which releases before 26.6 refuse a slug in `project=`."""
LISTS: Mapping[str, Endpoint] = MappingProxyType({"{project}": projects.LIST, "{team}": teams.LIST})
"""Parameter of a path → the list that has its slugs and numbers."""
PAGE_SIZE = "100"
MAX_PAGES = 20
LIFETIME_S = 3600.0
"""A server may be upgraded, and then takes both forms."""
MAX_HOSTS = 64


class Form(Enum):
    """A form that older releases refuse."""

    SLUGS = auto()
    """Slugs in `project=`."""
    NUMBERS = auto()
    """Numbers in paths."""


class PathNumber(NamedTuple):
    """A number in a path where older releases take a slug."""

    parameter: str
    position: int
    """Index among the segments of the path."""
    value: str


class Identity(msgspec.Struct, frozen=True):
    """Members of a project or team that name it."""

    id: int | str
    slug: str


class ProjectNames:
    """Remembers for an hour, in this process, which forms each host takes."""

    def __init__(self, clock: Clock, saas_hosts: SaasHosts) -> None:
        self._clock = clock
        self._saas_hosts = saas_hosts
        # Around the cache below, so that equal reads are one call even while its response is being stored.
        self._lists: SingleFlight[list[Identity]] = SingleFlight(leader_errors=(BudgetExhausted, DeadlineExceeded))
        self._taken: ExpiringMap[tuple[str, Form], bool] = ExpiringMap(
            LIFETIME_S, MAX_HOSTS * len(Form), clock.monotonic
        )

    def __repr__(self) -> str:
        return f"<ProjectNames {self._taken!r}>"

    def takes(self, host: str, form: Form) -> bool | None:
        """Whether the host takes the form; None while that is not known."""
        return self._taken.get((host, form))

    async def __call__(self, call: Call, call_next: CallNext) -> Reply:
        """Return the reply to the call in a form that its host takes."""
        is_saas = call.host in self._saas_hosts
        reply = await (call_next(call) if is_saas else self._send(call, call_next))
        self._saas_hosts.observe(call.host, reply.headers)
        return reply

    async def _send(self, call: Call, call_next: CallNext) -> Reply:
        if _has_slugs(call):
            return await self._send_slugs(call, call_next)
        number = _path_number(call)
        return await (call_next(call) if number is None else self._send_number(call, number, call_next))

    async def _send_slugs(self, call: Call, call_next: CallNext) -> Reply:
        takes_slugs = self.takes(call.host, Form.SLUGS)
        if takes_slugs is not False:
            try:
                return self._learn(call.host, Form.SLUGS, await call_next(call))
            except BadRequest as error:
                if takes_slugs or REFUSAL not in str(error):
                    raise
            self._taken.put((call.host, Form.SLUGS), False)  # noqa: FBT003  # a value of the map
        return await call_next(await self._with_numbers(call, call_next))

    async def _send_number(self, call: Call, number: PathNumber, call_next: CallNext) -> Reply:
        """Send a number, then the slug: a 404 may concern either the number or what the path names below it."""
        takes_numbers = self.takes(call.host, Form.NUMBERS)
        if takes_numbers is not False:
            try:
                return self._learn(call.host, Form.NUMBERS, await call_next(call))
            except NotFound:
                if takes_numbers:
                    raise
        reply = await call_next(await self._with_slug(call, number, call_next))
        self._taken.put((call.host, Form.NUMBERS), False)  # noqa: FBT003  # a value of the map
        return reply

    async def _with_numbers(self, call: Call, call_next: CallNext) -> Call:
        """The call with numbers in `project=`; raises BadRequest for a slug that the organization does not have."""
        numbers = {row.slug: str(row.id) for row in await self._list(call, LISTS["{project}"], call_next)}
        query: list[tuple[str, str]] = []
        for name, value in call.query:
            if name == PARAMETER and not _is_number(value) and value not in numbers:
                message = f"Project '{value[:100]}' does not exist or is not visible to the token"
                raise BadRequest(message, title=call.title)
            query.append((name, numbers.get(value, value) if name == PARAMETER else value))
        return msgspec.structs.replace(call, query=tuple(query))

    async def _with_slug(self, call: Call, number: PathNumber, call_next: CallNext) -> Call:
        """The call with the slug in its path; raises NotFound for a number that the organization does not have."""
        rows = await self._list(call, LISTS[number.parameter], call_next)
        slug = next((row.slug for row in rows if str(row.id) == number.value), None)
        if slug is None:
            raise NotFound("The requested resource does not exist", title=call.title, status=HTTPStatus.NOT_FOUND)
        segments = _segments(call.path)
        segments[number.position] = quote(slug, safe="")
        return msgspec.structs.replace(call, path=API + "/".join(segments))

    async def _list(self, call: Call, endpoint: Endpoint, call_next: CallNext) -> list[Identity]:
        first = _list_call(call, endpoint)
        try:
            rows, _ = await self._lists.run(
                (first.host, first.path, first.upstream.key),
                lambda _flight: _read_list(first, endpoint, call_next),
                remaining_s=lambda: call.deadline - self._clock.time(),
            )
        except TimeoutError:
            raise DeadlineExceeded("The deadline of this operation passed", title=endpoint.title) from None
        return rows

    def _learn(self, host: str, form: Form, reply: Reply) -> Reply:
        if self.takes(host, form) is None:
            self._taken.put((host, form), True)  # noqa: FBT003  # a value of the map
        return reply


def _has_slugs(call: Call) -> bool:
    return any(name == PARAMETER and not _is_number(value) for name, value in call.query)


def _is_number(value: str) -> bool:
    return value.removeprefix("-").isdecimal()


def _path_number(call: Call) -> PathNumber | None:
    if not any(parameter in call.title for parameter in LISTS):
        return None
    segments = _segments(call.path)
    for position, parameter in enumerate(_template(call)):
        if parameter in LISTS and segments[position].isdecimal():
            return PathNumber(parameter, position, segments[position])
    return None


def _segments(path: str) -> list[str]:
    return path.removeprefix(API).split("/")


def _template(call: Call) -> list[str]:
    return call.title.partition(" ")[2].split("/")


def _list_call(call: Call, endpoint: Endpoint) -> Call:
    """The call for the first page of a list of the call's organization."""
    organization = _segments(call.path)[_template(call).index("{organization}")]
    return msgspec.structs.replace(
        call,
        endpoint=endpoint.name,
        title=endpoint.title,
        method=endpoint.method,
        path=API + endpoint.path.format(organization=organization),
        query=(("per_page", PAGE_SIZE),),
        body=None,
        lifetime=endpoint.lifetime,
        is_idempotent=True,
        has_event_bodies=False,
        tags=(
            *(tag.format(organization=unquote(organization)) for tag in endpoint.tags),
            credential_tag(call.upstream.key),
        ),
    )


async def _read_list(first: Call, endpoint: Endpoint, call_next: CallNext) -> list[Identity]:
    """Slugs and numbers of all projects or teams of an organization."""
    rows: list[Identity] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        query = first.query if cursor is None else (*first.query, ("cursor", cursor))
        reply = await call_next(msgspec.structs.replace(first, query=query))
        rows += _decode(reply, endpoint)
        cursor = reply.headers.get("cursor-next")
        if cursor is None:
            break
    return rows


def _decode(reply: Reply, endpoint: Endpoint) -> list[Identity]:
    try:
        return msgspec.json.decode(reply.body, type=list[Identity])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadResponse("Sentry's answer is not a list", title=endpoint.title, status=reply.status) from None
