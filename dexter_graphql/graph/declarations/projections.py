"""Merging of the members that several fields read."""

from collections.abc import Iterable
from dataclasses import replace

from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.sentry.projection import Field, Projection, TaggedUnion


def merge_into(members: dict[str, Field], more: Iterable[Field]) -> None:
    """Add members by attribute; the nested projections of one member are merged."""
    for member in more:
        present = members.get(member.attr)
        members[member.attr] = member if present is None else _merge_fields(present, member)


def merge_projections(one: Projection, other: Projection) -> Projection:
    """The members of both, under the type and the representation of the first."""
    members = {member.attr: member for member in one.members}
    merge_into(members, other.members)
    return replace(one, members=tuple(members[attr] for attr in sorted(members)))


def _merge_fields(one: Field, other: Field) -> Field:
    if isinstance(one.type, Projection) and isinstance(other.type, Projection):
        return replace(one, type=merge_projections(one.type, other.type))
    if isinstance(one.type, TaggedUnion) and isinstance(other.type, TaggedUnion):
        pairs = zip(one.type.projections, other.type.projections, strict=True)
        projections = tuple((tag, merge_projections(projection, more)) for (tag, projection), (_, more) in pairs)
        return replace(one, type=replace(one.type, projections=projections))
    if one.type != other.type:
        raise DeclarationError(f"Member '{one.wire}' is read as {one.type} and as {other.type}")
    return replace(one, is_required=one.is_required or other.is_required)
