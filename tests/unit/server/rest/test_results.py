"""The part of an answer that a route returns."""

import msgspec
import pytest

from dexter_graphql.server.rest.results import result_of

LIST = {"a": {"b": {"nodes": [{"c": 1}], "totalCount": 5, "pageInfo": {"hasNextPage": True, "endCursor": "x"}}}}
ERROR = {"message": "no", "path": ["a"]}
USER_ERROR = {"field": ["input"], "message": "no", "code": "NOT_FOUND"}


def read(data, path, **more):
    """The result of an answer with some data."""
    return result_of(msgspec.json.encode({"data": data, **more}), path.split("."))


def test_nodes_of_a_list_are_the_data():
    """Other members of a list, and the answer's extensions, stand beside it."""
    result = read(LIST, "a.b", extensions={"dexter": {"stale": True}})

    assert msgspec.json.decode(result.encode()) == {
        "data": [{"c": 1}],
        "meta": {"totalCount": 5, "pageInfo": {"hasNextPage": True, "endCursor": "x"}, "dexter": {"stale": True}},
    }
    assert result.next_cursor == "x"


def test_last_page_has_no_next_one():
    """A cursor counts only where there is more."""
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": "x"}}

    assert read({"a": page}, "a").next_cursor is None


@pytest.mark.parametrize(
    ("data", "path", "body"),
    [
        ({"a": {"b": 1}}, "a", {"data": {"b": 1}}),
        ({"a": [1, 2]}, "a", {"data": [1, 2]}),
        ({"a": {"b": [{"c": 7}]}}, "a.b.0.c", {"data": 7}),
        ({"a": {"nodes": []}}, "a", {"data": []}),
    ],
)
def test_data_stands_at_the_path(data, path, body):
    """Objects, lists and elements of lists."""
    assert msgspec.json.decode(read(data, path).encode()) == body


@pytest.mark.parametrize(
    ("data", "path", "missing"),
    [
        (None, "a.b", "a"),
        ({"a": None}, "a.b", "a"),
        ({"a": {"b": None}}, "a.b", "b"),
        ({"a": {}}, "a", "a"),
        ({"a": {"b": []}}, "a.b.0.c", "c"),
        ({"a": {"b": [{"c": None}]}}, "a.b.0.c", "c"),
    ],
)
def test_missing_data_is_named(data, path, missing):
    """The first field that is null or empty on the way."""
    result = read(data, path, errors=[ERROR])

    assert (result.data, result.missing, list(result.errors)) == (None, missing, [ERROR])


@pytest.mark.parametrize("path", ["a", "a.b", "a.b.c"])
def test_user_errors_of_a_payload_are_kept(path):
    """What the user can correct is found above the result and in it."""
    result = read({"a": {"b": None, "userErrors": [USER_ERROR]}}, path)

    assert (result.data, result.user_errors) == (None, [USER_ERROR])


@pytest.mark.parametrize(("results", "is_refused"), [([], True), ([{"c": 1}], False)])
def test_change_of_some_items_is_a_success(results, is_refused):
    """User errors of a payload refuse it as a whole only where no item has a result."""
    payload = {"results": results, "userErrors": [USER_ERROR]}

    result = read({"a": payload}, "a")

    assert (result.data is None, bool(result.user_errors)) == (is_refused, is_refused)


def test_partial_results_keep_their_errors():
    """Errors of parts stand beside the data."""
    result = read({"a": {"b": None, "c": 1}}, "a", errors=[ERROR])

    assert msgspec.json.decode(result.encode()) == {"data": {"b": None, "c": 1}, "errors": [ERROR]}
