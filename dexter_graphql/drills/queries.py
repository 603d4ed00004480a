"""Queries that have the same answer but different cache keys, so that no cache helps and each answer can be checked."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from dexter_graphql.drills.load import LoadClient, LoadResponse

QUERY = """query Issues($search: String!) { organization(slug: "acme") {
  issues(first: 3, filter: { search: $search }) { nodes { shortId title } }
} }"""
ROUTE = "/organizations/{organization}/issues/"


class IssueQueries:
    """Issue lists with distinct searches. The first answer with issues is the expected answer of all."""

    def __init__(self) -> None:
        self._numbers = count()
        self._expected: Any = None

    async def record_expected(self, client: LoadClient) -> None:
        """Send one query before any fault is injected and record its answer as the expected one."""
        await self.ask_new(client)
        client.counters.reset()
        if self._expected is None:
            raise RuntimeError("the sandbox has no issues")

    async def ask_new(self, client: LoadClient) -> LoadResponse:
        """Send a query that has not been sent before."""
        return await self.ask(client, f"u{next(self._numbers)}")

    async def ask(self, client: LoadClient, name: str) -> LoadResponse:
        """Send the query of this name; equal names have equal cache keys."""
        return await client.query(QUERY, self._is_expected, variables={"search": f"!nonce:{name}"})

    def _is_expected(self, data: Mapping[str, Any] | None) -> bool:
        if not data:
            return False
        if self._expected is None and data["organization"]["issues"]["nodes"]:
            self._expected = data
        return bool(data == self._expected)
