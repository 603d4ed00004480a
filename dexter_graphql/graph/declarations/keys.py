"""Keys of entities: read from records, and made from the parts of global ids."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

from dexter_graphql.graph.declarations.wire_types import DeclarationError, attr_of
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Projection


class ParentKey(NamedTuple):
    """The class of a parent's key, and the names under which the record's `parents` hold its parts."""

    key_class: type[Any]
    names: tuple[str, ...]


class EntityKey:
    """Reads the key of an entity, given its class.

    The class is a NamedTuple whose first member is the organization, or the key of a parent, whose own parts the
    record's `parents` hold: the last one under the name of that member, the others under their own names. The other
    members are read from the record; `wires` names the wire members of those that are called differently, and gives
    the projection of an embedded object for those that are its only member. `OrganizationRef` is the key of an
    organization.
    """

    def __init__(self, key_class: type[Any], **wires: str | Projection) -> None:
        first, *names = getattr(key_class, "_fields", ("organization",))
        unknown = wires.keys() - set(names)
        if unknown:
            raise DeclarationError(f"{key_class.__name__} has no member {', '.join(sorted(unknown))}")
        self.key_class = key_class
        sources = {name: wires.get(name, name) for name in names}
        self.embedded = {name: source for name, source in sources.items() if isinstance(source, Projection)}
        """Wire member → projection of the embedded object that a part of the key is read from."""
        self.wires: tuple[str, ...] = tuple(
            name if isinstance(source, Projection) else source for name, source in sources.items()
        )
        """Wire members that the key is read from."""
        self.attrs: tuple[str, ...] = tuple(map(attr_of, self.wires))
        """Attributes of records that hold them."""
        self._readers = [
            attrgetter(attr) if wire not in self.embedded else _embedded_reader(attr, self.embedded[wire])
            for attr, wire in zip(self.attrs, self.wires, strict=True)
        ]
        self._parent = _parent(key_class, first)
        self._parent_names = () if self._parent is None else self._parent.names

    def __call__(self, row: Any) -> Any:
        """The key of a record."""
        return self.from_parts(row.parents.organization, self.parts(row))

    def parts(self, row: Any) -> tuple[str, ...]:
        """The parts of a record's global id, below its organization."""
        own = tuple([str(read(row)) for read in self._readers])
        return (*(getattr(row.parents, name) for name in self._parent_names), *own) if self._parent_names else own

    def columns(self, rows: Sequence[Any]) -> list[list[str]]:
        """The parts of the global ids of many records: one column for each part."""
        parents = [[getattr(row.parents, name) for row in rows] for name in self._parent_names]
        return [*parents, *([str(read(row)) for row in rows] for read in self._readers)]

    def from_parts(self, organization: OrganizationRef, parts: tuple[str, ...]) -> Any:
        """The key with these parts; raises ValueError for another number of parts than `parts()` returns."""
        size = len(self._parent_names) + len(self._readers)
        if len(parts) != size:
            raise ValueError(f"{self.key_class.__name__} has {size} parts, not {len(parts)}")
        if self.key_class is OrganizationRef:
            return organization
        if self._parent is None:
            return self.key_class(organization, *parts)
        count = len(self._parent_names)
        return self.key_class(self._parent.key_class(organization, *parts[:count]), *parts[count:])


def entity_key(key: "type[Any] | EntityKey") -> EntityKey:
    """The reader of a key that is given by its class, or as a reader."""
    return key if isinstance(key, EntityKey) else EntityKey(key)


def _embedded_reader(attr: str, projection: Projection) -> Callable[[Any], Any]:
    """Reads the only member of an embedded object; raises InvalidValue when it has none."""
    (member,) = projection.members

    def read(row: Any) -> Any:
        value = getattr(getattr(row, attr), member.attr, None)
        if isinstance(value, InvalidValue):
            raise value
        if value is None:
            raise InvalidValue(f"Sentry's answer lacks '{member.wire}' of '{attr}'")
        return value

    return read


def _parent(key_class: type[Any], first: str) -> ParentKey | None:
    """The key of the parent; None when the first member is the organization itself."""
    hints: Mapping[str, Any] = get_type_hints(key_class)
    if key_class is OrganizationRef or hints[first] is OrganizationRef:
        return None
    organization, *names = getattr(hints[first], "_fields", ("",))
    held = (*names[:-1], first)
    if organization != "organization" or not set(held) <= set(Parents.__struct_fields__):
        raise DeclarationError(f"{key_class.__name__} must begin with the organization or the key of a parent")
    return ParentKey(hints[first], held)
