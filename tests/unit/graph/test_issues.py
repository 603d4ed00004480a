"""The members of issues in lists and in the detail."""

from base64 import urlsafe_b64encode

import pytest

from dexter_graphql.sandbox.serializers.issues import serialize_metadata
from support.issues import DETAIL, LIST, MEMBERS, TEAMS, find, instant, one, select

STATS = "/organizations/{organization}/issues-stats/"


LIGHT = """
    id sentryId shortId title culprit webUrl logger level levelRaw status statusRaw substatus isPublic platform priority
    fixabilityScore autofixStartedAt
    priorityLockedAt category issueType metadata commentCount isUnhandled eventCount userCount firstSeenAt lastSeenAt
    isBookmarked isSubscribed hasSeen annotations { displayName url }
    statusDetails { isInNextRelease inRelease inCommit archiveEndsAt archiveEventCount archiveUserCount actor }
    project { slug name platform }
"""


STATUS_WORDS = {"unresolved": "UNRESOLVED", "resolved": "RESOLVED", "ignored": "ARCHIVED"}


def light_of(asker, issue):
    """All light members of an issue, as the world has them."""
    return {
        "id": urlsafe_b64encode(f"Issue::{asker.acme.id}:{issue.id}".encode()).decode().rstrip("="),
        "sentryId": issue.id,
        "shortId": issue.short_id,
        "title": issue.title,
        "culprit": issue.culprit,
        "webUrl": f"{asker.server.url}/organizations/acme/issues/{issue.id}/",
        "logger": ("csp", "django.request", None, None)[issue.number % 4],
        "level": issue.level.upper(),
        "levelRaw": issue.level,
        "status": STATUS_WORDS[issue.status],
        "statusRaw": issue.status,
        "substatus": issue.substatus.upper() if issue.substatus else None,
        "isPublic": False,
        "platform": issue.project.platform,
        "priority": issue.priority.upper(),
        "priorityLockedAt": None,
        "fixabilityScore": 0.8 if issue.autofix else None,
        "autofixStartedAt": issue.autofix and issue.autofix["updated_at"].replace("+00:00", "Z"),
        "category": issue.category.upper(),
        "issueType": issue.issue_type,
        "metadata": serialize_metadata(issue),
        "commentCount": len(issue.comments),
        "isUnhandled": issue.is_unhandled,
        "eventCount": len(issue.events),
        "userCount": len({event.person for event in issue.events} - {-1}),
        "firstSeenAt": issue.first_seen,
        "lastSeenAt": issue.last_seen,
        "isBookmarked": bool(issue.bookmarked_by),
        "isSubscribed": bool(issue.subscribers),
        "hasSeen": bool(issue.seen_by),
        "annotations": [{"displayName": one.display_name, "url": one.web_url} for one in issue.external_issues],
        "statusDetails": dict.fromkeys(
            (
                "isInNextRelease",
                "inRelease",
                "inCommit",
                "archiveEndsAt",
                "archiveEventCount",
                "archiveUserCount",
                "actor",
            )
        ),
        "project": {"slug": issue.project.slug, "name": issue.project.name, "platform": issue.project.platform},
    }


def with_instants(node):
    """A node with its moments read."""
    return node | {name: instant(node[name]) for name in ("firstSeenAt", "lastSeenAt")}


PERSONAL = ("isBookmarked", "isSubscribed", "hasSeen")
"""Members that depend on whose the token is."""


KINDS = {
    "new": lambda issue: issue.substatus == "new",
    "resolved": lambda issue: issue.status == "resolved",
    "archived": lambda issue: issue.status == "ignored",
    "unhandled-and-fatal": lambda issue: issue.is_unhandled and issue.level == "fatal",
    "with-comments": lambda issue: issue.comments,
    "with-tickets": lambda issue: issue.external_issues,
    "performance": lambda issue: issue.kind == "transaction",
    "feedback": lambda issue: issue.issue_type == "feedback",
    "outage": lambda issue: issue.category == "outage",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_detail_tells_all_of_every_kind_of_issue(asker, kind):
    """One call gives all that is known of an issue itself, with the enum and Sentry's word side by side."""
    issue = find(asker, KINDS[kind])

    node, told = await one(asker, issue, LIGHT)

    expected = light_of(asker, issue)
    assert {k: v for k, v in with_instants(node).items() if k not in PERSONAL} == {
        k: v for k, v in expected.items() if k not in PERSONAL
    }
    assert told.routes == [DETAIL]


async def test_list_tells_the_same_as_the_detail(asker):
    """A row of a list is no poorer, and costs no call of its own."""
    told = await asker.organization(f"issues(first: 100) {{ nodes {{ {LIGHT} }} }}")

    nodes = [with_instants(node) for node in told["issues"]["nodes"]]
    expected = [light_of(asker, asker.acme.issues[node["sentryId"]]) for node in nodes]
    assert len(nodes) == 100
    assert [node | dict.fromkeys(PERSONAL) for node in nodes] == [row | dict.fromkeys(PERSONAL) for row in expected]
    assert told.routes == [LIST]


@pytest.mark.parametrize(
    ("member", "fits"),
    [
        ("isBookmarked", lambda issue, user: user in issue.bookmarked_by),
        ("isSubscribed", lambda issue, user: user in issue.subscribers),
        ("hasSeen", lambda issue, user: user in issue.seen_by),
    ],
)
async def test_personal_members_are_those_of_the_token(asker, member, fits):
    """What one person did to an issue is told of the person whose the token is."""
    told = await asker.organization("members(first: 1) { nodes { email user { sentryId } } }")
    user = told["members"]["nodes"][0]["user"]["sentryId"]
    issues = [find(asker, lambda issue: fits(issue, user)), find(asker, lambda issue: not fits(issue, user))]

    found = [(await one(asker, issue, member))[0][member] for issue in issues]

    assert found == [True, False]


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("kind", ["user", "team"])
async def test_assignee_is_a_user_or_a_team_for_no_call(asker, kind, is_list):
    """Name, address and slug are in the row of a list and in the detail alike."""
    issue = find(asker, lambda issue: issue.assignee and getattr(issue.assignee, kind))
    fields = "sentryId assignee { __typename ... on User { sentryId name email } ... on Team { sentryId slug } }"
    search = f'issues(filter: {{ search: "issue:{issue.short_id}" }}) {{ nodes {{ {fields} }} }}'

    told = await asker.organization(search if is_list else select(issue, fields))

    node = told["issues"]["nodes"][0] if is_list else told["issue"]
    user, team = issue.assignee.user, issue.assignee.team
    expected = (
        {"__typename": "User", "sentryId": user.id, "name": user.name, "email": user.email}
        if user
        else {"__typename": "Team", "sentryId": team.id, "slug": team.slug}
    )
    assert node == {"sentryId": issue.id, "assignee": expected}
    assert told.routes == [LIST if is_list else DETAIL]


async def test_nobody_is_a_null_assignee(asker):
    """An issue that nobody was asked to look after has no assignee, and no error."""
    issue = find(asker, lambda issue: issue.assignee is None)

    node, _ = await one(asker, issue, "assignee { __typename }")

    assert node == {"assignee": None}


@pytest.mark.parametrize(
    ("kind", "fields", "route"),
    [("user", "... on User { username }", MEMBERS), ("team", "... on Team { name memberCount }", TEAMS)],
)
async def test_assignees_of_a_list_are_completed_together(asker, kind, fields, route):
    """What the rows lack of their assignees costs one call for all of them."""
    told = await asker.organization(f"issues(first: 50) {{ nodes {{ sentryId assignee {{ __typename {fields} }} }} }}")

    nodes = [node for node in told["issues"]["nodes"] if node["assignee"]]
    mine = [node for node in nodes if node["assignee"]["__typename"].lower() == kind]
    first = "username" if kind == "user" else "name"
    assert [node["assignee"][first] for node in mine] == [
        getattr(getattr(asker.acme.issues[node["sentryId"]].assignee, kind), first) for node in mine
    ]
    assert len(mine) > 1
    assert told.routes == sorted([LIST, route])


async def test_counts_within_a_range_are_one_call_for_a_list(asker):
    """The window of a field is asked for together for all issues of the list."""
    told = await asker.organization(
        'issues(first: 30) { nodes { sentryId inRange(range: { last: "24h" }) {'
        " eventCount userCount firstSeenAt lastSeenAt series { intervalSeconds values } } } }"
    )

    day_ago = asker.services.clock.now().timestamp() - 86_400
    for node in told["issues"]["nodes"]:
        events = [event for event in asker.acme.issues[node["sentryId"]].events if event.at >= day_ago]
        found = node["inRange"]
        assert (found["eventCount"], found["userCount"]) == (len(events), len({e.person for e in events} - {-1}))
        assert (found["series"]["intervalSeconds"], len(found["series"]["values"])) == (3600, 24)
        assert [instant(found[name]) for name in ("firstSeenAt", "lastSeenAt")] == [events[0].time, events[-1].time]
    assert len(told["issues"]["nodes"]) == 30
    assert told.routes == sorted([LIST, STATS])
    assert len([value for name, value in told.queries(STATS)[0] if name == "groups"]) == 30


async def test_issues_of_many_ids_are_one_call(asker):
    """Nodes that are asked for by their ids come in one list, in the order of the ids, and unknown ones are null."""
    told = await asker.organization("issues(first: 40) { nodes { id } }")
    ids = [node["id"] for node in reversed(told["issues"]["nodes"])]
    absent = urlsafe_b64encode(f"Issue::{asker.acme.id}:99".encode()).decode().rstrip("=")

    again = await asker.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Issue { shortId } } }", ids=[*ids, absent]
    )

    assert again.errors == []
    assert [node and node["id"] for node in again["nodes"]] == [*ids, None]
    assert again.routes == [LIST]
    assert len([value for name, value in again.queries(LIST)[0] if name == "group"]) == 41


@pytest.mark.parametrize("text", ["web-9", "WEB-9"])
async def test_short_id_is_found_in_any_case(asker, text):
    """People type short ids as they like."""
    told = await asker.organization(f'issue(shortId: "{text}") {{ shortId }}')

    assert told.data == {"issue": {"shortId": "WEB-9"}}


async def test_absent_short_id_is_null(asker):
    """A lookup that finds nothing is null without an error."""
    told = await asker.organization('issue(shortId: "WEB-ZZZZ") { shortId }')

    assert told.data == {"issue": None}
