"""Fields of the schema by the endpoints that they may call, read from the `@sentry` directives."""

from collections.abc import Iterable, Mapping

from graphql import GraphQLObjectType, GraphQLSchema

from dexter_graphql.graph.declarations.kind_field import SentryCalls
from dexter_graphql.graph.declarations.strawberry_internals import definition_of
from dexter_graphql.sentry.endpoint import Endpoint

Usage = Mapping[str, tuple[str, ...]]
"""Title of an endpoint → coordinates of the fields that may call it, in alphabetical order."""
SHOWN_FIELDS = 3


def fields_by_endpoint(schema: GraphQLSchema) -> Usage:
    """The fields of all object types by the endpoints that they may call."""
    fields: dict[str, list[str]] = {}
    for name, graphql_type in sorted(schema.type_map.items()):
        if not isinstance(graphql_type, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in sorted(graphql_type.fields.items()):
            for title in _calls(definition_of(field)):
                fields.setdefault(title, []).append(f"{name}.{field_name}")
    return {title: tuple(coordinates) for title, coordinates in fields.items()}


def summarize_fields(usage: Usage, endpoints: Iterable[Endpoint]) -> str:
    """The first fields that may call one of the endpoints, and how many more there are; empty without any."""
    fields = sorted({field for endpoint in endpoints for field in usage.get(endpoint.title, ())}, key=_by_entry_point)
    shown, rest = fields[:SHOWN_FIELDS], len(fields) - SHOWN_FIELDS
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _by_entry_point(coordinate: str) -> tuple[bool, str]:
    """Fields of the organization first, because most queries begin there."""
    return not coordinate.startswith("Organization."), coordinate


def _calls(definition: object) -> list[str]:
    directives = getattr(definition, "directives", ())
    return [title for directive in directives if isinstance(directive, SentryCalls) for title in directive.calls]
