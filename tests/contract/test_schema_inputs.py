"""Rules of the schema's arguments and inputs: one name for one thing, one form for references."""

from itertools import combinations

from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, get_named_type

from dexter_graphql.graph.schema import build_graph

SCHEMA = build_graph().schema
REFERENCE = "Reference"
NAMES = {"id", "slug", "sentryId", "name", "version", "latest", "email", "username", "shortId", "uuid"}
"""The members of references."""
ENTITIES = (
    "organization", "project", "team", "user", "environment", "release", "repository", "issue", "cronmonitor",
    "integration", "appinstallation", "monitor", "alert", "savedquery",
)  # fmt: skip
SELECTIONS = {"IssueSelection"}
"""Inputs that select many objects, by references among other ways."""
FILTERS = ("IssueFilter", "IssueExclusion", "IssueChangeFilter")
OTHER_MEANINGS = {
    ("AlertActionInput", "microsoftTeams"),
    ("AlertConditionInput", "latestRelease"),
    ("AlertConditionInput", "latestAdoptedRelease"),
    ("ArchiveUntil", "users"),
    ("AssigneeFilter", "myTeams"),
    ("DeleteCronMonitorInput", "monitor"),
    ("ResolutionInput", "nextRelease"),
    ("UpdateCronMonitorInput", "monitor"),
}
"""Flags, conditions, a number of users, and cron monitors, which have references of their own."""


def inputs():
    """Coordinate, name and type of every argument and input member."""
    for kind in SCHEMA.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((kind.name, name, field.type) for name, field in kind.fields.items())
        elif isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            for field_name, field in kind.fields.items():
                yield from ((f"{kind.name}.{field_name}", name, of.type) for name, of in field.args.items())


INPUTS = [*inputs()]


def input_type(name):
    """The input object type of that name."""
    return SCHEMA.type_map[name]


def singular(name):
    """The entity that a plural or prefixed name is about; None for other names."""
    word = name.lower()
    return next(
        (entity for entity in ENTITIES if word.removesuffix("s").endswith(entity) or word == "repositories"), None
    )


def test_search_is_sentrys_syntax_and_nothing_is_called_query():
    """`search` is text in Sentry's syntax everywhere, and a part of a name is `…Contains`."""
    named = {(name, str(kind).rstrip("!")) for _, name, kind in INPUTS if "search" in name.lower()}
    contains = {str(kind) for _, name, kind in INPUTS if name.endswith("Contains")}

    assert named == {("search", "String")}
    assert contains == {"String"}
    assert [
        (place, name)
        for place, name, _ in INPUTS
        if name.lower() in {"query", "filterby", "text", "q"} and "." in place
    ] == []


def test_references_have_one_form():
    """Each is @oneOf of the global ID and other names, in the same words for all entities."""
    references = {name: kind for name, kind in SCHEMA.type_map.items() if name.endswith(REFERENCE)}

    assert {name.removesuffix(REFERENCE).lower() for name in references} == {*ENTITIES}
    for kind in references.values():
        assert kind.is_one_of
        assert "id" in kind.fields
        assert kind.fields.keys() <= NAMES
        assert {str(field.type) for name, field in kind.fields.items() if name.endswith(("id", "Id"))} <= {
            "ID",
            "String",
        }


def test_what_refers_to_an_entity_is_a_reference():
    """Arguments and members that are called like an entity take a reference to it, alone or in a list."""
    named = [
        (place, name, get_named_type(kind).name)
        for place, name, kind in INPUTS
        if singular(name) and (place, name) not in OTHER_MEANINGS
    ]

    assert len(named) > 20
    assert [
        item
        for item in named
        if item[2] not in SELECTIONS and item[2].lower() != f"{singular(item[1])}{REFERENCE.lower()}"
    ] == []


def test_ids_are_global():
    """The scalar ID stands for global IDs, as `id` or `ids`; Sentry's own are members of references."""
    places = {(place, name) for place, name, kind in INPUTS if get_named_type(kind).name == "ID"}

    assert {name for _, name in places} == {"id", "ids", "sentryId"}
    assert all(place.endswith(REFERENCE) for place, name in places if name == "sentryId")


def test_filters_use_the_same_words():
    """A member that two filters have in common has the same type in both."""
    for first, second in combinations(map(input_type, FILTERS), 2):
        common = first.fields.keys() & second.fields.keys()
        assert len(common) >= 5
        assert {name for name in common if str(first.fields[name].type) != str(second.fields[name].type)} == set()


def test_subscriptions_take_the_same_arguments():
    """Organizations, a filter and a position; members that two filters have in common have the same type in both."""
    types = {}
    for name, field in SCHEMA.subscription_type.fields.items():
        assert field.args.keys() == {"organization", "organizations", "filter", "after"}, name
        for member, of in field.args["filter"].type.fields.items():
            types.setdefault(member, set()).add(str(of.type))

    assert {member for member, names in types.items() if len(names) > 1} == set()
    assert types.keys() >= {"kinds", "projects", "environments", "levels", "assignees", "issues"}


def test_lists_of_a_filter_can_be_excluded():
    """Each list of a filter on issues has its exclusion; `tags` has a switch in each of its conditions."""
    lists = {name for name, field in input_type("IssueFilter").fields.items() if str(field.type).startswith("[")}

    assert lists - input_type("IssueExclusion").fields.keys() == {"tags"}
    assert "exclude" in input_type("TagFilter").fields
