"""Request headers are read once, and parsed values are memoized."""

import pytest

from dexter_graphql.server.headers import MAX_MEMOIZED, MAX_MEMOIZED_BYTES, headers_of, memoized_header


def test_first_of_equal_names_counts():
    """Of two equal headers every part of the server reads the first."""
    scope = {"headers": [(b"host", b"localhost"), (b"accept", b"a"), (b"host", b"evil.example")]}

    assert headers_of(scope) == {b"host": b"localhost", b"accept": b"a"}
    assert headers_of(scope) is headers_of(scope)


def test_value_is_parsed_once():
    """A repeated value is not parsed again; a missing header is a value, too."""
    parsed = []
    parse = memoized_header(lambda value: parsed.append(value) or value)

    assert [parse(value) for value in (b"a", b"a", None, None, b"\xe9")] == ["a", "a", None, None, "é"]
    assert parsed == ["a", None, "é"]


@pytest.mark.parametrize(("length", "times"), [(MAX_MEMOIZED_BYTES, 1), (MAX_MEMOIZED_BYTES + 1, 2)])
def test_long_values_are_not_memoized(length, times):
    """Clients choose values, so long ones are not kept in memory."""
    parsed = []
    parse = memoized_header(parsed.append)

    parse(b"x" * length)
    parse(b"x" * length)

    assert len(parsed) == times


def test_least_recent_values_are_evicted():
    """The number of memoized values is bounded."""
    parsed = []
    parse = memoized_header(parsed.append)

    for number in range(MAX_MEMOIZED + 1):
        parse(b"%d" % number)
    parse(b"%d" % MAX_MEMOIZED)
    parse(b"0")

    assert parsed[MAX_MEMOIZED:] == [str(MAX_MEMOIZED), "0"]


def test_exception_is_not_memoized():
    """An invalid value is parsed, and rejected, each time."""
    parsed = []

    def reject(value):
        parsed.append(value)
        raise ValueError(value)

    parse = memoized_header(reject)
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            parse(b"x")

    assert parsed == ["x", "x"]
