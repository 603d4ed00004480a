"""Pages of lists whose cursors broke other clients, read from the cases beside the checkout, on both engines."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession, web
from multidict import CIMultiDict

from support.graph import GraphClient

ISSUES = "/api/0/organizations/acme/issues/"
TOTAL, PAGE_SIZE = 250, 100
PAGES = {"76": (200, False), "77": (150, False), "78": (240, True), "79": (240, True)}
"""Number of a case → rows in the answer, and whether there are more."""


class PagedIssues:
    """A server with a list of issues whose cursors are those of a case; all else is answered by a sandbox."""

    def __init__(self, number, sandbox):
        self._number, self._sandbox = number, sandbox
        self._row = None

    async def answer(self, request):
        """The response to a request."""
        if request.path != ISSUES:
            return web.json_response(await self._forwarded(request.path_qs))
        if self._row is None:
            [self._row] = await self._forwarded(f"{ISSUES}?limit=1&query=")
        index = self._index_of(request.query.get("cursor"))
        rows = [self._row | {"id": str(5_000_000 + number)} for number in self._rows_of(index)]
        return web.json_response(rows, headers=self._links(index))

    async def _forwarded(self, path):
        headers = {"Authorization": f"Bearer {self._sandbox.token}"}
        async with ClientSession(headers=headers) as session, session.get(f"{self._sandbox.url}{path}") as response:
            return await response.json()

    def _index_of(self, cursor):
        """Number of the page at a cursor."""
        if cursor is None:
            return 0
        return 1 if self._number == "76" else int(cursor.split(":")[1])

    def _rows_of(self, index):
        if self._number == "77":  # the second page is empty
            return [] if index == 1 else range(PAGE_SIZE) if index == 0 else range(PAGE_SIZE, 150)
        return range(index * PAGE_SIZE, min((index + 1) * PAGE_SIZE, TOTAL))

    def _links(self, index):
        """The links to the pages before and after, in one header or in two."""
        cursor = "1700000000.5:{}:0" if self._number == "79" else "0:{}:0"
        following = cursor.format(1 if self._number == "76" else index + 1)
        has_next = index < 2  # the third page is the last
        links = [
            _link("previous", cursor.format(index), has_results=index > 0),
            _link("next", following, has_results=has_next),
        ]
        return CIMultiDict([("Link", link) for link in links] if self._number == "78" else [("Link", ", ".join(links))])


def _link(rel, cursor, *, has_results):
    return f'<http://sentry.example/>; rel="{rel}"; results="{str(has_results).lower()}"; cursor="{cursor}"'


@asynccontextmanager
async def paged_client(graph, asker, number):
    """A client of the graph over the list of a case."""
    app = web.Application()
    app.router.add_get("/{path:.*}", PagedIssues(number, asker.server).answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    server = SimpleNamespace(url=url, token=asker.server.token, world=asker.server.world, requests=[])
    client = GraphClient(graph, server, asker.services.clock)
    try:
        yield client
    finally:
        await client.client.close()
        await runner.cleanup()


@pytest.mark.parametrize("number", PAGES)
async def test_pages_end(graph, asker, cases, number):
    """A page larger than Sentry's is made of several, and ends where they do."""
    async with paged_client(graph, asker, number) as client:
        answer = await client.ask(cases[number]["asks"])

    issues = answer["organization"]["issues"]
    assert answer.errors == []
    assert (len(issues["nodes"]), issues["pageInfo"]["hasNextPage"]) == PAGES[number]
