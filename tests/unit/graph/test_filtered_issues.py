"""Filters of issues: which issues of the sandbox match them."""

from datetime import timedelta

from dexter_graphql.sandbox.issue_selection import filter_events
from dexter_graphql.sandbox.time_ranges import TimeRange
from dexter_graphql.sandbox.world.event_attributes import get_tags
from dexter_graphql.sandbox.world.owners import find_suggested_owners
from support.sandbox import NOON

DAY = timedelta(days=1)
QUERY = """query ($filter: IssueFilter, $first: Int = 30, $after: String) { organization(slug: "acme") {
  issues(filter: $filter, first: $first, after: $after, sort: NEW) {
    nodes { shortId } totalCount pageInfo { hasNextPage endCursor } } } }"""
WEB = {"projects": {"slug": "web"}}
ME = "1001"


def team_is(slug):
    """Whether an assignee is a team."""
    return lambda assignee: assignee is not None and assignee.team is not None and assignee.team.slug == slug


def user_is(number):
    """Whether an assignee is a user."""
    return lambda assignee: assignee is not None and assignee.user is not None and assignee.user.id == number


def has_tag(issue, key, *values):
    """Whether an event of the issue has one of these values of a tag."""
    return any(get_tags(event).get(key) in values for event in issue.events)


CASES = {
    "status": ({"status": ["UNRESOLVED", "ARCHIVED"]}, lambda i: i.status in {"unresolved", "ignored"}),
    "substatus": ({"substatus": ["NEW", "REGRESSED"]}, lambda i: i.substatus in {"new", "regressed"}),
    "substatus of two statuses": (
        {"substatus": ["NEW", "ARCHIVED_FOREVER"]},
        lambda i: i.substatus in {"new", "archived_forever"},
    ),
    "not that substatus": ({"exclude": {"substatus": ["ONGOING"]}}, lambda i: i.substatus != "ongoing"),
    "not that status": ({"exclude": {"status": ["RESOLVED", "ARCHIVED"]}}, lambda i: i.status == "unresolved"),
    "isAssigned": ({"isAssigned": False}, lambda i: i.assignee is None),
    "isLinked": ({"isLinked": True}, lambda i: bool(i.external_issues)),
    "isUnhandled": ({"isUnhandled": True}, lambda i: i.is_unhandled),
    "isForReview": ({"isForReview": False}, lambda i: i.inbox_reason is None),
    "isBookmarked": ({"isBookmarked": True}, lambda i: ME in i.bookmarked_by),
    "isSubscribed": ({"isSubscribed": True}, lambda i: ME in i.subscribers),
    "levels": ({"levels": ["FATAL", "WARNING"]}, lambda i: i.level in {"fatal", "warning"}),
    "not those levels": ({"exclude": {"levels": ["ERROR", "INFO"]}}, lambda i: i.level not in {"error", "info"}),
    "priorities": ({"priorities": ["HIGH", "LOW"]}, lambda i: i.priority in {"high", "low"}),
    "categories": ({"categories": ["DB_QUERY", "OUTAGE"]}, lambda i: i.category in {"db_query", "outage"}),
    "types": ({"types": ["error", "feedback"]}, lambda i: i.issue_type in {"error", "feedback"}),
    "assignees": (
        {"assignees": [{"nobody": True}, {"team": {"slug": "web"}}]},
        lambda i: i.assignee is None or team_is("web")(i.assignee),
    ),
    "me": ({"assignees": {"me": True}}, lambda i: user_is(ME)(i.assignee)),
    "not those assignees": (
        {"exclude": {"assignees": [{"nobody": True}, {"user": {"sentryId": ME}}]}},
        lambda i: i.assignee is not None and not user_is(ME)(i.assignee),
    ),
    "assignedOrSuggested": (
        {"assignedOrSuggested": {"team": {"slug": "web"}}},
        lambda i: any(map(team_is("web"), [i.assignee, *find_suggested_owners(i)])),
    ),
    "firstSeen": ({"firstSeen": {"last": "7d"}}, lambda i: i.first_seen >= NOON - 7 * DAY),
    "lastSeen": (
        {"lastSeen": {"between": {"startsAt": "2026-03-01T00:00:00Z", "endsAt": "2026-03-03T00:00:00Z"}}},
        lambda i: NOON.replace(day=1, hour=0) <= i.last_seen < NOON.replace(day=3, hour=0),
    ),
    "not seen": ({"exclude": {"lastSeen": {"last": "3d"}}}, lambda i: i.last_seen <= NOON - 3 * DAY),
    "releases": (
        {"releases": [{"version": "web@1.8.2"}, {"version": "web@1.9.3"}]},
        lambda i: any(e.release and e.release.version in {"web@1.8.2", "web@1.9.3"} for e in i.events),
    ),
    "firstReleases": (
        {"firstReleases": [{"version": "web@1.8.2"}]},
        lambda i: i.events[0].release is not None and i.events[0].release.version == "web@1.8.2",
    ),
    "platforms": ({"platforms": ["python", "go"]}, lambda i: i.project.platform in {"python", "go"}),
    "errorTypes": ({"errorTypes": ["TypeError", "KeyError"]}, lambda i: i.type_name in {"TypeError", "KeyError"}),
    "minEventCount": ({"minEventCount": 100}, lambda i: len(i.events) >= 100),
    "environments": (
        {"environments": [{"name": "canary"}]},
        lambda i: any(event.environment == "canary" for event in i.events),
    ),
    "other projects": ({"exclude": {"projects": [{"slug": "web"}]}}, lambda i: i.project.slug != "web"),
    "tag": (
        {"tags": [{"key": "browser.name", "values": ["Firefox", "Edge"]}]},
        lambda i: has_tag(i, "browser.name", "Firefox", "Edge"),
    ),
    "tags": (
        {"tags": [{"key": "customer.tier", "values": ["free"]}, {"key": "replayId", "exists": True}]},
        lambda i: any(get_tags(e)["customer.tier"] == "free" and "replayId" in get_tags(e) for e in i.events),
    ),
    "absent tag": ({"tags": [{"key": "user", "exists": False}]}, lambda i: any(e.person < 0 for e in i.events)),
    "hostile value": ({"tags": [{"key": "os", "values": ['" is:resolved (x) OR [a', "*"]}]}, lambda _i: False),
    "minUserCount": (
        {"minUserCount": 50, **WEB},
        lambda i: i.project.slug == "web" and len({e.person for e in i.events if e.person >= 0}) >= 50,
    ),
}
"""Filter → predicate on the issues of the sandbox."""


async def test_filter_finds_the_matching_issues(asker):
    """Each field of the filter agrees with a plain predicate on the world."""
    everything = TimeRange(NOON - 90 * DAY, NOON + timedelta(seconds=1))
    issues = [issue for issue in asker.acme.issues.values() if filter_events(issue, everything, None)]
    for name, (condition, predicate) in CASES.items():
        answer = await asker.ask(QUERY, filter=condition)

        expected = {issue.short_id for issue in issues if predicate(issue)}
        page = answer["organization"]["issues"]
        names = {node["shortId"] for node in page["nodes"]}
        assert (answer.errors, names <= expected, len(names)) == ([], True, min(len(expected), 30)), name
        assert page["totalCount"] in {None, min(len(expected), 1000)}, name


async def test_attachments_are_read_from_the_rows(asker):
    """Sentry has no search for attachments: the list is read until the page is full, and has no count."""
    issue = next(issue for issue in asker.acme.issues.values() if issue.project.slug == "web")
    asker.acme.attachments.setdefault(issue.events[-1].id, [])
    with_files = {
        issue.short_id for issue in asker.acme.issues.values() if issue.events[-1].id in asker.acme.attachments
    }

    answer = await asker.ask(QUERY, filter={"hasAttachments": True, **WEB}, first=1000)

    page = answer["organization"]["issues"]
    assert {node["shortId"] for node in page["nodes"]} == {name for name in with_files if name.startswith("WEB-")}
    assert page["totalCount"] is None


async def test_pages_of_a_filter_by_rows_join(asker):
    """A page continues after the last matching row, without a gap and without a repetition."""
    condition = {"minUserCount": 40, **WEB}
    whole = await asker.ask(QUERY, filter=condition, first=1000)
    names, after = [], None
    while True:
        answer = await asker.ask(QUERY, filter=condition, first=7, after=after)
        page = answer["organization"]["issues"]
        names += [node["shortId"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert names == [node["shortId"] for node in whole["organization"]["issues"]["nodes"]]
    assert len(names) > 7


async def test_filtered_figures_are_selected_with_the_filter(asker):
    """The members that the condition reads may be selected, too, on the issue and within the range."""
    fields = "edges { inRange { userCount eventCount series { values } } node { userCount eventCount } }"

    issues = await asker.organization(f"issues(first: 5, filter: {{ minUserCount: 2 }}) {{ {fields} }}")

    assert all(edge["inRange"]["userCount"] >= 2 for edge in issues["issues"]["edges"])
