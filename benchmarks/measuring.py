"""Measurement of workloads in interleaved rounds."""

import itertools
import platform
import sysconfig
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
from benchmarks.child import ControlRequest, ServerSpec
from benchmarks.load import Answer, encode_request, open_connections, send_all
from benchmarks.processes import BenchmarkError, Process, start_process
from benchmarks.results import BenchmarkRun, ContestantResult, Figure, MemoryResult, WorkloadResult
from benchmarks.workloads import DEXTER, INTERPRETER, PLAIN_DEFAULT, STATIC, WORKLOADS, Contestant, Workload

WARM_UP = 2
"""Requests of each client before their cost is estimated; documents are compiled when they are seen twice."""
SETTINGS: Mapping[str, str] = MappingProxyType(
    {"SENTRY_AUTH_TOKEN": "benchmark", "DEXTER_MODE": "open", "DEXTER_LOG_LEVEL": "error"}
)
HELLO = encode_request("{ __typename }", {})
"""Sent before the measurement, so that all connections are established."""
RESET_PEAK = ControlRequest(resets_peak=True)
ENGINES: Mapping[str, str] = MappingProxyType({INTERPRETER: "interpreter"})
"""Engine of each server that does not use the default one."""


@dataclass(frozen=True, slots=True)
class MeasurementOptions:
    """Options of a measurement: rounds, CPU time of each contestant per round, clients, and servers to leave out.

    A garbage collection takes as long as several requests. Rounds that are too short to contain many collections are
    comparable only without them.
    """

    rounds: int
    bursts: int
    cpu_s: float
    clients: int
    is_collecting: bool = True
    without: frozenset[str] = frozenset()


FULL = MeasurementOptions(rounds=7, bursts=5, cpu_s=1.0, clients=LANES)
SHORT = MeasurementOptions(
    rounds=7, bursts=2, cpu_s=0.05, clients=2, is_collecting=False, without=frozenset({PLAIN_DEFAULT})
)
REFERENCE = replace(SHORT, rounds=21, bursts=7)
"""The short options, with which it is compared, but with more rounds."""


@dataclass(slots=True)
class Sample:
    """One round of one contestant."""

    cpu_ms: float
    requests: int
    calls: Counter[str]
    answers: list[Answer]


@dataclass(slots=True)
class ContestantRounds:
    """The rounds of one contestant."""

    contestant: Contestant
    times: int = 1
    samples: list[Sample] = field(default_factory=list)


class Site:
    """The upstream and the servers that were started so far; all end with the site's block."""

    def __init__(self, clients: int, upstream: Process, stack: AsyncExitStack) -> None:
        self.clients = clients
        self.upstream = upstream
        self._stack = stack
        self._servers: dict[tuple[str, bool, str], Process] = {}
        self._occasions = itertools.count()

    async def server(self, workload: Workload, name: str) -> Process:
        """A running server, with or without a cache as the workload requires."""
        key = (name, workload.is_cached, workload.name if name == STATIC else "")
        if key not in self._servers:
            source = await self._write_answer(workload) if name == STATIC else self.upstream.url
            kind = DEXTER if name in ENGINES else name
            spec = ServerSpec(kind=kind, source=source, is_cached=workload.is_cached)
            settings = {**SETTINGS, "SENTRY_URL": self.upstream.url}
            if name in ENGINES:
                settings["DEXTER_ENGINE"] = ENGINES[name]
            self._servers[key] = await self._stack.enter_async_context(start_process(spec, settings))
        return self._servers[key]

    async def ask(self, workload: Workload, contestant: Contestant, times: int) -> Sample:
        """CPU time, calls and answers when each client sends its request `times` times."""
        server = await self.server(workload, contestant.server)
        occasion, clients = next(self._occasions), workload.burst or workload.clients or self.clients
        requests = [_encode_requests(workload, contestant, client, occasion, times) for client in range(clients)]
        async with open_connections(server.port, clients) as connections:
            await send_all(connections, [[HELLO]] * clients)
            await self.upstream.ask()
            before = await server.ask()
            answers = await send_all(connections, requests)
            after = await server.ask()
            calls = (await self.upstream.ask()).counts
        count = times * clients
        return Sample((after.cpu_s - before.cpu_s) * 1000 / count, count, Counter(calls), answers)

    async def _write_answer(self, workload: Workload) -> str:
        """A file with Dexter's answer to the workload."""
        sample = await self.ask(workload, Contestant(DEXTER), 1)
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / "answer.json"
        path.write_bytes(sample.answers[0].body)
        return str(path)


def _encode_requests(workload: Workload, contestant: Contestant, client: int, occasion: int, times: int) -> list[bytes]:
    """The requests of one client; all are equal unless the workload makes each of them differ."""
    if not workload.is_distinct:
        return [encode_request(workload.document, workload.variables(contestant, client, str(occasion)))] * times
    occasions = (f"{occasion}, client {client}, request {number}" for number in range(times))
    return [encode_request(workload.document, workload.variables(contestant, client, text)) for text in occasions]


@asynccontextmanager
async def open_site(clients: int) -> AsyncIterator[Site]:
    """A site with its upstream; servers are started when they are first needed."""
    async with AsyncExitStack() as stack:
        yield Site(clients, await stack.enter_async_context(start_process(ServerSpec(kind="upstream"), {})), stack)


async def measure(
    options: MeasurementOptions, names: Iterable[str], report: Callable[[str, WorkloadResult], None]
) -> BenchmarkRun:
    """Results of these workloads, measured in sequence; `report` is called after each."""
    results: dict[str, WorkloadResult] = {}
    async with open_site(options.clients) as site:
        for name in names:
            results[name] = await measure_workload(site, WORKLOADS[name], options)
            report(name, results[name])
    machine = f"{platform.system()} {platform.machine()}"
    return BenchmarkRun(python=describe_python(), machine=machine, rounds=options.rounds, workloads=results)


def describe_python() -> str:
    """Version of Python and whether it was built with optimizations, where the build says so."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    if not arguments:
        return platform.python_version()
    build = "optimized" if "--enable-optimizations" in arguments else "not optimized"
    return f"{platform.python_version()} ({build} build)"


async def measure_workload(site: Site, workload: Workload, options: MeasurementOptions) -> WorkloadResult:
    """Result of one workload. All contestants must give equal answers before the measurement."""
    entries = [
        ContestantRounds(contestant) for contestant in workload.contestants if contestant.server not in options.without
    ]
    await _agree(site, workload, [entry.contestant for entry in entries])
    for server in {entry.contestant.server for entry in entries} if not options.is_collecting else ():
        await (await site.server(workload, server)).ask(ControlRequest(ends_collecting=True))
    for entry in entries:
        entry.times = await _times(site, workload, entry.contestant, options)
        await (await site.server(workload, entry.contestant.server)).ask(RESET_PEAK)
    for number in range(options.bursts if workload.burst else options.rounds):
        # In alternating order, so that a machine that slows down during a round affects all of them equally.
        for entry in entries if number % 2 == 0 else reversed(entries):
            entry.samples.append(await site.ask(workload, entry.contestant, entry.times))
    by_label = {entry.contestant.label: entry for entry in entries}
    return WorkloadResult(
        purpose=workload.purpose,
        contestants={label: await _contest(site, workload, entry) for label, entry in by_label.items()},
        ratios={
            f"{of} / {to}": _ratio(by_label[of], by_label[to])
            for of, to in workload.ratios
            if {of, to} <= by_label.keys()
        },
    )


async def _agree(site: Site, workload: Workload, contestants: Iterable[Contestant]) -> None:
    """Raise BenchmarkError unless all servers with upstreams of the same behaviour give equal answers."""
    expected: dict[tuple[str, int], bytes] = {}
    for contestant in contestants:
        answers = (await site.ask(workload, contestant, 1)).answers
        for client, answer in enumerate(answers):
            data = _data(answer, contestant)
            first = expected.setdefault((contestant.behaviour, client), data)
            if data != first:
                raise BenchmarkError(
                    f"{workload.name}: {contestant.label} has a different answer: {_difference(first, data)}"
                )


def _data(answer: Answer, contestant: Contestant) -> bytes:
    """The data of an answer with sorted keys; errors are allowed only if the upstream rejects calls."""
    body = msgspec.json.decode(answer.body)
    is_complete = "errors" not in body or contestant.behaviour is Behaviour.FAILING
    if answer.status != HTTPStatus.OK or not body.get("data") or not is_complete:
        raise BenchmarkError(f"{contestant.label} answered {answer.status}: {answer.body[:500]!r}")
    return msgspec.json.encode(body["data"], order="deterministic")


def _difference(first: bytes, other: bytes) -> str:
    index = next((n for n, (a, b) in enumerate(zip(first, other, strict=False)) if a != b), min(len(first), len(other)))
    return f"{first[max(0, index - 80) : index + 80]!r} against {other[max(0, index - 80) : index + 80]!r}"


async def _times(site: Site, workload: Workload, contestant: Contestant, options: MeasurementOptions) -> int:
    """Requests of each client per round, so that a round takes the CPU time of the options."""
    if workload.burst:
        return 1
    await site.ask(workload, contestant, WARM_UP)
    sample = await site.ask(workload, contestant, WARM_UP)
    return max(1, round(options.cpu_s * 1000 / sample.cpu_ms * WARM_UP / sample.requests))


async def _contest(site: Site, workload: Workload, entry: ContestantRounds) -> ContestantResult:
    calls: Counter[str] = sum((sample.calls for sample in entry.samples), Counter())
    requests = sum(sample.requests for sample in entry.samples)
    occasions = len(entry.samples) if workload.burst else requests
    last = [max(answer.took_s for answer in sample.answers) * 1000 for sample in entry.samples]
    server = await site.server(workload, entry.contestant.server)
    memory = (await server.ask()).memory
    return ContestantResult(
        cpu_ms=Figure.of([sample.cpu_ms for sample in entry.samples]),
        requests=requests,
        calls={route: count / occasions for route, count in sorted(calls.items())},
        answer_bytes=len(entry.samples[0].answers[0].body),
        memory=MemoryResult(start_mib=server.start_mib, peak_mib=memory.peak_mib, after_mib=memory.now_mib),
        last_answer_ms=Figure.of(last) if workload.burst else None,
    )


def _ratio(of: ContestantRounds, to: ContestantRounds) -> Figure:
    """Ratio of each round, so that a slowdown of the machine affects both."""
    return Figure.of([a.cpu_ms / b.cpu_ms for a, b in zip(of.samples, to.samples, strict=True)])
