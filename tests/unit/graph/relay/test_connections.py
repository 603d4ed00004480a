"""The arguments of connections, forward and backward, and what they bring."""

import inspect

import pytest
from graphql import is_required_argument

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.connections import (
    MAX_FIRST,
    PageArguments,
    page_arguments,
    paged,
    slice_of,
)
from dexter_graphql.graph.relay.global_ids import encode_cursor
from dexter_graphql.sentry.pagination import Before, Position

PLACE = Position("0:20:0", 3, 20)
CURSOR = encode_cursor(PLACE)
PROJECTS = "/organizations/{organization}/projects/"
PAGE = "nodes { slug } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def test_without_arguments():
    """Twenty rows from the start."""
    assert page_arguments() == PageArguments(20, None)


@pytest.mark.parametrize("count", [0, 1, MAX_FIRST])
def test_windows_both_ways(count):
    """A number and a cursor are a part of the list that begins there, or ends there."""
    assert page_arguments(first=count, after=CURSOR) == PageArguments(count, PLACE)
    assert page_arguments(last=count, before=CURSOR) == PageArguments(count, Before("0:20:0", 3, 20))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": -1}, "'first' must be between 0 and 1000, not -1"),
        ({"first": MAX_FIRST + 1}, "'first' must be between 0 and 1000, not 1001"),
        ({"last": -1, "before": CURSOR}, "'last' must be between 0 and 1000, not -1"),
        ({"last": MAX_FIRST + 1, "before": CURSOR}, "'last' must be between 0 and 1000, not 1001"),
        ({"last": 5}, "'last' requires 'before': the end of Sentry's lists is not known"),
        ({"before": CURSOR}, "'before' requires 'last', the number of items to return before the cursor"),
        (
            {"last": 5, "before": CURSOR, "after": CURSOR},
            "Use either 'first' and 'after' or 'last' and 'before', not both",
        ),
        (
            {"last": 5, "before": CURSOR, "first": 10},
            "Use either 'first' and 'after' or 'last' and 'before', not both",
        ),
        ({"last": 5, "before": "x"}, "Invalid cursor: it was not created by this server"),
    ],
)
def test_what_makes_no_window(arguments, message):
    """Numbers out of bounds, and arguments that contradict each other, are refused with the reason."""
    with pytest.raises(BadUserInput) as refused:
        page_arguments(**arguments)

    assert str(refused.value) == message


def test_paged_function_gets_the_page_of_its_arguments():
    """It declares the four paging arguments after its own."""

    @paged
    def rows(parent, *, query: str = "", page: PageArguments) -> str:
        """Rows."""
        return parent, query, page

    assert list(inspect.signature(rows).parameters) == ["parent", "query", "first", "after", "last", "before"]
    assert (rows.__name__, rows.__doc__, inspect.signature(rows).return_annotation) == ("rows", "Rows.", str)
    assert rows("row", query="a", last=2, before=CURSOR) == ("row", "a", page_arguments(last=2, before=CURSOR))
    assert rows("row") == ("row", "", PageArguments(20, None))


def test_a_list_that_came_whole():
    """All of its rows can be read, both ways."""
    rows = list(range(250))

    end = slice_of(rows, PageArguments(2, Position("200", 48, 100)))
    back = slice_of(rows, PageArguments(2, Before("100", 1, 100)))

    assert (end.rows, end.has_next, end.has_previous) == ([248, 249], False, True)
    assert (back.rows, back.has_next, back.has_previous) == ([98, 99], True, True)


def test_every_connection_pages_both_ways(graph):
    """Every field with a connection has the four paging arguments."""
    fields = [
        (f"{type_.name}.{name}", set(field.args))
        for type_ in graph.schema.type_map.values()
        for name, field in getattr(type_, "fields", {}).items()
        if str(field.type).rstrip("!").endswith("Connection")
    ]

    assert fields
    assert [name for name, arguments in fields if not arguments >= {"first", "after", "last", "before"}] == []


async def projects(asker, arguments):
    """A page of projects, and the routes that were called for it."""
    answer = await asker.organization(f"projects({arguments}) {{ {PAGE} }}")
    return answer["projects"], answer.routes


async def test_there_and_back(asker):
    """The rows before the second page are the first page, in the same order, and the next ones the second again."""
    whole, _ = await projects(asker, "first: 8")
    first, _ = await projects(asker, "first: 4")
    second, _ = await projects(asker, f'first: 4, after: "{first["pageInfo"]["endCursor"]}"')
    start = second["pageInfo"]["startCursor"]

    back, _ = await projects(asker, f'last: 4, before: "{start}"')
    some, _ = await projects(asker, f'last: 3, before: "{start}"')
    again, _ = await projects(asker, f'first: 4, after: "{back["pageInfo"]["endCursor"]}"')

    assert first["nodes"] + second["nodes"] == whole["nodes"]
    assert (back["nodes"], again["nodes"], some["nodes"]) == (first["nodes"], second["nodes"], first["nodes"][1:])
    assert (back["pageInfo"]["hasPreviousPage"], back["pageInfo"]["hasNextPage"]) == (False, True)
    assert (some["pageInfo"]["hasPreviousPage"], some["pageInfo"]["hasNextPage"]) == (True, True)


async def test_a_way_back_costs_the_pages_that_it_reads(asker):
    """Rows on the page of the cursor and on the page before it cost two calls."""
    whole, _ = await projects(asker, "first: 8")

    page, routes = await projects(asker, f'last: 5, before: "{encode_cursor(Position("0:4:0", 4, 4))}"')

    assert page["nodes"] == whole["nodes"][2:7]
    assert routes == [PROJECTS, PROJECTS]


def connections_of(graph, typename):
    """Fields of a type with a connection and without required arguments."""
    return sorted(
        name
        for name, field in graph.schema.get_type(typename).fields.items()
        if str(field.type).endswith("Connection") and not any(map(is_required_argument, field.args.values()))
    )


EMPTY_PAGE = {"nodes": [], "pageInfo": {"hasPreviousPage": False, "endCursor": None}}
PARENTS = {
    "Organization": "%s",
    "Project": 'project(slug: "web") { %s }',
    "Issue": 'issue(shortId: "WEB-1") { %s }',
    "Release": 'release(version: "mobile@1.9.0") { %s }',
    "Team": 'team(slug: "platform") { %s }',
}


@pytest.mark.parametrize("typename", PARENTS)
async def test_no_items_may_be_requested(asker, graph, typename):
    """Every connection returns its page information without items."""
    names = connections_of(graph, typename)
    page = "(first: 0) { nodes { __typename } pageInfo { hasPreviousPage endCursor } }"

    answer = await asker.organization(PARENTS[typename] % " ".join(f"{name}{page}" for name in names))

    parent = answer.data if typename == "Organization" else next(iter(answer.data.values()))
    assert list(parent.items()) == [(name, EMPTY_PAGE) for name in names]


async def test_total_count_needs_no_items(asker):
    """Issues are counted with one call."""
    counted = await asker.organization("issues(first: 0) { totalCount nodes { id } pageInfo { hasNextPage } }")
    listed = await asker.organization("issues(first: 1) { totalCount }")

    assert counted["issues"] == {
        "totalCount": listed["issues"]["totalCount"],
        "nodes": [],
        "pageInfo": {"hasNextPage": True},
    }


async def test_last_alone_is_refused(asker):
    """The field is null with an error that names what is missing; the organization stands."""
    answer = await asker.ask('{ organization(slug: "acme") { slug projects(last: 2) { nodes { slug } } } }')

    assert answer.data == {"organization": {"slug": "acme", "projects": None}}
    assert [(error["extensions"]["code"], error["path"]) for error in answer.errors] == [
        ("BAD_USER_INPUT", ["organization", "projects"])
    ]
