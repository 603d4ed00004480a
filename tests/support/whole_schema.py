"""Documents that read every object field of the schema, each that calls Sentry with all that its answers show.

They are derived from the schema: the fields from their `@sentry` directives, the path to their types from the types of
other fields, and arguments from values that exist in the sandbox.
"""

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

from dexter_graphql.graph.endpoint_usage import fields_by_endpoint
from support.known_values import Unquoted, print_literal

DEPTH = 6
"""Levels of objects below a field."""
START = {"Organization": ('organization(slug: "acme")',), "Viewer": ("viewer",)}
"""Types that paths begin with."""
PAGE = {"first": 2}


class WholeSchema:
    """The documents of a schema; `known` are the values that exist."""

    def __init__(self, schema, known):
        self._schema, self._known = schema, known
        usage = fields_by_endpoint(schema)
        self._calling = {coordinate for coordinates in usage.values() for coordinate in coordinates}
        self._paths = dict(START)
        self._find_paths()

    def documents(self):
        """Coordinate → the document that reads the field, for each that is reachable and calls or begins a query."""
        documents = {}
        for coordinate in sorted(self._calling.union(f"Query.{name}" for name in self._schema.query_type.fields)):
            typename, name = coordinate.split(".")
            path = () if typename == "Query" else self._paths.get(typename)
            parent = self._schema.get_type(typename)
            if path is not None and (field := self._field(parent, name)) is not None:
                named = get_named_type(parent.fields[name].type)
                selection = "" if is_leaf_type(named) else self._selection(named, DEPTH)
                opened = " { ".join(["query", *path, f"{field} {selection}"])
                documents[coordinate] = opened + " }" * (len(path) + 1)
        return documents

    def _find_paths(self):
        """Find the shortest path to each object type, breadth first."""
        queue = ["Organization"]
        for typename in queue:
            for name, field in self._schema.get_type(typename).fields.items():
                written = self._field(self._schema.get_type(typename), name)
                named = get_named_type(field.type)
                if written is None or is_leaf_type(named):
                    continue
                for possible in self._object_types(named):
                    if possible.name not in self._paths:
                        condition = [f"... on {possible.name}"] if possible is not named else []
                        self._paths[possible.name] = (*self._paths[typename], written, *condition)
                        queue.append(possible.name)

    def _object_types(self, named):
        return self._schema.get_possible_types(named) if is_abstract_type(named) else [named]

    def _field(self, parent, name):
        """The field with its arguments; None when a value for one of them is not known."""
        values = {}
        for argument, of in parent.fields[name].args.items():
            if is_required_argument(of) or argument in PAGE:
                value = PAGE.get(argument, self._value(of.type, f"{parent.name}.{name}", argument))
                if value is None:
                    return None
                values[argument] = value
        pairs = ", ".join(f"{argument}: {print_literal(value)}" for argument, value in values.items())
        return f"{name}({pairs})" if pairs else name

    def _value(self, kind, coordinate, name):
        kind = get_nullable_type(kind)
        if isinstance(kind, GraphQLList):
            item = self._value(kind.of_type, coordinate, name)
            return None if item is None else [item]
        if isinstance(kind, GraphQLEnumType):
            return Unquoted(next(iter(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind)
        if kind.name == "ID":
            types = self._known.types(coordinate, name)
            return self._known.ids[types[0]][0] if types else None
        return next(iter(self._known.values(coordinate, name, kind.name)), None)

    def _input(self, kind):
        members = {
            name: self._value(of.type, kind.name, name)
            for name, of in kind.fields.items()
            if kind.is_one_of or isinstance(of.type, GraphQLNonNull)
        }
        known = {name: value for name, value in members.items() if value is not None}
        if kind.is_one_of:
            return dict(list(known.items())[:1]) or None
        return known if len(known) == len(members) else None

    def _selection(self, named, depth):
        """All fields that need no call, and those of the objects in them."""
        if is_abstract_type(named):
            parts = [
                f"... on {of.name} {self._selection_of(of, depth, f'{of.name}_')}"
                for of in self._schema.get_possible_types(named)
            ]
            return f"{{ __typename {' '.join(parts)} }}"
        return self._selection_of(named, depth, "")

    def _selection_of(self, kind, depth, prefix):
        assert isinstance(kind, GraphQLObjectType)
        parts = ["__typename"]
        for name, field in kind.fields.items():
            written = None if f"{kind.name}.{name}" in self._calling else self._field(kind, name)
            named = get_named_type(field.type)
            if written is None or (not is_leaf_type(named) and depth == 0):
                continue
            alias = f"{prefix}{name}: " if prefix else ""
            below = 0 if _is_node(named) else depth - 1
            parts.append(f"{alias}{written} {'' if is_leaf_type(named) else self._selection(named, below)}")
        return f"{{ {' '.join(parts)} }}"


def _is_node(named):
    """True for objects with an identity, which are read below the fields that bring them."""
    return any(of.name == "Node" for of in getattr(named, "interfaces", ()))
