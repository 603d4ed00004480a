"""Typed filters as Sentry's search text."""

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.issues.enums import IssueIs, IssuePriority, Level
from dexter_graphql.graph.issues.search import (
    AssigneeFilter,
    IssueFilter,
    TagFilter,
    filter_query,
    quoted,
    search_text,
    tag_key,
)


def test_no_filter_asks_for_everything():
    """`query` is always sent, because Sentry's default differs by version."""
    assert filter_query(None) == filter_query(IssueFilter()) == (("query", ""),)


def test_everything_given_must_hold():
    """Terms stand side by side; projects and environments are parameters of their own."""
    value = IssueFilter(
        is_=[IssueIs.UNRESOLVED, IssueIs.UNASSIGNED],
        levels=[Level.ERROR, Level.FATAL],
        priorities=[IssuePriority.HIGH],
        projects=["web", "api"],
        environments=["production"],
        assignee=AssigneeFilter(user="ada@example.com"),
        releases=["1.0", "app@2.0 beta"],
        tags=[TagFilter(key="browser.name", value="Fire fox"), TagFilter(key="os", value="iOS", exclude=True)],
        search="  timeout ",
    )

    query = 'is:unresolved is:unassigned level:[error,fatal] issue.priority:high release:[1.0,"app@2.0 beta"] '
    query += 'assigned:ada@example.com browser.name:"Fire fox" !os:iOS timeout'
    assert filter_query(value) == (
        ("query", query),
        ("project", "web"),
        ("project", "api"),
        ("environment", "production"),
    )


@pytest.mark.parametrize("empty", [None, []])
@pytest.mark.parametrize("name", ["is_", "levels", "priorities", "projects", "environments", "releases", "tags"])
def test_empty_list_is_no_condition(name, empty):
    """Null and empty are as left out."""
    assert filter_query(IssueFilter(**{name: empty})) == (("query", ""),)


@pytest.mark.parametrize("search", [None, "", "  ", "\t\n"])
def test_empty_search_adds_nothing(search):
    """Not even a space."""
    assert search_text(IssueFilter(is_=[IssueIs.UNRESOLVED], search=search)) == "is:unresolved"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("a-b_c.d@1", "a-b_c.d@1"),
        ("star*", "star*"),
        ("back\\slash", "back\\slash"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "hi"', '"say \\"hi\\""'),
        ('a\\ b"', '"a\\\\ b\\""'),
        ("a,b", '"a,b"'),
        ("[a]", '"[a]"'),
        ("(a)", '"(a)"'),
        ("a:b", '"a:b"'),
        ("tab\there", '"tab\there"'),
        ("line\nhere", '"line\nhere"'),
        ("x is:resolved", '"x is:resolved"'),
    ],
)
def test_value_stays_one_word(value, text):
    """What the search would take apart is quoted; nothing in a value becomes a condition of its own."""
    assert quoted(value) == text
    assert search_text(IssueFilter(releases=[value])) == f"release:{text}"


@pytest.mark.parametrize("key", ["environment", "browser.name", "a-b", "x_1", "tags", "ü"])
def test_tag_is_named_as_it_is(key):
    """Any plain word is the name of a tag."""
    assert tag_key(key) == key


@pytest.mark.parametrize("key", ["", "a b", "!a", "a:b", 'a"', "[a]", "(a)", "a,b", "a\tb", "a\nb"])
def test_tag_with_a_name_of_another_meaning_is_refused(key):
    """A name cannot be quoted, so it must not be able to say something else."""
    with pytest.raises(BadUserInput, match="is not a valid tag key"):
        search_text(IssueFilter(tags=[TagFilter(key=key, value="x")]))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"nobody": True}, "assigned:none"),
        ({"me": True}, "assigned:me"),
        ({"user": "ada lovelace"}, 'assigned:"ada lovelace"'),
        ({"team": "core"}, "assigned:#core"),
        ({"team": "#core"}, "assigned:#core"),
        ({"team": "a is:resolved"}, 'assigned:"#a is:resolved"'),
    ],
)
def test_assignee_is_one_of_four(given, text):
    """Nobody, oneself, a user or a team."""
    assert search_text(IssueFilter(assignee=AssigneeFilter(**given))) == text


@pytest.mark.parametrize("given", [{"nobody": False}, {"me": False}, {"user": ""}, {"team": ""}, {"me": None}, {}])
def test_assignee_that_says_nothing_is_refused(given):
    """`me: false` does not mean that nobody is assigned."""
    with pytest.raises(BadUserInput, match="'assignee' expects"):
        search_text(IssueFilter(assignee=AssigneeFilter(**given)))


@pytest.mark.parametrize("name", ["projects", "environments", "releases", "tags"])
def test_lists_are_bounded(name):
    """A hundred values are taken, one more is not."""
    value = TagFilter(key="a", value="b") if name == "tags" else "a"

    assert filter_query(IssueFilter(**{name: [value] * 100}))
    with pytest.raises(BadUserInput, match=f"'{name}' takes at most 100 values"):
        filter_query(IssueFilter(**{name: [value] * 101}))
