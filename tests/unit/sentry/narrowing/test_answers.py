"""Answers from which objects out of reach are removed."""

import msgspec
import pytest

from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import alerts, issues, organizations, projects, teams, traces
from dexter_graphql.sentry.errors import BadResponse, NotFound
from dexter_graphql.sentry.narrowing.answers import narrow_reply
from support.upstream import a_cache_entry

NAMES = frozenset({"1", "web"})


def reply(value, **members):
    """A reply with this JSON."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Reply(status=200, headers={"x-hits": "9", "cursor-next": "0:1:0"}, body=body, fetched_at=0, **members)


@pytest.mark.parametrize(
    ("endpoint", "answer", "narrowed"),
    [
        (projects.LIST, [{"id": "1"}, {"id": "2"}, {"id": 1}, {}, None, 1], [{"id": "1"}, {"id": 1}]),
        (alerts.METRIC_RULES, [{"projects": ["web", "api"]}, {"projects": []}], [{"projects": ["web"]}]),
        (
            teams.LIST,
            [{"projects": [{"id": "2"}, {"id": "1"}]}, {"projects": [{"id": "2"}]}, {"projects": None}],
            [{"projects": [{"id": "1"}]}],
        ),
        (
            traces.DETAIL,
            [
                {"project_id": 2, "children": [{"project_id": 1, "n": 1, "errors": [{"project_id": 2}]}]},
                {"project_id": 1, "n": 2, "children": [{"project_id": 2, "children": [{"project_id": 1, "n": 3}]}]},
            ],
            [
                {"project_id": 1, "n": 1, "errors": []},
                {"project_id": 1, "n": 2, "children": [{"project_id": 1, "n": 3}]},
            ],
        ),
    ],
)
def test_objects_out_of_reach_are_removed(endpoint, answer, narrowed):
    """Also from lists in objects. Of a tree, the reached parts remain; an object that names no project is removed."""
    shown = narrow_reply(reply(answer), endpoint, NAMES)

    assert msgspec.json.decode(shown.body) == narrowed
    assert (shown.is_narrowed, shown.headers) == (True, {"cursor-next": "0:1:0"})


def test_unchanged_answers_are_the_same():
    """What is in reach as a whole is shared with callers who are not restricted."""
    original = msgspec.structs.replace(reply([{"id": "1", "number": 2**60}]), headers={})

    assert narrow_reply(original, projects.LIST, NAMES) is original


def test_counts_of_all_objects_are_not_shown():
    """Not even with a page of which nothing was removed; Sentry counts what is on other pages, too."""
    shown = narrow_reply(reply([{"id": "1"}], cache_entry=a_cache_entry()), projects.LIST, NAMES)

    assert (shown.headers, shown.body, shown.cache_entry) == ({"cursor-next": "0:1:0"}, b'[{"id":"1"}]', None)


def test_undecoded_parts_keep_their_bytes():
    """Numbers keep their spelling in what is not changed; a row that cannot be read is removed alone."""
    shown = narrow_reply(
        reply(b'[{"id":"1","n":1e30, "m":1.50},{"id":"1","n":1e400},{"id":"2"}]'), projects.LIST, NAMES
    )

    assert shown.body == b'[{"id":"1","n":1e30, "m":1.50}]'


@pytest.mark.parametrize("answer", [{"project": {"id": "2"}}, {}, None, {"project": None}, {"project": "1"}])
def test_object_out_of_reach_does_not_exist(answer):
    """An answer that is such an object is a 404, as from Sentry."""
    with pytest.raises(NotFound, match="does not exist"):
        narrow_reply(reply(answer), issues.DETAIL, NAMES)


@pytest.mark.parametrize("body", [b"", b"<html>", b'"text"', b"[" * 5000, b"[{]"])
def test_answers_that_cannot_be_restricted_are_not_shown(body):
    """Whatever cannot be read cannot be restricted."""
    with pytest.raises(BadResponse, match="cannot be restricted"):
        narrow_reply(reply(body), projects.LIST, NAMES)


def test_organizations_are_named_by_slug():
    """Other members than those of the restriction decide about the list of organizations."""
    shown = narrow_reply(reply([{"slug": "web"}, {"slug": "x"}]), organizations.LIST, NAMES, ("slug",))

    assert msgspec.json.decode(shown.body) == [{"slug": "web"}]


def test_cached_answers_are_restricted_once():
    """The result is kept with the answer, for each reach; the entry itself is not handed out with a changed answer."""
    entry = a_cache_entry()
    original = msgspec.structs.replace(reply([{"id": "1"}, {"id": "2"}], cache_entry=entry), headers={})
    first = narrow_reply(original, projects.LIST, NAMES)

    again = narrow_reply(reply(b"other", cache_entry=entry), projects.LIST, NAMES)
    other = narrow_reply(original, projects.LIST, frozenset({"2"}))
    everything = narrow_reply(original, projects.LIST, frozenset({"1", "2"}))

    assert again.body is first.body
    assert first.cache_entry is None
    assert msgspec.json.decode(other.body) == [{"id": "2"}]
    assert everything is original
