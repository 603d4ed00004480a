"""Dexter server over a sandbox, each on a loopback socket."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp

from dexter_graphql.app import create_app
from dexter_graphql.cli.running import listen, serving_admin
from dexter_graphql.sandbox.server import QuietServer
from dexter_graphql.sentry.stages.cache import POLICIES
from dexter_graphql.server.protocols import ServerConfig
from dexter_graphql.settings import load_settings
from support.sandbox import running_sandbox


class Site:
    """A running server: its URL, its sandbox and an HTTP session for it."""

    def __init__(self, url, admin_url, upstream, dexter, session):
        self.url, self.admin_url, self.upstream, self.dexter, self.session = url, admin_url, upstream, dexter, session

    @property
    def graphql(self):
        """URL of the GraphQL endpoint."""
        return f"{self.url}/graphql"

    async def post(self, query, *, variables=None, headers=None, **more):
        """Status, headers and decoded body of the response to a POST."""
        body = {"query": query, **({"variables": variables} if variables is not None else {}), **more}
        async with self.session.post(self.graphql, json=body, headers=headers) as answer:
            return answer.status, answer.headers, await answer.json(content_type=None)

    async def data(self, query, **variables):
        """Data of a query; fails when the answer has errors."""
        _, _, body = await self.post(query, variables=variables)
        assert "errors" not in body, body["errors"]
        return body["data"]


@asynccontextmanager
async def running_site(upstream=None, *, is_sandbox=True, clock=None, policies=POLICIES, **settings):
    """A server in mode `open` over a sandbox, until the block ends; which may seem a real Sentry to it."""
    async with running_sandbox() if upstream is None else _as_is(upstream) as sandbox:
        given = {"sentry_url": sandbox.url, "sentry_auth_token": sandbox.token, "port": 0} | settings
        given.setdefault("webhook_secrets", (f"acme={sandbox.webhooks.secret()}",))
        # Tests count calls; those of polling do not depend on the test's requests.
        given.setdefault("poll_s", 0)
        loaded = load_settings(**given)
        dexter = create_app(loaded, is_sandbox=is_sandbox, clock=clock, policies=policies)
        listener = listen(loaded.host, 0)
        server = QuietServer(ServerConfig(dexter.app, dexter.connections))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        admin_listener = listen(loaded.host, 0)
        try:
            await server.ready.wait()
            url, admin_url = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in (listener, admin_listener))
            sandbox.webhooks.set_url(f"{url}/webhooks/sentry")
            async with serving_admin(dexter.admin, admin_listener), aiohttp.ClientSession() as session:
                yield Site(url, admin_url, sandbox, dexter, session)
        finally:
            dexter.readiness.draining.set()
            server.ended.set()
            await serving


@asynccontextmanager
async def _as_is(value):
    yield value
