"""IDs and cursors are decoded to what was encoded; any other text raises BadUserInput."""

import base64
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.relay.global_ids import decode_cursor, decode_id, encode_cursor, encode_id, key_from_id
from dexter_graphql.sentry.pagination import Position

TYPENAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{0,30}", fullmatch=True)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ENCODED = (st.text() | st.binary().map(lambda raw: raw.decode("latin-1"))).map(
    lambda text: base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode()
)
ANY_TEXT = st.text() | st.text(ALPHABET + "=+/") | ENCODED | ENCODED.map(lambda text: text.rstrip("="))


@given(TYPENAMES, st.lists(KEYS, min_size=1, max_size=4).filter(lambda keys: keys != [""]))
def test_id_round_trip(typename, keys):
    """Type and keys come back; the text needs no quoting in an address."""
    value = encode_id(typename, *keys)

    assert decode_id(value) == (typename, tuple(keys))
    assert key_from_id(value, typename, len(keys)) == tuple(keys)
    assert set(value) <= set(ALPHABET)


@given(TYPENAMES, st.lists(KEYS, max_size=4))
def test_id_is_url_safe_base64_of_its_quoted_parts(typename, keys):
    """Clients store IDs, so that their encoding may not change."""
    text = ":".join([typename, "", *(quote(key, safe="") for key in keys)])

    assert encode_id(typename, *keys) == base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(
    st.none() | st.from_regex(r"[A-Za-z0-9_.:+-]{1,256}", fullmatch=True),
    st.integers(1, 100).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))),
)
def test_cursor_round_trip(cursor, index_and_size):
    """Every position comes back; the text needs no quoting in an address."""
    position = Position(cursor, *index_and_size)

    value = encode_cursor(position)

    assert decode_cursor(value) == position
    assert set(value) <= set(ALPHABET)


@given(TYPENAMES, TYPENAMES, st.lists(KEYS, min_size=1, max_size=3), st.lists(KEYS, min_size=1, max_size=3))
def test_different_things_have_different_ids(typename, other, keys, more):
    """No two tuples of type and keys share an id."""
    assert (encode_id(typename, *keys) == encode_id(other, *more)) is ((typename, keys) == (other, more))


@given(ANY_TEXT)
def test_no_id_raises_anything_else(text):
    """A text is an id or the client's mistake."""
    try:
        typename, parts = decode_id(text)
    except BadUserInput:
        return
    assert typename.isidentifier()
    assert parts


@given(ANY_TEXT)
def test_no_cursor_raises_anything_else(text):
    """A text is a cursor within the bounds or the client's mistake."""
    try:
        position = decode_cursor(text)
    except BadUserInput:
        return
    assert 0 <= position.index <= position.size <= 100
