"""Columns, groups, functions and equations over plain rows."""

from datetime import UTC, datetime

import pytest

from dexter_graphql.sandbox.discover.columns import parse_column, parse_columns
from dexter_graphql.sandbox.discover.equations import evaluate
from dexter_graphql.sandbox.discover.query import AllOf, QueryError, parse_query
from dexter_graphql.sandbox.discover.table import group_rows, render_group, sort_groups

FIRST, LAST = datetime(2026, 3, 4, 10, 0, 0, 500, tzinfo=UTC), datetime(2026, 3, 4, 11, tzinfo=UTC)
ROWS = [
    {"id": "a", "level": "error", "user": "id:1", "transaction.duration": 100, "timestamp": FIRST, "error.type": ["A"]},
    {"id": "b", "level": "error", "user": "id:2", "transaction.duration": 300, "timestamp": LAST, "error.type": ["A"]},
    {"id": "c", "level": "info", "user": None, "transaction.duration": None, "timestamp": FIRST, "error.type": ["B"]},
]


def table(*names, query="", sort=(), rows=ROWS):
    columns = parse_columns(list(names))
    groups = sort_groups(group_rows(rows, columns, AllOf(parse_query(query).parts), 10), columns, sort)
    return [list(render_group(group, columns).values()) for group in groups]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count()", 3),
        ("count_unique(user)", 2),
        ("count_if(level,equals,error)", 2),
        ("count_if(level,notEquals,error)", 1),
        ("count_if(transaction.duration,greater,100)", 1),
        ("latest_event()", "b"),
        ("first_seen()", "2026-03-04T10:00:00+00:00"),
        ("last_seen()", "2026-03-04T11:00:00+00:00"),
        ("max(timestamp)", "2026-03-04T11:00:00+00:00"),
        ("epm()", 0.3),
        ("eps()", 0.005),
        ("min(transaction.duration)", 100),
        ("avg(transaction.duration)", 200),
        ("sum(transaction.duration)", 400),
        ("p50(transaction.duration)", 100),
        ("p95()", 300),
        ("percentile(transaction.duration, 0.5)", 100),
        ("any(level)", "error"),
        ("failure_rate()", 0.0),
        ("equation|count() / count_unique(user)", 1.5),
    ],
)
def test_functions(name, value):
    """A function without plain columns yields one row over all rows."""
    assert table(name) == [[pytest.approx(value) if isinstance(value, float) else value]]


@pytest.mark.parametrize(("name", "value"), [("count()", 0), ("avg(transaction.duration)", 0), ("last_seen()", None)])
def test_functions_without_rows(name, value):
    """Without rows there is still one result row, with counts of 0 and times of None."""
    assert table(name, rows=[]) == [[value]]


def test_plain_columns_give_rows():
    """Without a function there is one result row per event."""
    assert table("id", "error.type") == [["a", ["A"]], ["b", ["A"]], ["c", ["B"]]]


def test_groups_form_over_plain_columns():
    """Rows with equal values form a group, including list values."""
    assert table("error.type", "count()", sort=["-count()"]) == [[["A"], 2], [["B"], 1]]


def test_sorting_takes_several_keys_and_aliases():
    """The first sort key dominates, and `count_unique_user` is an alias of `count_unique(user)`."""
    names = ("level", "count()", "count_unique(user)")

    assert table(*names, sort=["count_unique_user"])[0][0] == "info"
    assert table(*names, sort=["-count", "level"])[0][0] == "error"


def test_absent_values_sort_lowest():
    """Absent values come first in ascending order."""
    assert [row[0] for row in table("id", "transaction.duration", sort=["transaction.duration"])] == ["c", "a", "b"]


def test_conditions_on_functions_drop_groups():
    """Only groups whose function satisfies the condition remain."""
    assert table("level", "count()", query="count():>1") == [["error", 2]]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "No columns selected"),
        ([f"tag{number}" for number in range(21)], "up to 20 fields"),
        (["guess()"], "guess is not a valid function"),
        (["count_unique()"], "expected 1 argument"),
        (["a b"], "Invalid characters"),
    ],
)
def test_invalid_columns_are_rejected(names, words):
    """Unknown functions, wrong arguments and too many fields are rejected."""
    with pytest.raises(QueryError, match=words):
        parse_columns(names)


def test_twenty_columns_are_allowed():
    """The maximum number of fields is accepted."""
    assert len(parse_columns([f"tag{number}" for number in range(20)])) == 20


def test_sorting_by_an_unselected_column_is_rejected():
    """Sorting by a column that is not selected is rejected."""
    with pytest.raises(QueryError, match="not selected"):
        table("id", sort=["level"])


def test_unknown_comparison_is_rejected():
    """`count_if` rejects an unknown comparison."""
    with pytest.raises(QueryError, match="not a valid condition"):
        table("count_if(level,resembles,error)")


def test_division_by_zero_has_no_value():
    """A division by zero yields null instead of an error."""
    assert evaluate("count() / failure_rate()", {"count()": 1, "failure_rate()": 0}.get) is None


@pytest.mark.parametrize("text", ["count() +", "count() ** 2", "name", "'a'"])
def test_other_arithmetic_is_rejected(text):
    """Equations consist of the four operations over numbers and functions only."""
    with pytest.raises(QueryError, match="not a valid equation"):
        evaluate(text, lambda _: 1)


def test_quantile_of_a_percentile():
    """The quantile is part of the name, or the second argument."""
    assert parse_column("p99(span.duration)").share == 0.99
    assert parse_column("percentile(span.duration, 0.3)").share == 0.3
