"""Objects by their global ids: the root fields `node` and `nodes`."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.relay.global_ids import decode_id
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.sentry.catalogue import organizations

MAX_NODES = 100


async def find_node(value: str, load_context: LoadContext) -> Any:
    """The object with a global id; None when there is none, BadUserInput when it is not an id of ours."""
    typename, (organization_id, *parts) = decode_id(value)
    lookup = context_of(load_context).services.entities.node_lookup(typename)
    if lookup is None:
        raise BadUserInput(f"Objects of type {typename} cannot be looked up by id")
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    if organization is None:
        return None
    try:
        key = lookup.key(organization, tuple(parts))
    except ValueError:
        raise BadUserInput("This id was not made by this server") from None
    return await load_context.load(lookup.load, key)


@strawberry.type
class NodeQueries:
    """Root fields."""

    @call(uses=(organizations.DETAIL,), finds_nodes=True)
    async def node(
        _root: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],
    ) -> Node | None:
        """An object by its global id; null when Sentry has none, or none that the token may see."""
        return await find_node(id, load_context)  # type: ignore[no-any-return]  # the source of the object

    @call(uses=(organizations.DETAIL,), finds_nodes=True)
    async def nodes(
        _root: Any,
        load_context: LoadContext,
        *,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most a hundred.")],
    ) -> list[Node | None]:
        """Objects by their global ids, in the same order."""
        if len(ids) > MAX_NODES:
            raise BadUserInput(f"'ids' takes at most {MAX_NODES} ids")
        found = await each(list(dict.fromkeys(ids)), lambda value: find_node(value, load_context), width=MAX_NODES)
        return [found[value] for value in ids]
