"""Keys of entities: read from records, and made from the parts of global ids."""

from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.sentry.parents import OrganizationRef, Parents


class EntityKey:
    """Reads the key of an entity, given its class.

    The class is a NamedTuple whose first member is the organization, or the key of a parent, whose own part the
    record's `parents` hold under the name of that member. The other members are read from the record; `wires` names
    the wire members of those that are called differently. `OrganizationRef` is the key of an organization.
    """

    def __init__(self, key_class: type[Any], **wires: str) -> None:
        first, *names = getattr(key_class, "_fields", ("organization",))
        unknown = wires.keys() - set(names)
        if unknown:
            raise DeclarationError(f"{key_class.__name__} has no member {', '.join(sorted(unknown))}")
        self.key_class = key_class
        self.wires: tuple[str, ...] = tuple(wires.get(name, name) for name in names)
        """Wire members that the key is read from."""
        self.attrs: tuple[str, ...] = tuple(map(attr_of, self.wires))
        """Attributes of records that hold them."""
        self._parent = _parent(key_class, first)
        self._size = len(names) + (self._parent is not None)

    def __call__(self, row: Any) -> Any:
        """The key of a record."""
        return self.from_parts(row.parents.organization, self.parts(row))

    def parts(self, row: Any) -> tuple[str, ...]:
        """The parts of a record's global id, below its organization."""
        own = tuple([str(getattr(row, attr)) for attr in self.attrs])
        return own if self._parent is None else (getattr(row.parents, self._parent[0]), *own)

    def columns(self, rows: Sequence[Any]) -> list[list[str]]:
        """The parts of the global ids of many records: one column for each part."""
        own = [[str(getattr(row, attr)) for row in rows] for attr in self.attrs]
        return own if self._parent is None else [[getattr(row.parents, self._parent[0]) for row in rows], *own]

    def from_parts(self, organization: OrganizationRef, parts: tuple[str, ...]) -> Any:
        """The key with these parts; raises ValueError for another number of parts than `parts()` returns."""
        if len(parts) != self._size:
            raise ValueError(f"{self.key_class.__name__} has {self._size} parts, not {len(parts)}")
        if self.key_class is OrganizationRef:
            return organization
        if self._parent is None:
            return self.key_class(organization, *parts)
        return self.key_class(self._parent[1](organization, parts[0]), *parts[1:])


def entity_key(key: "type[Any] | EntityKey") -> EntityKey:
    """The reader of a key that is given by its class, or as a reader."""
    return key if isinstance(key, EntityKey) else EntityKey(key)


def _parent(key_class: type[Any], first: str) -> tuple[str, type[Any]] | None:
    """Name and class of the parent's key; None when the first member is the organization itself."""
    hints: Mapping[str, Any] = get_type_hints(key_class)
    if key_class is OrganizationRef or hints[first] is OrganizationRef:
        return None
    if first not in Parents.__struct_fields__ or getattr(hints[first], "_fields", ())[:1] != ("organization",):
        raise DeclarationError(f"{key_class.__name__} must begin with the organization or the key of a parent")
    return first, hints[first]
