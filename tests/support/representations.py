"""Fields that a representation of an entity serves without a call, as a selection."""

from graphql import GraphQLNonNull, get_named_type, is_leaf_type, is_object_type

from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.resolvers.link import BoundLink

MAX_DEPTH = 3


def is_impersonal(bound):
    """True for fields whose values do not depend on the token's user."""
    return not getattr(bound.declaration, "is_personal", False)


def served_selection(graph, typename, is_served=lambda _bound: True):
    """A selection of the type's fields that make no call and need no argument; of other entities the ID alone."""
    return f"__typename {' '.join(_fields(graph, graph.schema.type_map[typename], is_served))}"


def _fields(graph, kind, is_served, depth=0):
    for name, field in sorted(kind.fields.items()):
        bound = field.extensions.get(BOUND)
        if bound is None or bound.makes_calls or not is_served(bound) or "first" in field.args:
            continue
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        named = get_named_type(field.type)
        if is_leaf_type(named):
            yield name
        elif below := _below(graph, bound, named, depth):
            yield f"{name} {{ {below} }}"


def _below(graph, bound, named, depth):
    """What is selected below a field with an object type."""
    if isinstance(bound, BoundLink):
        ids = " ".join(f"... on {typename} {{ id }}" for typename in bound.by_typename)
        return f"__typename {ids}"
    if not is_object_type(named):
        return "__typename"
    if any(interface.name == "Node" for interface in named.interfaces):
        return "id"
    return " ".join(_fields(graph, named, lambda _bound: True, depth + 1)) if depth < MAX_DEPTH else ""
