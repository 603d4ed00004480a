"""Asks the graph over a sandbox on both engines, and counts the calls that arrive there."""

import asyncio
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, partial

import msgspec

from dexter_graphql.graph.context import Context, Services
from dexter_graphql.graph.errors import format_error
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.stages import compose
from dexter_graphql.sentry.stages.cache import POLICIES
from support.engines import assert_agreement, engines_of, line_of, outcome
from support.rounds import Player, Rounds, idle
from support.sandbox import StillClock, running_sandbox

ENGINES = ["compiled", "interpreted"]
"""For tests that cannot ask both at the same time."""
DIRECTORY = '{ acme: organization(slug: "acme") { slug } globex: organization(slug: "globex") { slug } }'
WAIT_S = 10
both_engines = cache(engines_of)
"""The engines over a graph, which keep their plans from test to test."""


@dataclass(frozen=True)
class Told:
    """What came back: data as plain values, formatted errors, and the calls that arrived at Sentry for it."""

    data: dict
    errors: list = field(default_factory=list)
    calls: list = field(default_factory=list)

    def __getitem__(self, name):
        return self.data[name]

    @property
    def routes(self):
        """Route templates of the calls, sorted."""
        return sorted(call.route for call in self.calls)

    def queries(self, route):
        """Parameters of the calls of one route, a list of pairs each."""
        return [list(call.query) for call in self.calls if call.route == route]


class Items:
    """The answers of a subscription, of which the next one is always waited for."""

    def __init__(self, answers):
        self._answers = answers
        self._coming = asyncio.ensure_future(anext(answers))

    async def next(self):
        """The next answer, decoded."""
        answer = await asyncio.wait_for(self._coming, WAIT_S)
        self._coming = asyncio.ensure_future(anext(self._answers))
        return msgspec.json.decode(answer.body)

    async def close(self):
        """Wait for no more."""
        self._coming.cancel()
        await asyncio.gather(self._coming, return_exceptions=True)


class Asker:
    """Asks the graph over a sandbox, one operation after the other; the cache lives as long as the asker.

    Each operation is run by the compiled engine over the sandbox. Then graphql-core runs it with all that was kept
    before, and Sentry's answers to it are those that came the first time; both must come to the same.
    """

    def __init__(self, graph, server, clock):
        self.graph, self.server = graph, server
        self.client = build_client(clock=clock, base_url=server.url)
        self.services = Services(
            client=self.client,
            organizations=OrganizationDirectory(self.client, clock),
            entities=graph.binder,
            clock=clock,
            changes=in_memory_feed(clock, b"key of tests"),
            visibility=IssueVisibility(self.client, clock),
        )
        self.identity = Identity(Upstream("test", server.token), Reach(), Caller("test"))

    @property
    def acme(self):
        """The organization of the sandbox that most tests ask about."""
        return self.server.world.find_organization("acme")

    async def ask(self, document, **variables):
        """The answer to a valid document, on which the engines agree."""
        both = both_engines(self.graph)
        prepared = both.compiled.prepare(document)
        assert not prepared.errors, prepared.errors
        already, twin, wire = len(self.server.requests), _twin(self.services), Rounds(self.client._transport)
        answer, compiled = await self._asked(both.compiled, self.services, wire, prepared, variables)
        player = Player(wire.history)
        _, interpreted = await self._asked(both.interpreted, twin, player, prepared, variables)
        assert_agreement(compiled, interpreted, document, variables)
        body = msgspec.json.decode(answer.body)
        return Told(body.get("data"), body.get("errors", []), list(self.server.requests)[already:])

    async def organization(self, selection, slug="acme"):
        """What is selected on an organization; the directory knows it already, and nothing may fail."""
        await self.ask("query ($slug: String!) { organization(slug: $slug) { slug } }", slug=slug)
        told = await self.ask("query ($slug: String!) { organization(slug: $slug) {" + selection + "} }", slug=slug)
        assert told.errors == []
        return Told(told["organization"], [], told.calls)

    @asynccontextmanager
    async def following(self, document, *, engine="compiled", identity=None, **variables):
        """The items of a subscription on one of the engines, from now on and until the block ends.

        Its calls are its own: it has a client that knows what is known now.
        """
        pipeline = getattr(both_engines(self.graph), engine)
        services = replace(_twin(self.services), changes=self.services.changes)
        context = Context(services, identity or self.identity, "request")
        shown = partial(format_error, request_id="request")
        answers = pipeline.subscribe(pipeline.prepare(document), variables, context, shown)
        items = Items(answers)
        await idle()
        try:
            yield items
        finally:
            await items.close()
            await answers.aclose()
            await context.close()

    async def _asked(self, pipeline, services, wire, prepared, variables):
        """The answer of one engine, and all that it did."""
        unforeseen = []
        context = Context(services, self.identity, "request")
        shown = partial(format_error, request_id="request", report=unforeseen.append)
        real, services.client._transport = services.client._transport, wire
        try:
            answer = await pipeline.execute(prepared, variables, context, shown)
            await wire.rest()  # what is refreshed behind the answer's back is a call of it all the same
        finally:
            services.client._transport = real
            await context.close()
        return answer, outcome(answer, calls=map(line_of, wire.calls), unforeseen=unforeseen)


@asynccontextmanager
async def asking(graph, server):
    """The graph over a running sandbox, with a cold cache and the directory of organizations known."""
    asker = Asker(graph, server, server.world.clock)
    try:
        await asker.ask(DIRECTORY)
        yield asker
    finally:
        await asker.client.close()


@asynccontextmanager
async def asking_release(graph, vintage):
    """The same over a sandbox of its own that imitates a release of Sentry."""
    async with running_sandbox(StillClock(), vintage) as server, asking(graph, server) as asker:
        yield asker


def _twin(services):
    """Services of their own that know what these know now. What is the same for everybody is shared."""
    client = services.client
    shared = [
        POLICIES,
        client.records,
        client.hosts,
        client._metrics,
        client._log,
        client._transport,
        *asyncio.all_tasks(),
    ]
    parts = (client, services.organizations, services.clock)
    client, organizations, clock = deepcopy(parts, {id(part): part for part in shared})
    client._handler = compose(
        client._stages
    )  # functions are never copied, and lead to the stages that they were made of
    changes = in_memory_feed(clock, b"key of tests")
    visibility = IssueVisibility(client, clock)
    return replace(
        services, client=client, organizations=organizations, clock=clock, changes=changes, visibility=visibility
    )
