"""Versions of cache tags."""

import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from support.upstream import MovedClock


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def tag_versions(clock):
    return TagVersions(clock, lag_s=5.0)


def test_nothing_invalidated(tag_versions, clock):
    """Without an invalidation snapshots stay equal, also those of no tags."""
    stamps = [tag_versions.snapshot(["a", "b"]), tag_versions.snapshot([])]

    clock.move(10_000)

    assert [tag_versions.snapshot(["a", "b"]), tag_versions.snapshot([])] == stamps


def test_an_invalidation(tag_versions):
    """An invalidation changes the snapshots of its tags and of no others."""
    before = [tag_versions.snapshot(tags) for tags in (["a"], ["a", "b"], ["b"], [])]

    tag_versions.invalidate(["a"])

    after = [tag_versions.snapshot(tags) for tags in (["a"], ["a", "b"], ["b"], [])]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True, True]


@pytest.mark.parametrize(("seconds", "stands"), [(0.0, True), (4.9, True), (5.0, False), (5.1, False)])
def test_an_invalidation_counts_again(tag_versions, clock, seconds, stands):
    """Some seconds after an invalidation the snapshot changes once more, for what the search index did not know yet."""
    tag_versions.invalidate(["a"])
    snapshot = tag_versions.snapshot(["a"])

    clock.move(seconds)

    assert (tag_versions.snapshot(["a"]) == snapshot) is stands


def test_snapshots_stand_after_the_lag(tag_versions, clock):
    """An invalidation counts twice and no more."""
    tag_versions.invalidate(["a"])
    clock.move(5)
    snapshot = tag_versions.snapshot(["a"])

    clock.move(10_000)

    assert tag_versions.snapshot(["a"]) == snapshot


def test_invalidations_in_a_row(tag_versions, clock):
    """Invalidations within the lag of another one never bring back an older snapshot."""
    seen = [tag_versions.snapshot(["a"])]
    for seconds in (0, 1, 4.9, 0, 5, 5, 0):
        clock.move(seconds)
        tag_versions.invalidate(["a"])
        seen.append(tag_versions.snapshot(["a"]))
    clock.move(5)
    seen.append(tag_versions.snapshot(["a"]))

    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(("tags", "stands"), [(2, True), (3, True), (4, False)])
def test_the_table_is_bounded(clock, tags, stands):
    """Removing a tag from the full table changes all snapshots."""
    tag_versions = TagVersions(clock, limit=3)
    tag_versions.invalidate(["tag0"])
    snapshot = tag_versions.snapshot(["tag0"])

    tag_versions.invalidate([f"tag{n}" for n in range(1, tags)])

    assert (tag_versions.snapshot(["tag0"]) == snapshot) is stands
    assert len(tag_versions._invalidated) == min(tags, 3)


def test_the_oldest_tag_goes(clock):
    """A tag that is invalidated again is no longer the oldest."""
    tag_versions = TagVersions(clock, limit=2)

    tag_versions.invalidate(["a", "b", "a", "c"])

    assert list(tag_versions._invalidated) == ["a", "c"]


def test_version_stands_while_snapshots_do(tag_versions, clock):
    """Every invalidation changes the version, at once and when its lag is over; time alone does not."""
    versions = [tag_versions.version]

    tag_versions.invalidate(["a", "b"])
    versions.append(tag_versions.version)
    clock.move(4.9)
    versions.append(tag_versions.version)
    tag_versions.invalidate([], is_local=False)
    versions.append(tag_versions.version)
    clock.move(0.1)
    versions.append(tag_versions.version)
    clock.move(10_000)
    versions.append(tag_versions.version)
    tag_versions.invalidate_all()
    versions.append(tag_versions.version)

    assert versions == [0, 1, 1, 2, 3, 4, 5]


def test_version_remembers_no_more_than_the_lag(tag_versions, clock):
    """Past invalidations are forgotten when their lag is over."""
    for _ in range(100):
        tag_versions.invalidate(["a"])
        clock.move(1)

    assert len(tag_versions._lagging) <= 6
