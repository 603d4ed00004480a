"""The `Node` interface."""

import strawberry

from dexter_graphql.graph.declarations.fields import entity, global_id
from dexter_graphql.graph.relay.global_ids import encode_id, encode_ids


@entity(representations=(), is_interface=True)
class Node:
    """An object with a global ID."""

    id: strawberry.ID = global_id(
        encode_id, encode_ids, description="Global ID: opaque, permanent, accepted by `node`."
    )
