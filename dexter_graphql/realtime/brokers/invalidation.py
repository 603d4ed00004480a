"""Invalidation of the cached answers that a change makes stale, before a reader receives it."""

from collections.abc import Iterable
from typing import Protocol

from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.realtime.changes import Change, Origin

MAX_OWN_MUTATIONS = 10_000


class Invalidate(Protocol):
    """Invalidates the cached answers with one of these tags; other replicas learn of it only when it `is_local`."""

    def __call__(self, tags: Iterable[str], *, is_local: bool = True) -> None:
        """Invalidate."""
        ...


def invalidate_nothing(tags: Iterable[str], *, is_local: bool = True) -> None:
    """Stand for a cache that is not there."""


class ChangeInvalidation:
    """Invalidates once for each change. The write of a mutation of this server has invalidated its tags already."""

    def __init__(self, invalidate: Invalidate) -> None:
        self._invalidate = invalidate
        self._own_mutations: BoundedMap[str, str] = BoundedMap(MAX_OWN_MUTATIONS)

    def expect(self, change: Change) -> None:
        """Remember a change that this server is about to publish."""
        if change.origin is Origin.MUTATION:
            self._own_mutations.put(change.id, change.id)

    def invalidate_published(self, change: Change) -> None:
        """Invalidate the tags of a change that was published here, on all replicas."""
        if change.origin is not Origin.MUTATION:
            self._invalidate(change.tags)

    def invalidate_received(self, change: Change) -> None:
        """Invalidate the tags of a change that was read, on this replica."""
        if change.id not in self._own_mutations:
            self._invalidate(change.tags, is_local=False)
