"""Knows how members and shapes that several fields want become one."""

from collections.abc import Iterable
from dataclasses import replace

from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.sentry.projection import Field, Projection, TaggedUnion


def merge_into(members: dict[str, Field], more: Iterable[Field]) -> None:
    """Put more members beside those that are there; nested shapes of the same member become one."""
    for member in more:
        there = members.get(member.attr)
        members[member.attr] = member if there is None else _merge_fields(there, member)


def merge_projections(one: Projection, other: Projection) -> Projection:
    """A shape with the members of both, under the first one's name and form."""
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
