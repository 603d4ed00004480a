"""Runs workloads in interleaved rounds, and turns processor time into figures."""

import itertools
import platform
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

import msgspec

from benchmarks.answers import LANES, Behaviour
from benchmarks.child import Question, Spec
from benchmarks.load import Answer, connected, repeat, written
from benchmarks.processes import BenchmarkError, Process, running
from benchmarks.results import Contest, Figure, Found, Run
from benchmarks.workloads import DEXTER, INTERPRETER, PLAIN_DEFAULT, STATIC, WORKLOADS, Contestant, Workload

WARM_UP = 2
"""Requests of each client before it is looked how long one takes. What is made at second sight is made by then."""
SETTINGS: Mapping[str, str] = MappingProxyType(
    {"SENTRY_AUTH_TOKEN": "benchmark", "DEXTER_MODE": "open", "DEXTER_LOG_LEVEL": "error"}
)
HELLO = written("{ __typename }", {})
"""Asked before anything is measured, so that connections are there and known to the server."""
ENGINES: Mapping[str, str] = MappingProxyType({INTERPRETER: "interpreter"})
"""Server → the engine that it is told to use, when it is not the default."""


@dataclass(frozen=True, slots=True)
class Form:
    """How long is measured: rounds, processor time of each contestant in each of them, clients, who is left out.

    Garbage is collected now and then, and takes as long as several requests. Rounds that are not long enough to hold
    many collections are steady only without them.
    """

    rounds: int
    bursts: int
    cpu_s: float
    clients: int
    is_collecting: bool = True
    without: frozenset[str] = frozenset()


FULL = Form(rounds=7, bursts=5, cpu_s=1.0, clients=LANES)
SHORT = Form(rounds=7, bursts=2, cpu_s=0.05, clients=2, is_collecting=False, without=frozenset({PLAIN_DEFAULT}))
REFERENCE = replace(SHORT, rounds=21, bursts=7)
"""As the short form, with which it is compared, but surer."""


@dataclass(slots=True)
class Sample:
    """One round of one contestant."""

    cpu_ms: float
    requests: int
    calls: Counter[str]
    answers: list[Answer]


@dataclass(slots=True)
class Measured:
    """The rounds of one contestant."""

    contestant: Contestant
    times: int = 1
    samples: list[Sample] = field(default_factory=list)


class Site:
    """The upstream, so many clients, and the servers that were needed so far; all end with the site's block."""

    def __init__(self, clients: int, upstream: Process, stack: AsyncExitStack) -> None:
        self.clients = clients
        self.upstream = upstream
        self._stack = stack
        self._servers: dict[tuple[str, bool], Process] = {}
        self._occasions = itertools.count()

    async def server(self, workload: Workload, name: str) -> Process:
        """A server that runs, with or without kept answers, as the workload wants it."""
        place = (name, workload.is_cached)
        if place not in self._servers:
            source = await self._finished(workload) if name == STATIC else self.upstream.url
            kind = DEXTER if name in ENGINES else name
            spec = Spec(kind=kind, source=source, is_cached=workload.is_cached)
            settings = {**SETTINGS, "SENTRY_URL": self.upstream.url}
            if name in ENGINES:
                settings["DEXTER_ENGINE"] = ENGINES[name]
            self._servers[place] = await self._stack.enter_async_context(running(spec, settings))
        return self._servers[place]

    async def ask(self, workload: Workload, contestant: Contestant, times: int) -> Sample:
        """What it costs when each client asks so many times."""
        server = await self.server(workload, contestant.server)
        occasion, clients = next(self._occasions), workload.burst or self.clients
        requests = [
            written(workload.document, workload.variables(contestant, client, occasion)) for client in range(clients)
        ]
        async with connected(server.port, clients) as connections:
            await repeat(connections, [HELLO] * clients, 1)
            await self.upstream.ask()
            before = await server.ask()
            answers = await repeat(connections, requests, times)
            after = await server.ask()
            calls = (await self.upstream.ask()).counts
        count = times * clients
        return Sample((after.cpu_s - before.cpu_s) * 1000 / count, count, Counter(calls), answers)

    async def _finished(self, workload: Workload) -> str:
        """A file with Dexter's answer to the workload."""
        sample = await self.ask(workload, Contestant(DEXTER), 1)
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / "answer.json"
        path.write_bytes(sample.answers[0].body)
        return str(path)


@asynccontextmanager
async def opened(clients: int) -> AsyncIterator[Site]:
    """A site with its upstream; servers begin when they are first needed."""
    async with AsyncExitStack() as stack:
        yield Site(clients, await stack.enter_async_context(running(Spec(kind="upstream"), {})), stack)


async def measure(representation: Form, names: Iterable[str], tell: Callable[[str, Found], None]) -> Run:
    """What these workloads find, one after the other; `tell` hears of each at once."""
    found: dict[str, Found] = {}
    async with opened(representation.clients) as site:
        for name in names:
            found[name] = await contest(site, WORKLOADS[name], representation)
            tell(name, found[name])
    machine = f"{platform.system()} {platform.machine()}"
    return Run(python=platform.python_version(), machine=machine, rounds=representation.rounds, workloads=found)


async def contest(site: Site, workload: Workload, representation: Form) -> Found:
    """What one workload finds. All contestants must give the same answers, before anything is measured."""
    contestants = [Measured(one) for one in workload.contestants if one.server not in representation.without]
    await _agree(site, workload, [one.contestant for one in contestants])
    for server in {one.contestant.server for one in contestants} if not representation.is_collecting else ():
        await (await site.server(workload, server)).ask(Question(ends_collecting=True))
    for one in contestants:
        one.times = await _times(site, workload, one.contestant, representation)
    for number in range(representation.bursts if workload.burst else representation.rounds):
        # There and back again: a machine that gets slower in a round favours nobody.
        for one in contestants if number % 2 == 0 else reversed(contestants):
            one.samples.append(await site.ask(workload, one.contestant, one.times))
    by_label = {one.contestant.label: one for one in contestants}
    return Found(
        purpose=workload.purpose,
        contestants={label: _contest(workload, one) for label, one in by_label.items()},
        ratios={
            f"{of} / {to}": _ratio(by_label[of], by_label[to])
            for of, to in workload.ratios
            if {of, to} <= by_label.keys()
        },
    )


async def _agree(site: Site, workload: Workload, contestants: Iterable[Contestant]) -> None:
    """Raise BenchmarkError unless all servers answer alike over an upstream that behaves alike."""
    known: dict[tuple[str, int], bytes] = {}
    for contestant in contestants:
        answers = (await site.ask(workload, contestant, 1)).answers
        for client, answer in enumerate(answers):
            data = _data(answer, contestant)
            first = known.setdefault((contestant.behaviour, client), data)
            if data != first:
                raise BenchmarkError(
                    f"{workload.name}: {contestant.label} answers otherwise: {_difference(first, data)}"
                )


def _data(answer: Answer, contestant: Contestant) -> bytes:
    """The data of an answer, with keys in order; whole, unless the upstream fails."""
    body = msgspec.json.decode(answer.body)
    is_whole = "errors" not in body or contestant.behaviour is Behaviour.FAILING
    if answer.status != HTTPStatus.OK or not body.get("data") or not is_whole:
        raise BenchmarkError(f"{contestant.label} answered {answer.status}: {answer.body[:500]!r}")
    return msgspec.json.encode(body["data"], order="deterministic")


def _difference(first: bytes, other: bytes) -> str:
    place = next((n for n, (a, b) in enumerate(zip(first, other, strict=False)) if a != b), min(len(first), len(other)))
    return f"{first[max(0, place - 80) : place + 80]!r} against {other[max(0, place - 80) : place + 80]!r}"


async def _times(site: Site, workload: Workload, contestant: Contestant, representation: Form) -> int:
    """How often each client asks in a round, so that the contestant is busy for as long as the form says."""
    if workload.burst:
        return 1
    await site.ask(workload, contestant, WARM_UP)
    sample = await site.ask(workload, contestant, WARM_UP)
    return max(1, round(representation.cpu_s * 1000 / sample.cpu_ms / site.clients))


def _contest(workload: Workload, one: Measured) -> Contest:
    calls: Counter[str] = sum((sample.calls for sample in one.samples), Counter())
    requests = sum(sample.requests for sample in one.samples)
    occasions = len(one.samples) if workload.burst else requests
    last = [max(answer.took_s for answer in sample.answers) * 1000 for sample in one.samples]
    return Contest(
        cpu_ms=Figure.of([sample.cpu_ms for sample in one.samples]),
        requests=requests,
        calls={route: count / occasions for route, count in sorted(calls.items())},
        answer_bytes=len(one.samples[0].answers[0].body),
        last_answer_ms=Figure.of(last) if workload.burst else None,
    )


def _ratio(of: Measured, to: Measured) -> Figure:
    """Round by round, so that what slowed the machine down for a while slowed both."""
    return Figure.of([a.cpu_ms / b.cpu_ms for a, b in zip(of.samples, to.samples, strict=True)])
