"""Rules for the names and the shapes of the schema's output, over the built schema."""

import re
from collections import defaultdict

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    parse,
)

from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.schema import build_graph

BOOLEAN = re.compile(r"(?:is|has|can|allows|requires|scrubs|scrapes|uses|verifies)[A-Z]")
"""What a boolean says; new ones begin with one of these verbs, or the verb is added."""
DURATION = re.compile(r"(?:Minutes|Hours|Days|Duration|Timeout|Interval|Delay|Window|Age)$")
SIZE = re.compile(r"(?:size|length|bytes)$", re.IGNORECASE)
NUMBERS = {"BigInt", "Float", "Int"}
RAW_ELSEWHERE = {
    "ActivityChange.kind": "action",
    "AlertChange.alertKind": "action",
    "AlertChange.kind": "action",
    "AutofixChange.kind": "action",
    "AutofixChange.stage": "action",
    "CommentChange.kind": "action",
    "ErrorChange.kind": "action",
    "IssueChange.kind": "action",
    "ReleaseChange.kind": "action",
    "FrequencyAlertCondition.comparison": "type",
    "EventFrequencyAlertCondition.comparison": "type",
    "SessionFrequencyAlertCondition.comparison": "type",
    "UserFrequencyAlertCondition.comparison": "type",
}
"""Enums that are made of a member with another name."""
FAILING_ELEMENTS = {"Query.nodes"} | {
    f"TimeSeries.{name}" for name in ("comparedValues", "confidence", "sampleCounts", "values")
}
"""Lists whose elements are null one by one: an ID that finds nothing, an interval without a value."""
NAMED_BY_TYPE = {"DiscoverRow.boolean", "DiscoverRow.date"}
"""Fields whose argument says what they are of; they are named like the type that they convert to."""
BOUNDED = {
    "AlertChange.projects": "projects of one alert",
    "Commit.releases": "releases of one commit",
    "CommitEdge.releases": "releases of one commit",
    "CommitEdge.suspectFor": "at most 10 issues are compared",
    "Event.attachments": "the first 100 are read",
    "Issue.externalIssues": "links that people made",
    "Project.issuesByHash": "at most 100 hashes are given",
    "Query.nodes": "one per given ID",
    "SetEnvironmentVisibilityPayload.environments": "one per given environment",
}
"""Plain lists of entities, and why they stay short."""


@pytest.fixture(scope="module")
def schema():
    """The built schema."""
    return build_graph().schema


@pytest.fixture(scope="module")
def fields(schema):
    """Output fields by coordinate."""
    return {
        f"{kind.name}.{name}": field
        for kind in schema.type_map.values()
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)) and not is_introspection_type(kind)
        for name, field in kind.fields.items()
    }


def selected_together(schema):
    """Object types that one selection set may select on: by abstract type."""
    for kind in schema.type_map.values():
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            yield kind.name, schema.get_possible_types(kind)


def shape_of(field):
    """Lists, nullability and the named type; of an enum that it is one."""
    named = get_named_type(field.type)
    return str(field.type).replace(named.name, "enum") if isinstance(named, GraphQLEnumType) else str(field.type)


def named_fields(fields, *names):
    """Name and coordinate of the fields of scalar types with one of these names."""
    return {
        coordinate: coordinate.partition(".")[2]
        for coordinate, field in fields.items()
        if get_named_type(field.type).name in names
    }


def test_name_has_one_shape(schema):
    """Fields of one name can be selected on all types of an interface or a union without aliases."""
    conflicts = {}
    for abstract, kinds in selected_together(schema):
        shapes = defaultdict(lambda: defaultdict(set))
        for kind in kinds:
            for name, field in kind.fields.items():
                shapes[name][shape_of(field)].add(kind.name)
        conflicts |= {(abstract, name): dict(found) for name, found in shapes.items() if len(found) > 1}

    assert conflicts == {}


def test_times_end_in_at(schema, fields):
    """A field is named …At when it is a time, and only then; so are members of inputs."""
    inputs = {
        f"{kind.name}.{name}": field
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLInputObjectType)
        for name, field in kind.fields.items()
    }
    times = named_fields({**fields, **inputs}, "DateTime")

    assert {coordinate for coordinate, name in times.items() if not name.endswith("At")} <= NAMED_BY_TYPE
    assert {coordinate for coordinate in fields if coordinate.endswith("At") and coordinate not in times} == set()


def test_quantities_name_their_unit(fields):
    """Durations are in …Seconds or …Ms, sizes in …Bytes."""
    numbers = named_fields(fields, *NUMBERS)

    assert {coordinate for coordinate, name in numbers.items() if DURATION.search(name)} == set()
    assert {
        coordinate for coordinate, name in numbers.items() if SIZE.search(name) and not name.endswith("Bytes")
    } == set()


def test_booleans_are_statements(fields):
    """A boolean begins with a verb."""
    booleans = named_fields(fields, "Boolean")

    assert {coordinate for coordinate, name in booleans.items() if not BOOLEAN.match(name)} <= NAMED_BY_TYPE


def test_personal_values_say_so(fields):
    """What depends on the user of the token is named own…, or is a statement whose description names that user."""
    unmarked = {
        coordinate
        for coordinate, field in fields.items()
        if getattr(getattr(field.extensions.get(BOUND), "declaration", None), "is_personal", False)
        and coordinate != "Viewer.user"
        and not coordinate.endswith(".downloadUrl")  # an address that is made for one caller
        and not coordinate.partition(".")[2].startswith("own")
        and not (BOOLEAN.match(coordinate.partition(".")[2]) and "user of the token" in field.description)
    }

    assert unmarked == {"Query.viewer", "Query.rateLimit"}


def test_open_sets_have_their_raw_word(schema, fields):
    """An enum that may be UNKNOWN has Sentry's own word beside it."""
    open_sets = {
        coordinate
        for coordinate, field in fields.items()
        if isinstance(named := get_named_type(field.type), GraphQLEnumType) and "UNKNOWN" in named.values
    }
    raw = {coordinate: f"{coordinate}Raw" for coordinate in open_sets} | {
        coordinate: f"{coordinate.partition('.')[0]}.{name}" for coordinate, name in RAW_ELSEWHERE.items()
    }

    assert {coordinate for coordinate, other in raw.items() if other not in fields} == set()


def test_costs_of_rows_are_said_in_words(schema, fields):
    """The description of a field that calls Sentry for each row names its calls."""
    per_row = {
        f"{kind.name.value}.{field.name.value}"
        for kind in parse(build_graph().sdl()).definitions
        for field in getattr(kind, "fields", None) or ()
        for directive in field.directives or ()
        if directive.name.value == "sentry" and directive.arguments[1].value.value == "row"
    }
    roots = {schema.query_type.name, schema.mutation_type.name, schema.subscription_type.name}
    silent = {coordinate for coordinate in per_row if " call" not in fields[coordinate].description}

    assert per_row
    assert {coordinate for coordinate in silent if coordinate.partition(".")[0] not in roots} == set()


def test_elements_are_never_null(fields):
    """A list has elements that may be null only where one can fail alone: the nodes of a page, and few others."""
    nullable = {
        coordinate
        for coordinate, field in fields.items()
        if isinstance(kind := get_nullable_type(field.type), GraphQLList)
        and not isinstance(kind.of_type, GraphQLNonNull)
        and not coordinate.endswith("Connection.nodes")
    }

    assert nullable == FAILING_ELEMENTS


def test_lists_of_entities_are_connections(schema, fields):
    """Entities come in pages, except where a list cannot grow beyond 100."""
    node = schema.type_map["Node"]
    entities = {kind.name for kind in (node, *schema.get_possible_types(node), *schema.get_implementations(node)[1])}
    plain = {
        coordinate
        for coordinate, field in fields.items()
        if isinstance(get_nullable_type(field.type), GraphQLList)
        and get_named_type(field.type).name in entities
        and not coordinate.endswith("Connection.nodes")
    }

    assert plain <= BOUNDED.keys()
