"""Finished JSON of a field's value, kept with the upstream answer that it was made from.

A value is finished when nothing in it has to be awaited and nothing failed: then its JSON depends on the answer alone.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Protocol

import msgspec

from dexter_graphql.engine.completion import Completion, CompletionContext


class FragmentStore(Protocol):
    """JSON fragments that live exactly as long as an upstream answer."""

    def get_fragment(self, key: Hashable) -> bytes | None:
        """The fragment under that key, None when there is none."""
        ...

    def is_repeated(self, key: Hashable) -> bool:
        """True when the fragment is made for the second time; only then it is worth its memory."""
        ...

    def put_fragment(self, key: Hashable, content: bytes) -> None:
        """Keep a fragment."""
        ...


class CachedRow(Protocol):
    """A row that is a part of one upstream answer."""

    @property
    def cache_entry(self) -> FragmentStore | None:
        """The cached answer, None when it is not in the cache."""
        ...

    @property
    def fragment_key(self) -> Hashable:
        """Which part of the answer the row is; equal parts have equal keys."""
        ...


class FragmentContext(CompletionContext, Protocol):
    """The execution, as far as the fragment cache needs it."""

    unfinished: int
    """How often something failed or has to be awaited."""


class CachedFragment:
    """Completes the values of one field, or gives the JSON that was made of them before."""

    def __init__(self, completion: Completion) -> None:
        # An object of its own, so that the kept fragments do not hold the plan.
        self._key = object()
        self._completion = completion

    def complete_many(self, rows: Sequence[CachedRow], values: list[Any], context: FragmentContext) -> list[Any]:
        """The values of all rows, completed or as JSON."""
        return [self._complete(row, value, context) for row, value in zip(rows, values, strict=True)]

    def _complete(self, row: CachedRow, value: Any, context: FragmentContext) -> Any:
        cache_entry = row.cache_entry
        if cache_entry is None:
            return self._completion.complete_many((value,), context)[0]
        key = (self._key, row.fragment_key)
        content = cache_entry.get_fragment(key)
        if content is not None:
            return msgspec.Raw(content)
        before = context.unfinished
        completed = self._completion.complete_many((value,), context)[0]
        if context.unfinished != before or not cache_entry.is_repeated(key):
            return completed
        content = msgspec.json.encode(completed)
        cache_entry.put_fragment(key, content)
        return msgspec.Raw(content)
