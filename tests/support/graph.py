"""Client of the graph over a sandbox that runs each operation on both engines and records the upstream calls."""

import asyncio
from contextlib import asynccontextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, partial

import msgspec

from dexter_graphql.graph.context import Context, Services
from dexter_graphql.graph.errors import format_error
from dexter_graphql.graph.file_addresses import FileAddresses
from dexter_graphql.graph.file_openings import Openings
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.loaders.issues.visibility import IssueVisibility
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.sentry.cache_entry import Memo
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Projection, Record
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.sentry.stages import compose
from dexter_graphql.sentry.stages.cache import POLICIES
from support.engines import assert_agreement, engines_of, line_of, outcome
from support.rounds import ReplayTransport, RoundTransport, wait_until_idle
from support.sandbox import StillClock, running_sandbox
from support.tracing import untraced_call

ENGINES = ["compiled", "interpreted"]
"""For tests that cannot run both at the same time."""
DIRECTORY = '{ acme: organization(slug: "acme") { slug } globex: organization(slug: "globex") { slug } }'
WAIT_S = 10
IMMUTABLE = (Memo, OrganizationRef, Parents, Projection, Record)
"""Classes whose instances a copy of the client's caches shares."""
both_engines = cache(engines_of)
"""The engines over a graph, with plans that are shared by all tests."""


@dataclass(frozen=True)
class GraphAnswer:
    """An answer: decoded data, formatted errors and the calls that Sentry received."""

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


def services_of(graph, server, clock, **limits):
    """Services of the graph over a sandbox, with a client of their own, whose cache is empty."""
    client = build_client(clock=clock, base_url=server.url)
    return Services(
        client=client,
        organizations=OrganizationDirectory(client, clock),
        entities=graph.binder,
        clock=clock,
        changes=in_memory_feed(clock, b"key of tests"),
        visibility=IssueVisibility(client, clock),
        files=FileAddresses(clock, b"key of tests", Openings(clock)),
        **limits,
    )


def identity_of(server):
    """A caller with the sandbox's token."""
    return Identity(Upstream("test", server.token), Reach.of(AccessLevel.ADMIN), Caller("test"))


class SubscriptionReader:
    """The answers of a subscription; the next one is always being awaited."""

    def __init__(self, answers):
        self._answers = answers
        self._next = asyncio.ensure_future(anext(answers))

    async def next(self):
        """The next answer, decoded."""
        answer = await asyncio.wait_for(self._next, WAIT_S)
        self._next = asyncio.ensure_future(anext(self._answers))
        return msgspec.json.decode(answer.body)

    async def close(self):
        """Stop waiting for the next answer."""
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


class GraphClient:
    """A client of the graph over a sandbox, with one cache for all of its operations.

    Each operation runs on the compiled engine over the sandbox, then on graphql-core with a copy of the cache from
    before and the recorded answers of the sandbox. Both outcomes must agree.
    """

    def __init__(self, graph, server, clock):
        self.graph, self.server = graph, server
        self.services = services_of(graph, server, clock)
        self.client = self.services.client
        self.identity = identity_of(server)

    @property
    def acme(self):
        """The sandbox's organization that most tests read."""
        return self.server.world.find_organization("acme")

    async def ask(self, document, **variables):
        """The answer to a valid document; fails when the engines disagree."""
        both = both_engines(self.graph)
        prepared = both.compiled.prepare(document)
        assert not prepared.errors, prepared.errors
        already, wire = len(self.server.requests), RoundTransport(self.client._transport)
        # A cached answer must not expire between the two executions.
        with getattr(self.services.clock, "held", nullcontext)():
            twin = _twin(self.services)
            answer, compiled = await self._execute(both.compiled, self.services, wire, prepared, variables)
            player = ReplayTransport(wire.history)
            _, interpreted = await self._execute(both.interpreted, twin, player, prepared, variables)
        assert_agreement(compiled, interpreted, document, variables)
        body = msgspec.json.decode(answer.body)
        return GraphAnswer(body.get("data"), body.get("errors", []), list(self.server.requests)[already:])

    async def organization(self, selection, slug="acme"):
        """A selection on an organization that the directory has cached; fails when the answer has errors."""
        await self.ask("query ($slug: String!) { organization(slug: $slug) { slug } }", slug=slug)
        told = await self.ask("query ($slug: String!) { organization(slug: $slug) {" + selection + "} }", slug=slug)
        assert told.errors == []
        return GraphAnswer(told["organization"], [], told.calls)

    async def read_names(self, slug="acme"):
        """Have the cache hold the lists that names are looked up in; the issues of this query are none of a test's."""
        organization = self.server.world.find_organization(slug)
        user = next(member.user for member in organization.members if member.user)
        await self.organization(
            f"""issues(first: 1, sort: USERS, filter: {{ search: "no-such-issue", exclude: {{
              projects: {{ slug: "{organization.projects[0].slug}" }}, environments: {{ name: "production" }},
              assignees: [
                {{ team: {{ slug: "{organization.teams[0].slug}" }} }}, {{ user: {{ email: "{user.email}" }} }}
              ]
            }} }}) {{ totalCount }}""",
            slug=slug,
        )

    @asynccontextmanager
    async def following(self, document, *, engine="compiled", identity=None, **variables):
        """The items of a subscription on one of the engines, until the block ends.

        It has a separate client with a copy of the current cache.
        """
        pipeline = getattr(both_engines(self.graph), engine)
        services = replace(_twin(self.services), changes=self.services.changes)
        context = Context(services, identity or self.identity, "request")
        shown = partial(format_error, request_id="request")
        answers = pipeline.subscribe(pipeline.prepare(document), variables, context, shown)
        items = SubscriptionReader(answers)
        await wait_until_idle()
        try:
            yield items
        finally:
            await items.close()
            await answers.aclose()
            await context.close()

    async def _execute(self, pipeline, services, wire, prepared, variables):
        """The answer and the outcome of one engine."""
        unforeseen = []
        context = Context(services, self.identity, "request")
        shown = partial(format_error, request_id="request", report=unforeseen.append)
        real, services.client._transport = services.client._transport, wire
        try:
            answer = await pipeline.execute(prepared, variables, context, shown)
            await wire.rest()  # background refreshes count as calls of the operation
        finally:
            services.client._transport = real
            await context.close()
        return answer, outcome(answer, calls=map(line_of, wire.calls), unforeseen=unforeseen)


@asynccontextmanager
async def open_graph_client(graph, server):
    """A client of the graph over a running sandbox, with only the directory of organizations cached."""
    asker = GraphClient(graph, server, server.world.clock)
    try:
        await asker.ask(DIRECTORY)
        yield asker
    finally:
        await asker.client.close()


@asynccontextmanager
async def graph_client_of_release(graph, vintage):
    """A client of the graph over a new sandbox that imitates a release of Sentry."""
    async with running_sandbox(StillClock(), vintage) as server, open_graph_client(graph, server) as asker:
        yield asker


for _kind in IMMUTABLE:
    _kind.__deepcopy__ = lambda shared, _: shared


@untraced_call
def _twin(services):
    """A copy of the services with their current caches; immutable parts are shared."""
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
    client._handler = compose(client._stages)  # functions are not copied and would call the original stages
    changes = in_memory_feed(clock, b"key of tests")
    visibility = IssueVisibility(client, clock)
    return replace(
        services, client=client, organizations=organizations, clock=clock, changes=changes, visibility=visibility
    )
