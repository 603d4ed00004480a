"""Both engines over recorded answers of a sandbox, each with its own client."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import msgspec

from dexter_graphql.graph.context import Context, Explain, Services
from dexter_graphql.graph.errors import format_error
from dexter_graphql.graph.file_addresses import FileAddresses
from dexter_graphql.graph.file_openings import Openings
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.sandbox import Vintage
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.http.transport import Transport
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.projection import RecordDecoder
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.sentry.stages.cache import Cache
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from support.documents import Document
from support.engines import assert_agreement, engines_of, line_of, outcome
from support.known_values import VALUES_QUERY, collect_known_values
from support.recorded import Damage, DamagedAnswers, RecordedAnswers
from support.sandbox import StillClock, running_sandbox

CALLS = 10_000
"""Call budget that is never exhausted: engines may choose the order of calls and thereby which one exceeds it."""


class StoppedClock(StillClock):
    """A clock that stands at noon and never lets a cached answer expire."""

    def monotonic(self):
        return 0.0


@dataclass(frozen=True)
class CallerKind:
    """Kind of caller."""

    is_shared_token: bool = False
    is_read_only: bool = False

    def identity(self, token):
        """The caller's identity with that upstream token."""
        reach = Reach.of(AccessLevel.READ if self.is_read_only else AccessLevel.ADMIN)
        return Identity(Upstream("test", token), reach, Caller("test"), self.is_shared_token)


UNHARMED, OWNER = Damage(), CallerKind()


class RecordedEngine:
    """One engine with its own client and cache."""

    def __init__(self, pipeline, wire, services, identity):
        self._pipeline, self._wire, self._services, self._identity = pipeline, wire, services, identity

    @property
    def calls(self):
        """The calls that were made."""
        return self._wire.calls

    async def run(self, document):
        """The outcome of a document."""
        already, unforeseen = len(self._wire.calls), []
        context = Context(self._services, self._identity, "request", explain=Explain.CALLS)
        shown = partial(format_error, request_id="request", report=unforeseen.append)
        prepared = self._pipeline.prepare(document.text)
        try:
            answer = await self._pipeline.execute(prepared, document.variables, context, shown)
        finally:
            await context.close()
        calls = [line_of(call) for call in self._wire.calls[already:]]
        return outcome(answer, calls=calls, unforeseen=unforeseen)


class RecordedPair:
    """Both engines over the same recorded answers."""

    def __init__(self, compiled, interpreted, inputs):
        self._sides, self._inputs = (compiled, interpreted), inputs

    async def agreed(self, document):
        """The outcome of a document; fails when the engines disagree."""
        compiled, interpreted = [await side.run(document) for side in self._sides]
        assert_agreement(compiled, interpreted, document, *self._inputs)
        return compiled


class RecordedEngines:
    """Factory of engines over recorded answers; their clients have cached only the organizations.

    The clients have only the stages that share answers. Stages that delay or repeat calls depend on the order of
    concurrent calls, which engines may choose.
    """

    def __init__(self, graph, recorded, server):
        self._graph, self.recorded = graph, recorded
        self._clock = StoppedClock()
        self._url, self._token = server.url, server.token
        self.records = RecordDecoder()
        self._directory, self.known = None, None

    async def load(self, engines):
        """Read the organizations and the known values."""
        wire = self._broken(UNHARMED).wire()
        client = self._client(wire)
        self._directory = OrganizationDirectory(client, self._clock)
        call_context = CallContext(Upstream("test", self._token), self._clock.time() + 30, CallBudget(CALLS))
        await self._directory.all(call_context)
        values = await self.pair(engines).agreed(Document(VALUES_QUERY, None))
        assert set(values.codes) <= {"FEATURE_NOT_AVAILABLE"}
        self.known = collect_known_values(values.decoded)

    def pair(self, engines, damage=UNHARMED, asking=OWNER):
        """Both engines over the recorded answers with that damage."""
        return self.pair_over(engines, self._broken(damage), asking, damage)

    def pair_over(self, engines, answers, asking=OWNER, *inputs):
        """Both engines, each over a transport that these answers make."""
        sides = (self._side(pipeline, answers.wire(), asking) for pipeline in engines)
        return RecordedPair(*sides, (answers, asking, *inputs))

    def alone(self, pipeline, asking=OWNER):
        """One engine over the recorded answers."""
        return self._side(pipeline, self._broken(UNHARMED).wire(), asking)

    def _broken(self, damage):
        return DamagedAnswers(self.recorded, damage, self._clock.time())

    def _side(self, pipeline, wire, asking):
        client = self._client(wire)
        organizations = OrganizationDirectory(client, self._clock)
        for key, (_, organization) in self._directory._entries._entries.items():
            organizations._entries.put(key, organization)
        changes = in_memory_feed(self._clock, b"key of tests")
        visibility = IssueVisibility(client, self._clock)
        files = FileAddresses(self._clock, b"key of tests", Openings(self._clock))
        services = Services(
            client, organizations, self._graph.binder, self._clock, changes, visibility, files, call_budget=CALLS
        )
        return RecordedEngine(pipeline, wire, services, asking.identity(self._token))

    def _client(self, wire):
        tag_versions = TagVersions(self._clock)
        stages = (Cache(self._clock, tag_versions), SingleFlightStage(self._clock, tag_versions))
        client = SentryClient(self._clock, wire, stages, AllowedHosts.of(self._url, ()), tag_versions)
        client.records = self.records
        return client


@asynccontextmanager
async def run_recorded_engines(graph, vintage=Vintage.SAAS):
    """Both engines over two sandboxes of a release, one for reads and one for writes, until the block ends."""
    clock = StoppedClock()
    wire = Transport(clock)
    async with running_sandbox(clock, vintage) as reads, running_sandbox(clock, vintage) as writes:

        async def write(call):
            return await wire(msgspec.structs.replace(call, host=writes.url))

        sides = RecordedEngines(graph, RecordedAnswers(wire, write), reads)
        try:
            await sides.load(engines_of(graph))
            yield sides
        finally:
            await wire.close()
