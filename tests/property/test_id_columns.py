"""IDs that are encoded as a column equal those that are encoded one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.graph.relay.global_ids import encode_id, encode_ids

TYPENAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{0,8}", fullmatch=True)
PLAIN_PARTS = st.text("abcXYZ0189_.~-", max_size=12)
PARTS = PLAIN_PARTS | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SIZES = st.tuples(st.integers(1, 4), st.integers(0, 12))


@st.composite
def tables(draw):
    """Rows of parts: some with nothing to quote, some with any text."""
    width, height = draw(SIZES)
    parts = draw(st.sampled_from([PLAIN_PARTS, PARTS]))
    return width, draw(st.lists(st.tuples(*[parts] * width), min_size=height, max_size=height))


@given(TYPENAMES, tables())
def test_column_equals_single_ids(typename, table):
    """For any texts, lengths and numbers of rows."""
    width, rows = table
    columns = [[row[index] for row in rows] for index in range(width)]

    assert encode_ids(typename, *columns) == [encode_id(typename, *row) for row in rows]


def test_unpaired_surrogate_fails_as_for_a_single_id():
    """The column fails, and the rows are then encoded one by one."""
    with pytest.raises(UnicodeEncodeError):
        encode_id("Release", "1", "\ud800")
    with pytest.raises(UnicodeEncodeError):
        encode_ids("Release", ["1", "1"], ["a", "\ud800"])
