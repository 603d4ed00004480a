"""The Discover search syntax: matches, mismatches and rejected queries."""

from datetime import UTC, datetime

import pytest

from dexter_graphql.sandbox.discover.query import QueryError, iter_conditions, parse_query, split_conditions

ROW = {
    "title": "TimeoutError: too slow",
    "message": "gateway",
    "level": "error",
    "issue.id": 7,
    "error.type": ["TimeoutError", "IOError"],
    "error.handled": False,
    "release": "web@1.2.0",
    "release.is_latest": True,
    "timestamp": datetime(2026, 3, 4, tzinfo=UTC),
    "count()": 12,
    "tags[customer.tier]": "free",
}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "TIMEOUT",
        "gateway",
        '"too slow"',
        "level:error",
        "!level:fatal",
        "level:[error, fatal]",
        "issue.id:7",
        "issue.id:[1,7]",
        "!issue.id:[1,2]",
        "error.type:IOError",
        "error.handled:0",
        "error.handled:false",
        "release:web@*",
        'release:"web@1.2.0"',
        "release:latest",
        "has:release",
        "!has:dist",
        'dist:""',
        "timestamp:>2026-03-03T00:00:00",
        "timestamp:<=2026-03-04",
        "count():>10",
        "count():<1k",
        "tags[customer.tier]:free",
        "level:fatal OR level:error",
        "level:fatal OR (level:error AND issue.id:7)",
        "(level:error) (issue.id:7)",
        "level:error issue.id:8 OR release:latest",
    ],
)
def test_matches(query):
    """The row satisfies the query."""
    assert parse_query(query).matches(ROW)


@pytest.mark.parametrize(
    "query",
    [
        "quick",
        '!"too slow"',
        "level:fatal",
        "!level:error",
        "issue.id:8",
        "issue.id:x",
        "has:dist",
        "release:api@*",
        "timestamp:>2026-03-04",
        "count():>=13",
        "level:error level:fatal",
        "level:fatal OR (level:error AND issue.id:8)",
        "(level:fatal OR level:error) issue.id:8",
        "dist:a",
        "dist:>1",
    ],
)
def test_does_not_match(query):
    """The row does not satisfy the query."""
    assert not parse_query(query).matches(ROW)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("(level:error", "unmatched parentheses"),
        ("level:error)", "unmatched parentheses"),
        ('title:"open', "Parse error"),
        ("level:", "Empty string after 'level:'"),
        ("level:[]", "Empty list"),
        ("is:unresolved", "'is:unresolved' queries are not supported"),
        ("count():>many", "Invalid number: many"),
    ],
)
def test_invalid_queries_are_rejected(query, words):
    """Invalid queries are rejected with a message that names the problem."""
    with pytest.raises(QueryError, match=words.replace("(", r"\(").replace(")", r"\)")):
        parse_query(query)


def test_conditions_on_groups_are_separated():
    """Conditions on functions apply to groups, all others to events."""
    where, having = split_conditions(parse_query("level:error count():>5 (release:latest OR issue.id:7)"))

    assert [term.key for term in iter_conditions(where)] == ["level", "release", "issue.id"]
    assert [term.key for term in iter_conditions(having)] == ["count()"]


def test_mixed_alternatives_are_rejected():
    """An OR between a condition on events and one on groups is rejected."""
    with pytest.raises(QueryError, match="aggregate and non-aggregate"):
        split_conditions(parse_query("level:error OR count():>5"))
