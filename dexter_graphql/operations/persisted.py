"""Persisted queries: documents that clients registered by the SHA-256 hash of their text."""

from typing import Protocol

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.operations.trusted import hash_of
from dexter_graphql.telemetry.metrics import Sample

MAX_LENGTH = 32 * 1024
"""Characters of the longest document that is registered."""
BYTES_PER_CHARACTER = 4


class SharedTexts(Protocol):
    """Texts that replicas share."""

    async def get(self, name: str) -> str | None:
        """Return the text with a name; None when there is none or the store is away."""
        ...

    async def put(self, name: str, text: str) -> None:
        """Store a text, unless the store is away."""
        ...


class PersistedQueries:
    """Registered documents, bounded in number and in bytes: the least recently used goes first.

    With `shared` a document that one replica registered is found by the others.
    """

    def __init__(self, max_count: int, max_bytes: int, shared: SharedTexts | None = None) -> None:
        self.is_enabled = max_count > 0
        self._budget = SizeBudget(max_bytes)
        self._texts: BoundedMap[str, str] = BoundedMap(max_count, budget=self._budget)
        self._shared = shared

    def __repr__(self) -> str:
        return f"<PersistedQueries {self._texts!r}>"

    async def find(self, name: str) -> str | None:
        """Return the document with a hash; None when it is not registered."""
        text = self._texts.get(name)
        if text is not None or self._shared is None or not self.is_enabled:
            return text
        text = await self._shared.get(name)
        if text is None or hash_of(text) != name:
            return None
        self._keep(name, text)
        return text

    async def register(self, text: str) -> None:
        """Store a document under its hash, unless it is too long."""
        if not self.is_enabled or len(text) > MAX_LENGTH:
            return
        name = hash_of(text)
        self._keep(name, text)
        if self._shared is not None:
            await self._shared.put(name, text)

    def collect(self) -> list[Sample]:
        """Number and size of the registered documents."""
        return [
            Sample("dexter_persisted_queries", "Documents that clients registered.", len(self._texts)),
            Sample("dexter_persisted_query_bytes", "Size of the registered documents.", self._budget.used),
        ]

    def _keep(self, name: str, text: str) -> None:
        self._texts.put(name, text, len(text) * BYTES_PER_CHARACTER)
