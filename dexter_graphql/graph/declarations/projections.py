"""Members that a selection reads: where it selects on a type, and the merging of what several fields read."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dexter_graphql.engine.selection import Selection
from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.sentry.projection import Field, Projection, TaggedUnion


def node_selection(typename: str, selection: Selection | None) -> Selection | None:
    """The selection on the type itself, given the one on it or on the connection around it."""
    if selection is None or typename in selection.typenames:
        return selection
    nodes, edges = selection.child("nodes"), selection.child("edges")
    node = edges.child("node") if edges is not None else None
    return node.merged_with(nodes) if node is not None else nodes


def merge_into(members: dict[str, Field], more: Iterable[Field]) -> None:
    """Add members by attribute; the nested projections of one member are merged."""
    for member in more:
        present = members.get(member.attr)
        members[member.attr] = member if present is None else _merge_fields(present, member)


def merge_projections(first: Projection, second: Projection) -> Projection:
    """The members of both, under the type and the representation of the first."""
    members = {member.attr: member for member in first.members}
    merge_into(members, second.members)
    return replace(first, members=tuple(members[attr] for attr in sorted(members)))


def _merge_fields(first: Field, second: Field) -> Field:
    return replace(first, type=_merge_types(first, second), is_required=first.is_required or second.is_required)


def _merge_types(first: Field, second: Field) -> Any:
    if isinstance(first.type, Projection) and isinstance(second.type, Projection):
        return merge_projections(first.type, second.type)
    if isinstance(first.type, TaggedUnion) and isinstance(second.type, TaggedUnion):
        pairs = zip(first.type.projections, second.type.projections, strict=True)
        projections = tuple((tag, merge_projections(projection, more)) for (tag, projection), (_, more) in pairs)
        return replace(first.type, projections=projections)
    if first.type != second.type:
        raise DeclarationError(f"Member '{first.wire}' is read as {first.type} and as {second.type}")
    return first.type
