"""The `@sentry` directives against the calls that arrive: a field calls no endpoint that it does not declare."""

import msgspec
import pytest
from graphql import TypeNameMetaFieldDef

from dexter_graphql.engine.resolution import RESOLUTION
from dexter_graphql.graph.declarations.resolvers.base import BoundField
from dexter_graphql.graph.endpoint_usage import fields_by_endpoint
from support.documents import Document
from support.engines import engines_of
from support.known_values import print_literal
from support.recorded_engines import run_recorded_engines
from support.selected_fields import selected_fields
from support.whole_schema import WholeSchema

URLS = ("/organizations/acme/", "/organizations/acme/issues/WEB-9/", "/organizations/acme/releases/web%401.8.2/",
        "/settings/acme/projects/web/", "/organizations/acme/projects/web/events/{event}/")  # fmt: skip


def declared_endpoints(graph, usage, text):
    """Titles of the endpoints that the fields of a document declare, and of those that complete objects."""
    coordinates = selected_fields(graph.schema, text)
    declared = {title for title, fields in usage.items() if not coordinates.isdisjoint(fields)}
    resolutions = [field_of(graph.schema, coordinate).extensions.get(RESOLUTION) for coordinate in coordinates]
    typenames = {bound.typename for bound in resolutions if isinstance(bound, BoundField)}
    loaders = [graph.binder.entity(typename).entity.hydrate for typename in typenames]
    return declared | {endpoint.title for loader in loaders if loader is not None for endpoint in loader.uses}


def field_of(schema, coordinate):
    """The field at a coordinate; `__typename` is none of a type."""
    typename, name = coordinate.split(".")
    return getattr(schema.get_type(typename), "fields", {}).get(name) or TypeNameMetaFieldDef


@pytest.fixture
async def sides(graph):
    """Engines over recorded answers."""
    async with run_recorded_engines(graph) as sides:
        yield sides


def documents_of(graph, sides):
    """The documents of all fields, and those that find an object of each type by its id, and pages by their URLs."""
    ids = [of_type[0] for of_type in sides.known.ids.values()]
    event = sides.known.event_ids[0]
    return [
        *WholeSchema(graph.schema, sides.known).documents().values(),
        *(f"{{ node(id: {print_literal(known)}) {{ __typename id }} }}" for known in ids),
        f"{{ nodes(ids: {print_literal(ids)}) {{ __typename id }} }}",
        *(f'{{ resource(url: "https://acme.sentry.io{path.format(event=event)}") {{ __typename }} }}' for path in URLS),
    ]


async def test_fields_call_what_they_declare(graph, sides):
    """Also those that find any object: they declare what the lookups of all types may call."""
    usage, engine = fields_by_endpoint(graph.schema), engines_of(graph).interpreted
    undeclared = {}
    for text in documents_of(graph, sides):
        outcome = await sides.alone(engine).run(Document(text, None))
        assert "INTERNAL" not in outcome.codes, text
        calls = msgspec.json.decode(outcome.extensions)["dexter"].get("calls", [])
        if more := {call["endpoint"] for call in calls} - declared_endpoints(graph, usage, text):
            undeclared[text[:200]] = sorted(more)

    assert undeclared == {}
