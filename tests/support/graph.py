"""Asks the graph over a sandbox, and counts the calls that arrive there."""

from dataclasses import dataclass, field
from inspect import isawaitable

import msgspec
from graphql import execute, parse, validate

from dexter_graphql.graph.context import Context, Services
from dexter_graphql.graph.faults import format_error
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.realtime.changes import changes_in_memory
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.regions import Organizations


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


class Asker:
    """Asks the graph over a sandbox, one operation after the other; the cache lives as long as the asker."""

    def __init__(self, graph, server, clock):
        self.graph, self.server = graph, server
        self.client = build_client(clock=clock, base_url=server.url)
        self.services = Services(
            client=self.client,
            organizations=Organizations(self.client, clock),
            shaper=graph.binding,
            clock=clock,
            changes=changes_in_memory(clock, b"key of tests"),
        )
        self.identity = Identity(Upstream("test", server.token), Reach(), Caller("test"))

    @property
    def acme(self):
        """The organization of the sandbox that most tests ask about."""
        return self.server.world.find_organization("acme")

    async def ask(self, document, **variables):
        """The answer to a valid document."""
        parsed = parse(document)
        assert not (invalid := validate(self.graph.schema, parsed)), invalid
        already = len(self.server.requests)
        context = Context(self.services, self.identity, "request")
        result = execute(self.graph.schema, parsed, context_value=context, variable_values=variables)
        result = await result if isawaitable(result) else result
        await context.close()
        return Told(
            msgspec.json.decode(msgspec.json.encode(result.data)),
            [format_error(error, "request") for error in result.errors or ()],
            list(self.server.requests)[already:],
        )

    async def organization(self, selection, slug="acme"):
        """What is selected on an organization; the directory knows it already, and nothing may fail."""
        await self.ask("query ($slug: String!) { organization(slug: $slug) { slug } }", slug=slug)
        told = await self.ask("query ($slug: String!) { organization(slug: $slug) {" + selection + "} }", slug=slug)
        assert told.errors == []
        return Told(told["organization"], [], told.calls)
