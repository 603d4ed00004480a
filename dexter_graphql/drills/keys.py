"""Questions with different keys upstream and the same answer: no cache helps, and each answer can be checked."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from dexter_graphql.drills.load import Client, LoadAnswer

QUERY = """query Issues($search: String!) { organization(slug: "acme") {
  issues(first: 3, filter: { search: $search }) { nodes { shortId title } }
} }"""
ROUTE = "/organizations/{organization}/issues/"


class Keys:
    """As many different questions as are wanted, or one of a number of them. The first answer says what is right."""

    def __init__(self) -> None:
        self._numbers = count()
        self._right: Any = None

    async def learn(self, client: Client) -> None:
        """Ask once, before anything goes wrong; what comes is right when it holds issues."""
        await self.unique(client)
        client.tally.forget()
        if self._right is None:
            raise RuntimeError("the sandbox has no issues")

    async def unique(self, client: Client) -> LoadAnswer:
        """Ask what nobody asked before."""
        return await self.known(client, f"u{next(self._numbers)}")

    async def known(self, client: Client, name: str) -> LoadAnswer:
        """Ask the question of this name."""
        return await client.ask(QUERY, self._is_right, variables={"search": f"!nonce:{name}"})

    def _is_right(self, data: Mapping[str, Any] | None) -> bool:
        if not data:
            return False
        if self._right is None and data["organization"]["issues"]["nodes"]:
            self._right = data
        return bool(data == self._right)
