"""Headers that are read once, and verdicts that are remembered."""

import pytest

from dexter_graphql.server.headers import MAX_MEMOIZED, MAX_MEMOIZED_BYTES, headers_of, memoized_header


def test_first_of_equal_names_counts():
    """Whoever sends a header twice cannot have one judged and the other used."""
    scope = {"headers": [(b"host", b"localhost"), (b"accept", b"a"), (b"host", b"evil.example")]}

    assert headers_of(scope) == {b"host": b"localhost", b"accept": b"a"}
    assert headers_of(scope) is headers_of(scope)


def test_verdict_is_asked_for_once():
    """A value that comes again is not judged again; no value is a value of its own."""
    asked = []
    verdict = memoized_header(lambda value: asked.append(value) or value)

    assert [verdict(value) for value in (b"a", b"a", None, None, b"\xe9")] == ["a", "a", None, None, "é"]
    assert asked == ["a", None, "é"]


@pytest.mark.parametrize(("length", "times"), [(MAX_MEMOIZED_BYTES, 1), (MAX_MEMOIZED_BYTES + 1, 2)])
def test_long_values_are_not_kept(length, times):
    """Clients choose values, so their memory is bounded."""
    asked = []
    verdict = memoized_header(asked.append)

    verdict(b"x" * length)
    verdict(b"x" * length)

    assert len(asked) == times


def test_old_values_are_forgotten():
    """So many are kept, those seen last."""
    asked = []
    verdict = memoized_header(asked.append)

    for number in range(MAX_MEMOIZED + 1):
        verdict(b"%d" % number)
    verdict(b"%d" % MAX_MEMOIZED)
    verdict(b"0")

    assert asked[MAX_MEMOIZED:] == [str(MAX_MEMOIZED), "0"]


def test_refusal_is_not_kept():
    """What was refused is judged each time, and refused each time."""
    asked = []

    def refuse(value):
        asked.append(value)
        raise ValueError(value)

    verdict = memoized_header(refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            verdict(b"x")

    assert asked == ["x", "x"]
