"""The issue search: matching issues and rejected queries."""

from datetime import timedelta

import pytest

from dexter_graphql.sandbox.issue_search import IssueSearch, SearchContext
from dexter_graphql.sandbox.issue_search_syntax import SearchError, parse_search
from dexter_graphql.sandbox.world.event_attributes import get_tags
from support.sandbox import NOON

DAY = timedelta(days=1)


def found(world, query):
    acme = world.find_organization("acme")
    search = IssueSearch(query, SearchContext(acme, world.users[0], NOON))
    return {i.id for i in acme.issues.values() if search.matches(i) and search.filter_events(i.events)}


def expected(world, predicate):
    return {issue.id for issue in world.find_organization("acme").issues.values() if predicate(issue)}


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("", lambda i: True),
        ("is:unresolved", lambda i: i.status == "unresolved"),
        ("is:archived", lambda i: i.status == "ignored"),
        ("is:escalating", lambda i: i.substatus == "escalating"),
        ("!is:resolved", lambda i: i.status != "resolved"),
        ("is:assigned", lambda i: i.assignee is not None),
        ("is:for_review", lambda i: i.inbox_reason is not None),
        ("is:linked", lambda i: i.external_issues != []),
        ("level:error", lambda i: i.level == "error"),
        ("level:[error, fatal]", lambda i: i.level in {"error", "fatal"}),
        ("!level:[error,fatal]", lambda i: i.level not in {"error", "fatal"}),
        ("TIMEOUT", lambda i: "timeout" in f"{i.title}\n{i.culprit}".lower()),
        ('"statement timeout"', lambda i: "statement timeout" in i.title),
        ("timeout level:fatal", lambda i: "timeout" in f"{i.title}\n{i.culprit}".lower() and i.level == "fatal"),
        ("title:*Error*", lambda i: "error" in i.title.lower()),
        ("error.type:KeyError", lambda i: i.type_name == "KeyError"),
        ("project:[api, gateway]", lambda i: i.project.slug in {"api", "gateway"}),
        ("issue:web-9", lambda i: i.short_id == "WEB-9"),
        ("issue.category:outage", lambda i: i.category == "outage"),
        ("!issue.category:error", lambda i: i.category != "error"),
        ("issue.priority:high", lambda i: i.priority == "high"),
        ("error.unhandled:true", lambda i: i.is_unhandled),
        ("timesSeen:>100", lambda i: len(i.events) > 100),
        ("timesSeen:<=2", lambda i: len(i.events) <= 2),
        ("age:-24h", lambda i: i.first_seen >= NOON - DAY),
        ("firstSeen:+7d", lambda i: i.first_seen <= NOON - 7 * DAY),
        ("lastSeen:-2d", lambda i: i.last_seen >= NOON - 2 * DAY),
        ("lastSeen:>=2026-03-04T00:00:00", lambda i: i.last_seen >= NOON.replace(hour=0)),
        ("assigned:none", lambda i: i.assignee is None),
        ("assigned:#web", lambda i: i.assignee is not None and i.assignee.team and i.assignee.team.slug == "web"),
        ("bookmarks:me", lambda i: "1001" in i.bookmarked_by),
        ("release:web@*", lambda i: i.project.slug == "web" and any(e.release for e in i.events)),
        ("!has:user", lambda i: any(e.person < 0 for e in i.events)),
        ("environment:canary", lambda i: any(e.environment == "canary" for e in i.events)),
        ("tags[environment]:canary", lambda i: any(e.environment == "canary" for e in i.events)),
        ("user.email:person7@customers.example", lambda i: any(e.person == 7 for e in i.events)),
        ("no.such.tag:x", lambda i: False),
        ("status:[unresolved,ignored]", lambda i: i.status in {"unresolved", "ignored"}),
        ("substatus:[new, regressed]", lambda i: i.substatus in {"new", "regressed"}),
        ("substatus:[new,archived_forever]", lambda i: i.substatus == "new"),
        (
            "substatus:[new,archived_forever] status:[unresolved,ignored]",
            lambda i: i.substatus in {"new", "archived_forever"},
        ),
        ("!is:ongoing", lambda i: i.status != "unresolved"),
        ("!is:ongoing is:unresolved", lambda i: i.status == "unresolved" and i.substatus != "ongoing"),
        ("subscribed:me", lambda i: "1001" in i.subscribers),
        (
            "assigned_or_suggested:#web",
            lambda i: (
                i.project.teams[0].slug == "web" or (i.assignee and i.assignee.team and i.assignee.team.slug == "web")
            ),
        ),
        ("tags[is]:unresolved", lambda i: False),
        ('"browser.name":Chrome', lambda i: any("Chrome" in get_tags(e).get("browser.name", "") for e in i.events)),
        ('level:["error",fatal]', lambda i: i.level in {"error", "fatal"}),
        (r"title:\*Error\*", lambda i: False),
        ("!has:tags[level]", lambda i: False),
    ],
)
def test_query_finds_the_matching_issues(world, query, predicate):
    """Keys, lists, negations, wildcards and comparisons agree with a plain predicate."""
    assert found(world, query) == expected(world, predicate)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (r'a:"back\slash"', (r"back\slash",)),
        (r'a:"a \"quoted\" word"', ('a "quoted" word',)),
        ('a:["x, y",z]', ("x, y", "z")),
        ('a:["x]",z]', ("x]", "z")),
    ],
)
def test_values_are_read_as_sentry_reads_them(query, values):
    """A backslash escapes a quotation mark only, and a list ends outside of quotation marks."""
    [term] = parse_search(query)

    assert term.values == values


def test_assigned_me_is_the_viewer(world):
    """`assigned:me` is the viewer's email."""
    assert found(world, "assigned:me") == found(world, f"assigned:{world.users[0].email}") != set()


def test_several_terms_about_events_must_hold_for_one_event(world):
    """All terms about events must match the same event."""
    ids = found(world, "environment:canary release:latest")

    acme = world.find_organization("acme")
    newest = {p.id: max((r for r in acme.releases if p in r.projects), key=lambda r: r.date_created)
              for p in acme.projects}  # fmt: skip
    assert ids == expected(
        world, lambda i: any(e.environment == "canary" and e.release is newest[i.project.id] for e in i.events)
    )


@pytest.mark.parametrize(
    "query",
    [
        "timeout OR crash", "level:error AND is:unresolved", "(level:error)", "level:error (a", "is:sleeping", "level:",
        "is:[resolved, unresolved]", "timesSeen:>many", "age:-24x", "lastSeen:yesterday", 'title:"open', "level:[]",
        '"',
    ],
)  # fmt: skip
def test_invalid_queries_are_rejected(world, query):
    """OR, parentheses, unknown states, empty values, invalid numbers, dates and quotes are rejected."""
    with pytest.raises(SearchError):
        found(world, query)
