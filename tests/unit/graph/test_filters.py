"""Typed filters as Sentry's search text."""

from datetime import UTC, datetime

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import Between, TimeRangeInput
from dexter_graphql.graph.issues.enums import IssueCategory, IssuePriority, IssueStatus, IssueSubstatus, Level
from dexter_graphql.graph.issues.filters import AssigneeFilter, IssueExclusion, IssueFilter, TagFilter
from dexter_graphql.graph.issues.search import filter_query, issue_search
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    ProjectReference,
    ReleaseReference,
    TeamReference,
    UserReference,
)
from dexter_graphql.loaders.references import Kind, NamedEntity, Reference
from dexter_graphql.loaders.search import Search

WEB, ADA = NamedEntity("7", "web"), NamedEntity("8", "ada lovelace")
BETWEEN = TimeRangeInput(
    between=Between(starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2026, 1, 2, tzinfo=UTC))
)


class Names(dict):
    """Every team is `web`, every user Ada; a release is its version."""

    def __missing__(self, reference):
        return {Kind.USER: ADA, Kind.RELEASE: NamedEntity("", reference.value)}.get(reference.kind, WEB)


def text_of(**members):
    """The search text of a filter."""
    return issue_search(IssueFilter(**members)).text(Names())


def test_no_filter_asks_for_everything():
    """`query` is always sent, because Sentry's default differs by version."""
    assert filter_query(None) == filter_query(IssueFilter()) == (("query", Search()),)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"status": [IssueStatus.ARCHIVED]}, "is:ignored"),
        ({"status": [IssueStatus.UNRESOLVED, IssueStatus.RESOLVED]}, "status:[unresolved,resolved]"),
        ({"substatus": [IssueSubstatus.NEW]}, "is:new"),
        ({"substatus": [IssueSubstatus.NEW, IssueSubstatus.REGRESSED]}, "substatus:[new,regressed]"),
        (
            {"substatus": [IssueSubstatus.NEW, IssueSubstatus.ARCHIVED_FOREVER]},
            "substatus:[new,archived_forever] status:[unresolved,resolved,ignored]",
        ),
        ({"is_assigned": True, "is_linked": False}, "is:assigned is:unlinked"),
        ({"is_assigned": False, "is_linked": True}, "is:unassigned is:linked"),
        ({"is_unhandled": True}, "error.unhandled:true"),
        ({"is_unhandled": False}, "error.unhandled:false"),
        ({"is_for_review": True, "is_bookmarked": False}, "is:for_review !bookmarks:me"),
        ({"is_subscribed": True}, "subscribed:me"),
        ({"levels": [Level.ERROR, Level.FATAL]}, "level:[error,fatal]"),
        ({"priorities": [IssuePriority.HIGH]}, "issue.priority:high"),
        ({"categories": [IssueCategory.ERROR, IssueCategory.OUTAGE]}, "issue.category:[error,outage]"),
        ({"types": ["error", "two words"]}, 'issue.type:[error,"two words"]'),
        ({"platforms": ["python"], "error_types": ["KeyError"]}, "platform.name:python error.type:KeyError"),
        ({"transactions": ["GET /a b"]}, 'transaction:"GET /a b"'),
        ({"releases": [ReleaseReference(version="1.0"), ReleaseReference(latest=True)]}, "release:[1.0,latest]"),
        ({"first_releases": [ReleaseReference(id=encode_id("Release", "1", "a b"))]}, 'firstRelease:"a b"'),
        ({"assignees": [AssigneeFilter(nobody=True), AssigneeFilter(my_teams=True)]}, "assigned:[none,my_teams]"),
        (
            {
                "assigned_or_suggested": [
                    AssigneeFilter(me=True),
                    AssigneeFilter(team=TeamReference(slug="web")),
                    AssigneeFilter(user=UserReference(email="ada@example.com")),
                ]
            },
            'assigned_or_suggested:[me,#web,"ada lovelace"]',
        ),
        ({"first_seen": TimeRangeInput(last="24h")}, "firstSeen:-24h"),
        ({"last_seen": TimeRangeInput(exactly="120s")}, "lastSeen:-2m"),
        ({"last_seen": BETWEEN}, "lastSeen:>=2026-01-01T00:00:00Z lastSeen:<2026-01-02T00:00:00Z"),
        ({"min_event_count": 100}, "timesSeen:>=100"),
        ({"tags": [TagFilter(key="os.name", values=["iOS", "mac OS"])]}, 'os.name:[iOS,"mac OS"]'),
        ({"tags": [TagFilter(key="os.name", values=["iOS"], exclude=True)]}, "!os.name:iOS"),
        (
            {"tags": [TagFilter(key="user", exists=True), TagFilter(key="a:b", exists=False)]},
            "has:user !has:tags[a:b]",
        ),
        ({"tags": [TagFilter(key="is", values=["new"])]}, "tags[is]:new"),
        ({"search": "  timeout "}, "timeout"),
        ({"exclude": IssueExclusion(status=[IssueStatus.RESOLVED, IssueStatus.ARCHIVED])}, "!is:resolved !is:ignored"),
        (
            {"exclude": IssueExclusion(substatus=[IssueSubstatus.ONGOING])},
            "!is:ongoing status:[unresolved,resolved,ignored]",
        ),
        (
            {"status": [IssueStatus.UNRESOLVED], "exclude": IssueExclusion(substatus=[IssueSubstatus.ONGOING])},
            "is:unresolved !is:ongoing",
        ),
        (
            {"exclude": IssueExclusion(levels=[Level.INFO], releases=[ReleaseReference(version="1.0")])},
            "!level:info !release:1.0",
        ),
        (
            {
                "exclude": IssueExclusion(
                    projects=[ProjectReference(slug="web")], environments=[EnvironmentReference(name="web")]
                )
            },
            "!project:web !environment:web",
        ),
        ({"exclude": IssueExclusion(last_seen=TimeRangeInput(last="30d"))}, "lastSeen:+30d"),
    ],
)
def test_field_becomes_a_term(members, text):
    """Each field is one condition; the values of a list are alternatives, never conditions that must all hold."""
    assert text_of(**members) == text


def test_everything_given_must_hold():
    """Terms stand side by side; projects and environments are parameters of their own."""
    value = IssueFilter(
        status=[IssueStatus.UNRESOLVED],
        is_assigned=False,
        projects=[ProjectReference(slug="web"), ProjectReference(id=encode_id("Project", "1", "7"))],
        environments=[EnvironmentReference(name="production")],
        search="timeout",
    )

    (name, search), *parameters = filter_query(value)

    assert (name, search.text({})) == ("query", "is:unresolved is:unassigned timeout")
    assert parameters == [
        ("project", Reference(Kind.PROJECT, "slug", "web", "web", ("filter", "projects", "0", "slug"))),
        (
            "project",
            Reference(
                Kind.PROJECT, "sentryId", "7", encode_id("Project", "1", "7"), ("filter", "projects", "1", "id"), "1"
            ),
        ),
        (
            "environment",
            Reference(Kind.ENVIRONMENT, "name", "production", "production", ("filter", "environments", "0", "name")),
        ),
    ]


LISTS = sorted(
    {name for name, kind in IssueFilter.__annotations__.items() if "list[" in str(kind)}
    | {name for name, kind in IssueExclusion.__annotations__.items() if "list[" in str(kind)}
)


@pytest.mark.parametrize("empty", [None, []])
@pytest.mark.parametrize("name", LISTS)
def test_empty_list_is_no_condition(name, empty):
    """Null and empty are as left out."""
    exclusion = IssueExclusion(**({name: empty} if name in IssueExclusion.__annotations__ else {}))

    assert filter_query(IssueFilter(**{name: empty}, exclude=exclusion)) == (("query", Search()),)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"status": [IssueStatus.UNRESOLVED, IssueStatus.PENDING_MERGE]}, ("status", "1")),
        ({"substatus": [IssueSubstatus.UNKNOWN]}, ("substatus", "0")),
        ({"priorities": [IssuePriority.UNKNOWN]}, ("priorities", "0")),
        ({"categories": [IssueCategory.UNKNOWN]}, ("categories", "0")),
        ({"assignees": [AssigneeFilter(nobody=False)]}, ("assignees", "0", "nobody")),
        ({"assignees": [AssigneeFilter()]}, ("assignees", "0")),
        ({"assignees": [AssigneeFilter(user=UserReference(id="7"))]}, ("assignees", "0", "user", "id")),
        ({"releases": [ReleaseReference(latest=False)]}, ("releases", "0", "latest")),
        ({"projects": [ProjectReference(slug="7")]}, ("projects", "0", "slug")),
        ({"projects": [ProjectReference(sentry_id="web")]}, ("projects", "0", "sentryId")),
        ({"projects": [ProjectReference(slug=encode_id("Project", "1", "7"))]}, ("projects", "0", "slug")),
        ({"types": ["fine", "not\\*fine"]}, ("types", "1")),
        ({"first_seen": TimeRangeInput(last="1y")}, ("firstSeen", "last")),
        ({"first_seen": TimeRangeInput(last="90s")}, ("firstSeen", "last")),
        ({"exclude": IssueExclusion(last_seen=BETWEEN)}, ("exclude", "lastSeen", "between")),
        ({"exclude": IssueExclusion(levels=[Level.INFO] * 101)}, ("exclude", "levels")),
        ({"min_event_count": -1}, ("minEventCount",)),
        ({"tags": [TagFilter(key="os")]}, ("tags", "0")),
        ({"tags": [TagFilter(key="a b", values=["x"])]}, ("tags", "0", "key")),
        ({"tags": [TagFilter(key="os", values=["x"] * 101)]}, ("tags", "0", "values")),
    ],
)
def test_mistake_has_its_path(members, field):
    """A value that Sentry cannot search for is refused at its place in the filter."""
    with pytest.raises(BadUserInput) as refusal:
        filter_query(IssueFilter(**members))
    assert refusal.value.field == ("filter", *field)


@pytest.mark.parametrize("key", ["", "a b", "!a", 'a"', "[a]", "(a)", "a,b", "a\tb", "a\nb", "ü"])
def test_tag_with_a_name_of_another_meaning_is_refused(key):
    """Sentry has no tags of such names, which could say something else in a search."""
    with pytest.raises(BadUserInput, match="is not a valid tag key"):
        text_of(tags=[TagFilter(key=key, values=["x"])])


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_bounded(name):
    """More than a hundred values are refused."""
    with pytest.raises(BadUserInput, match="takes at most 100 values"):
        filter_query(IssueFilter(**{name: [None] * 101}))
