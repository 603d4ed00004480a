"""The stamps by which answers are known to hold."""

import pytest

from dexter_graphql.sentry.generations import Generations
from support.upstream import MovedClock


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def generations(clock):
    return Generations(clock, lag_s=5.0)


def test_nothing_raised(generations, clock):
    """Without a raise stamps stand for ever, also with no tags at all."""
    stamps = [generations.stamp(["a", "b"]), generations.stamp([])]

    clock.move(10_000)

    assert [generations.stamp(["a", "b"]), generations.stamp([])] == stamps


def test_a_raise(generations):
    """A raise changes the stamps of its tags and of no others."""
    before = [generations.stamp(tags) for tags in (["a"], ["a", "b"], ["b"], [])]

    generations.raise_(["a"])

    after = [generations.stamp(tags) for tags in (["a"], ["a", "b"], ["b"], [])]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True, True]


@pytest.mark.parametrize(("seconds", "stands"), [(0.0, True), (4.9, True), (5.0, False), (5.1, False)])
def test_a_raise_counts_again(generations, clock, seconds, stands):
    """Some seconds after a raise the stamp changes once more, for what the search index did not know yet."""
    generations.raise_(["a"])
    stamp = generations.stamp(["a"])

    clock.move(seconds)

    assert (generations.stamp(["a"]) == stamp) is stands


def test_after_the_lag_stamps_stand(generations, clock):
    """A raise counts twice, not for ever."""
    generations.raise_(["a"])
    clock.move(5)
    stamp = generations.stamp(["a"])

    clock.move(10_000)

    assert generations.stamp(["a"]) == stamp


def test_raises_in_a_row(generations, clock):
    """Raises within the lag of another never bring back an older stamp."""
    seen = [generations.stamp(["a"])]
    for seconds in (0, 1, 4.9, 0, 5, 5, 0):
        clock.move(seconds)
        generations.raise_(["a"])
        seen.append(generations.stamp(["a"]))
    clock.move(5)
    seen.append(generations.stamp(["a"]))

    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(("tags", "stands"), [(2, True), (3, True), (4, False)])
def test_the_table_is_bounded(clock, tags, stands):
    """A tag that had to be forgotten takes with it whatever may have depended on it."""
    generations = Generations(clock, limit=3)
    generations.raise_(["tag0"])
    stamp = generations.stamp(["tag0"])

    generations.raise_([f"tag{n}" for n in range(1, tags)])

    assert (generations.stamp(["tag0"]) == stamp) is stands
    assert len(generations._raised) == min(tags, 3)


def test_the_oldest_tag_goes(clock):
    """A tag raised again is no longer the oldest."""
    generations = Generations(clock, limit=2)

    generations.raise_(["a", "b", "a", "c"])

    assert list(generations._raised) == ["a", "c"]


def test_version_stands_while_all_stamps_do(generations, clock):
    """Every raise moves it, at once and when the lag is over; time alone does not."""
    versions = [generations.version]

    generations.raise_(["a", "b"])
    versions.append(generations.version)
    clock.move(4.9)
    versions.append(generations.version)
    generations.raise_([], is_news=False)
    versions.append(generations.version)
    clock.move(0.1)
    versions.append(generations.version)
    clock.move(10_000)
    versions.append(generations.version)
    generations.raise_everything()
    versions.append(generations.version)

    assert versions == [0, 1, 1, 2, 3, 4, 5]


def test_version_remembers_no_more_than_the_lag(generations, clock):
    """Raises that nobody asks about are forgotten when their lag is over."""
    for _ in range(100):
        generations.raise_(["a"])
        clock.move(1)

    assert len(generations._lagging) <= 6
