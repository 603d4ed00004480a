"""Lookup of objects by global ID: the root fields `node` and `nodes`."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.relay.global_ids import decode_id
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.sentry.catalogue import organizations

MAX_NODES = 100


async def find_node(value: str, load_context: LoadContext, *field: str) -> Any:
    """The object with a global ID, or None; raises BadUserInput when this server did not create the ID.

    `field` is the path of the ID in the arguments.
    """
    with within(*field):
        return await _find_node(value, load_context)


async def _find_node(value: str, load_context: LoadContext) -> Any:
    typename, (organization_id, *parts) = decode_id(value)
    lookup = context_of(load_context).services.entities.node_lookup(typename)
    if lookup is None:
        raise BadUserInput(f"Objects of type {typename} cannot be looked up by ID")
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    if organization is None:
        return None
    try:
        key = lookup.key(organization, tuple(parts))
    except ValueError:
        raise BadUserInput("Invalid ID: it was not created by this server") from None
    return await load_context.load(lookup.load, key)


@strawberry.type
class NodeQueries:
    """Root fields."""

    @call(uses=(organizations.DETAIL,), finds_nodes=True)
    async def node(
        _root: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global ID of the object.")],
    ) -> Node | None:
        """Object by global ID. Null when it does not exist or is not visible to the token."""
        return await find_node(id, load_context, "id")  # type: ignore[no-any-return]  # the source of the object

    @call(uses=(organizations.DETAIL,), finds_nodes=True)
    async def nodes(
        _root: Any,
        load_context: LoadContext,
        *,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global IDs of the objects, at most 100.")],
    ) -> list[Node | None]:
        """Objects by global ID, in the order of `ids`. Null for an object that does not exist or is not visible."""
        if len(ids) > MAX_NODES:
            raise BadUserInput(f"'ids' takes at most {MAX_NODES} IDs", ("ids",))
        positions = {value: str(index) for index, value in reversed([*enumerate(ids)])}
        by_id = await each(
            list(dict.fromkeys(ids)),
            lambda value: find_node(value, load_context, "ids", positions[value]),
            width=MAX_NODES,
        )
        return [by_id[value] for value in ids]
