"""Lists that loaders hold whole, read backward."""

import pytest

from dexter_graphql.loaders.lists import ListOptions, page_of_rows
from dexter_graphql.loaders.monitors import first_page, is_first_page
from dexter_graphql.sentry.pagination import Before, Position, Slice

ROWS = list(range(10))


def wanted(first, after):
    """A part of a list that nothing narrows."""
    return ListOptions((), first, after, 1000)


def test_rules_both_ways():
    """Old rules are read whole; the rows before the second page are the first one."""
    one = page_of_rows(ROWS, wanted(4, None))
    two = page_of_rows(ROWS, wanted(4, one.positions[-1]))
    start = two.positions[0]

    back = page_of_rows(ROWS, wanted(4, Before(start.cursor, start.index, start.size)))

    assert (back.rows, back.has_previous, back.has_next) == ([0, 1, 2, 3], False, True)


@pytest.mark.parametrize(("cursor", "expected"), [(None, True), ("0:100:0", False)])
def test_what_is_read_for_many_projects_at_once(cursor, expected):
    """Rows before a row of the first hundred are among them; those before a later one need not be."""
    assert is_first_page(wanted(1000, Before(cursor, 5, 100))) is expected


def test_first_rows_of_a_project_backward():
    """The part before a row, out of rows that are all there."""
    found = first_page(ROWS, wanted(2, Before(None, 5, 100)))

    assert found == Slice([2, 3], [Position(None, 3, 100), Position(None, 4, 100)], has_next=True, has_previous=True)
