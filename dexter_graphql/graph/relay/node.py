"""Knows the `Node` interface and how an id finds its object."""

import strawberry

from dexter_graphql.graph.declarations.fields import computed, entity


@entity(representations=(), is_interface=True)
class Node:
    """An object with a global id."""

    @computed()
    def id(row: object) -> strawberry.ID:
        """Global id: opaque, stable, usable with `node`."""
        raise NotImplementedError(type(row))
