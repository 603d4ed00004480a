"""Watches of cache tags."""

import pytest

from dexter_graphql.sentry import tag_watches
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.tag_watches import TagWatches
from support.upstream import MovedClock


@pytest.fixture
def tag_versions():
    return TagVersions(MovedClock())


@pytest.fixture
def watches(tag_versions):
    return TagWatches(tag_versions)


@pytest.mark.parametrize(("tags", "is_touched"), [(["a"], True), (["b", "c"], True), (["c"], False), ([], False)])
@pytest.mark.parametrize("when", ["before the tags are known", "after"])
def test_watch_is_touched_by_its_tags(tag_versions, watches, tags, is_touched, when):
    """An invalidation counts from before the answer is made."""
    watch = watches.watch()
    watch.begin()

    if when == "after":
        watch.narrow(["a", "b"])
    tag_versions.invalidate(tags)
    if when != "after":
        watch.narrow(["a", "b"])

    assert watch.touched.is_set() is is_touched


def test_invalidation_of_another_replica(tag_versions, watches):
    """Touches as one of this process does."""
    watch = watches.watch()
    watch.begin()
    watch.narrow(["a"])

    tag_versions.invalidate(["a"], is_local=False)

    assert watch.touched.is_set()


def test_all_tags_touch_every_watch(tag_versions, watches):
    """Also those whose tags are not known yet."""
    known, unknown = watches.watch(), watches.watch()
    known.begin()
    known.narrow(["a"])
    unknown.begin()

    tag_versions.invalidate_all()

    assert (known.touched.is_set(), unknown.touched.is_set()) == (True, True)


def test_begin_forgets_what_was_before(tag_versions, watches):
    """A new answer is touched only by what happens after its beginning; tags of the former answer do not count."""
    watch = watches.watch()
    watch.begin()
    watch.narrow(["a"])
    tag_versions.invalidate(["a", "b"])

    watch.begin()
    watch.narrow(["b"])
    tag_versions.invalidate(["a"])

    assert not watch.touched.is_set()


def test_more_tags_than_remembered_count_as_touched(tag_versions, watches, monkeypatch):
    """The memory of a watch is bounded; it errs on the side of another refresh."""
    monkeypatch.setattr(tag_watches, "MAX_SEEN", 3)
    watch = watches.watch()
    watch.begin()

    for tag in ("a", "b", "c", "d"):
        tag_versions.invalidate([tag])
    watch.narrow(["x"])

    assert watch.touched.is_set()


@pytest.mark.parametrize("is_narrowed", [True, False])
def test_closed_watch_is_forgotten(tag_versions, watches, is_narrowed):
    """Nothing refers to a watch whose block has ended."""
    with watches.watch() as watch:
        watch.begin()
        if is_narrowed:
            watch.narrow(["a", "b"])
        open_watches = len(watches)

    tag_versions.invalidate(["a"])

    assert (open_watches, len(watches), watch.touched.is_set()) == (1, 0, False)
