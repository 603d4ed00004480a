"""Estimate of the calls to Sentry that an operation makes at most, from its selections and the costs of its loaders.

It assumes that nothing is cached, that every list is as long as it may be, and that the server has all endpoints.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from dexter_graphql.engine.selection import SelectedField, Selection, SelectionIndex
from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.fields import (
    DETAIL,
    EMBEDDED,
    LIST,
    BatchDeclaration,
    CallDeclaration,
)
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.declarations.resolvers.link import BoundLink
from dexter_graphql.graph.relay.connections import DEFAULT_FIRST
from dexter_graphql.loaders.base import CHUNK_SIZE, Loader
from dexter_graphql.sentry.projection import member_paths

CONNECTION = "Connection"
UNPAGED_ROWS = 20
"""Assumed length of a list whose length no argument says."""
MAX_SELECTIONS = 2000
"""Selections that are looked at; an operation with more has no estimate."""


RELEASE = "ReleaseReference"
LISTED = frozenset(
    {"ProjectReference", "TeamReference", "UserReference", "EnvironmentReference", "RepositoryReference"}
)
"""References that are looked up in a list of the organization. A release is looked up by itself."""


class TooManySelections(Exception):
    """The operation is too large to be estimated."""


def estimate_calls(index: SelectionIndex) -> int | None:
    """The number of calls that an operation makes at most; None when it is too large to say."""
    estimate = CallEstimate(index)
    try:
        return estimate.of_selection(index.root, rows=1, representation=DETAIL) + len(estimate.names)
    except TooManySelections:
        return None


class CallEstimate:
    """Adds the calls of an operation, from its root down."""

    def __init__(self, index: SelectionIndex) -> None:
        self.names: set[tuple[str, str]] = set()
        """The lists that the references in arguments are looked up in: one call each, and one for each release."""
        self._index = index
        self._selections = 0

    def of_selection(self, selection: Selection, rows: int, representation: str) -> int:
        """The calls below one selection, for that many objects in that representation."""
        self._selections += 1
        if self._selections > MAX_SELECTIONS:
            raise TooManySelections
        calls = [self._of_type(typename, selection, rows, representation) for typename in selection.typenames]
        # A single object has one type; the objects of a list may be of all types.
        return max(calls, default=0) if rows == 1 else sum(calls)

    def _of_type(self, typename: str, selection: Selection, rows: int, representation: str) -> int:
        fields = selection.responses(typename)
        calls = self._of_hydration(fields, rows, representation)
        for field in fields:
            own, below = self._of_field(field, rows, representation)
            # The rows of a connection were counted with the field that is the connection.
            length = 1 if typename.endswith(CONNECTION) else self._length(field)
            calls += own + self.of_selection(field.selection, rows * length, below)
        return calls

    def _of_hydration(self, fields: Sequence[SelectedField], rows: int, representation: str) -> int:
        """The calls for members that the representation lacks: one look-up for all fields."""
        for bound in filter(None, map(_bound, fields)):
            loader = None if bound.is_in(representation) else bound.schema.entity(bound.typename).entity.hydrate
            if loader is not None:
                return self._of_loader(loader, rows, bound)
        return 0

    def _of_field(self, field: SelectedField, rows: int, representation: str) -> tuple[int, str]:
        """The calls of the field itself, and the representation of its objects."""
        bound = _bound(field)
        if field.definition.args:
            self.names.update(_names_in(field.definition.args, self._arguments(field)))
        loaded = LIST if _is_many(field.definition.type) else DETAIL
        if isinstance(bound, BoundLink):
            lacking = bound.by_typename.keys() - bound.typenames_answered(field.selection)
            loaders = [bound.by_typename[typename].load for typename in lacking]
            return sum(self._of_loader(loader, rows, bound, field.selection) for loader in loaders), EMBEDDED
        declaration = getattr(bound, "declaration", None)
        if isinstance(declaration, BatchDeclaration):
            pages = -(-self._length(field) // CHUNK_SIZE)
            return self._of_loader(declaration.load, rows, bound, field.selection) * max(pages, 1), loaded
        if isinstance(declaration, CallDeclaration):
            return rows * self._of_call(declaration, field), loaded
        return 0, representation

    def _of_call(self, declaration: CallDeclaration, field: SelectedField) -> int:
        """One call finds the organization, and one of each method does the rest, or one for each node."""
        if declaration.finds_nodes:
            return 1 + self._length(field)
        methods = {endpoint.method for endpoint in declaration.uses}
        return min(len(declaration.uses), 1 + len(methods))

    def _of_loader(self, loader: Loader, keys: int, bound: Any, selection: Selection | None = None) -> int:
        selected = self._index.all_on_type(loader.target) if loader.is_shared else selection

        def reads(representation: str) -> frozenset[str]:
            return member_paths(bound.schema.projection(loader.target, representation, selected))

        return loader.cost(keys, reads)

    def _length(self, field: SelectedField) -> int:
        """The number of objects of a field for one parent."""
        kind = field.definition.type
        if not _is_many(kind):
            return 1
        arguments = self._arguments(field)
        if _is_connection(kind):
            size = arguments.get("last") or arguments.get("first")
            return DEFAULT_FIRST if size is None else max(0, int(size))
        ids = arguments.get("ids")
        return UNPAGED_ROWS if ids is None else len(ids)

    def _arguments(self, field: SelectedField) -> dict[str, Any]:
        """The coerced arguments of a field; none when they are invalid."""
        try:
            return self._index.arguments(field)
        except GraphQLError:
            return {}


def _names_in(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lists that references in these values are looked up in."""
    for name, value in values.items():
        yield from _names_in_value(definitions[name].type, value)


def _names_in_value(kind: GraphQLInputType | GraphQLNamedType, value: Any) -> Iterator[tuple[str, str]]:
    named = get_named_type(kind)
    if isinstance(value, list):
        for item in value:
            yield from _names_in_value(named, item)
    elif isinstance(named, GraphQLInputObjectType) and isinstance(value, dict):
        if named.name in LISTED:
            yield named.name, ""
        elif named.name == RELEASE:
            yield named.name, str(value)
        else:
            yield from _names_in(named.fields, value)


def _bound(field: SelectedField) -> BoundField | None:
    return field.definition.extensions.get(BOUND)


def _is_connection(kind: GraphQLOutputType) -> bool:
    return get_named_type(kind).name.endswith(CONNECTION)


def _is_many(kind: GraphQLOutputType) -> bool:
    return _is_connection(kind) or is_list_type(get_nullable_type(kind))
