"""Knows how members and shapes that several fields want become one."""

from collections.abc import Iterable
from dataclasses import replace

from dexter_graphql.graph.wire_types import DeclarationError
from dexter_graphql.sentry.shape import Member, Shape, Variants


def add(members: dict[str, Member], more: Iterable[Member]) -> None:
    """Put more members beside those that are there; nested shapes of the same member become one."""
    for member in more:
        there = members.get(member.attr)
        members[member.attr] = member if there is None else _merged(there, member)


def merged(one: Shape, other: Shape) -> Shape:
    """A shape with the members of both, under the first one's name and form."""
    members = {member.attr: member for member in one.members}
    add(members, other.members)
    return replace(one, members=tuple(members[attr] for attr in sorted(members)))


def _merged(one: Member, other: Member) -> Member:
    if isinstance(one.type, Shape) and isinstance(other.type, Shape):
        return replace(one, type=merged(one.type, other.type))
    if isinstance(one.type, Variants) and isinstance(other.type, Variants):
        pairs = zip(one.type.shapes, other.type.shapes, strict=True)
        shapes = tuple((tag, merged(shape, more)) for (tag, shape), (_, more) in pairs)
        return replace(one, type=replace(one.type, shapes=shapes))
    if one.type != other.type:
        raise DeclarationError(f"Member '{one.wire}' is read as {one.type} and as {other.type}")
    return replace(one, is_required=one.is_required or other.is_required)
