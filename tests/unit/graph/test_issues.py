"""Issues: what lists and the detail tell of them, whom they belong to, and what hangs below them.

Long, because the issue is the noun with most members, links and arguments; each has its few lines.
"""

from base64 import urlsafe_b64encode
from datetime import datetime

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.issues import serialize_issue, serialize_metadata, serialize_owners
from dexter_graphql.sandbox.world.event_attributes import get_tags

LIST = "/organizations/{organization}/issues/"
STATS = "/organizations/{organization}/issues-stats/"
DETAIL = LIST + "{issue}/"
MEMBERS = "/organizations/{organization}/members/"
TEAMS = "/organizations/{organization}/teams/"
LIGHT = """
    id sentryId shortId title culprit webUrl logger level levelRaw status statusRaw substatus isPublic platform priority
    priorityLockedAt category issueType metadata commentCount isUnhandled eventCount userCount firstSeen lastSeen
    isBookmarked isSubscribed hasSeen annotations { displayName url }
    statusDetails { inNextRelease inRelease inCommit ignoreUntil ignoreCount ignoreUserCount actor }
    project { slug name platform }
"""
STATUS_WORDS = {"unresolved": "UNRESOLVED", "resolved": "RESOLVED", "ignored": "ARCHIVED"}


def find(asker, fits):
    """The first issue of acme that fits."""
    return next(issue for issue in asker.acme.issues.values() if fits(issue))


def select(issue, fields):
    return f'issue(shortId: "{issue.short_id}") {{ {fields} }}'


async def one(asker, issue, fields):
    """What is selected on an issue, and the calls that it cost."""
    told = await asker.organization(select(issue, fields))
    return told["issue"], told


def instant(text):
    """The moment that a DateTime names."""
    return datetime.fromisoformat(text)


def whole_second(at):
    return at.replace(microsecond=0)


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
        "category": issue.category.upper(),
        "issueType": issue.issue_type,
        "metadata": serialize_metadata(issue),
        "commentCount": len(issue.comments),
        "isUnhandled": issue.is_unhandled,
        "eventCount": len(issue.events),
        "userCount": len({event.person for event in issue.events} - {-1}),
        "firstSeen": issue.first_seen,
        "lastSeen": issue.last_seen,
        "isBookmarked": bool(issue.bookmarked_by),
        "isSubscribed": bool(issue.subscribers),
        "hasSeen": bool(issue.seen_by),
        "annotations": [{"displayName": one.display_name, "url": one.web_url} for one in issue.external_issues],
        "statusDetails": dict.fromkeys(
            ("inNextRelease", "inRelease", "inCommit", "ignoreUntil", "ignoreCount", "ignoreUserCount", "actor")
        ),
        "project": {"slug": issue.project.slug, "name": issue.project.name, "platform": issue.project.platform},
    }


def with_instants(node):
    """A node with its moments read."""
    return node | {name: instant(node[name]) for name in ("firstSeen", "lastSeen")}


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


async def test_owners_are_suggested_with_a_reason(asker):
    """The detail gives all suggestions; the people and teams behind them cost one call for each of the two lists."""
    issue = find(asker, lambda issue: len(serialize_owners(issue)) == 2)

    node, told = await one(
        asker,
        issue,
        "owners { reason since owner { __typename ... on User { sentryId email } ... on Team { sentryId slug } } }",
    )

    author, team = issue.events[0].release.commits[0].author, issue.project.teams[0]
    assert [owner["reason"] for owner in node["owners"]] == ["ownershipRule", "suspectCommit"]
    assert [owner["owner"] for owner in node["owners"]] == [
        {"__typename": "Team", "sentryId": team.id, "slug": team.slug},
        {"__typename": "User", "sentryId": author.id, "email": author.email},
    ]
    assert {instant(owner["since"]) for owner in node["owners"]} == {issue.last_seen}
    assert told.routes == sorted([DETAIL, MEMBERS, TEAMS])
    assert ("expand", "owners") in told.queries(DETAIL)[0]


async def test_list_gives_the_first_owner_alone(asker):
    """Rows carry one suggestion, asked for only when it is selected."""
    told = await asker.organization("issues(first: 5) { nodes { sentryId owners { reason } } }")

    for node in told["issues"]["nodes"]:
        first = serialize_owners(asker.acme.issues[node["sentryId"]])[:1]
        assert node["owners"] == ([{"reason": one["type"]} for one in first] or None)
    assert ("expand", "owners") in told.queries(LIST)[0]
    assert told.routes == [LIST]


async def test_history_is_told_newest_first(asker):
    """Each line has Sentry's word, its data, and who did it; null for Sentry itself."""
    issue = find(asker, lambda issue: {"assigned", "note"} <= {line.type for line in issue.activity})

    node, told = await one(
        asker, issue, "activity { nodes { activityId kind occurredAt data actor { sentryId name email } } }"
    )

    lines = node["activity"]["nodes"]
    assert [line | {"occurredAt": instant(line["occurredAt"])} for line in lines] == [
        {
            "activityId": line.id,
            "kind": line.type,
            "occurredAt": line.date_created,
            "data": line.data,
            "actor": line.user and {"sentryId": line.user.id, "name": line.user.name, "email": line.user.email},
        }
        for line in reversed(issue.activity)
    ]
    assert {"first_seen", "assigned", "note"} <= {line["kind"] for line in lines}
    assert told.routes == [DETAIL]


async def test_history_is_paged_within_what_came(asker):
    """Sentry gives the history at once, so the second page costs no other call than the first."""
    issue = find(asker, lambda issue: len(issue.activity) >= 3)
    fields = "nodes { activityId } pageInfo { hasNextPage endCursor }"

    first, _ = await one(asker, issue, f"activity(first: 2) {{ {fields} }}")
    cursor = first["activity"]["pageInfo"]["endCursor"]
    second, told = await one(asker, issue, f'activity(first: 50, after: "{cursor}") {{ {fields} }}')

    lines = [*first["activity"]["nodes"], *second["activity"]["nodes"]]
    pages = [page["activity"]["pageInfo"]["hasNextPage"] for page in (first, second)]
    assert [line["activityId"] for line in lines] == [line.id for line in reversed(issue.activity)]
    assert (pages, told.calls) == ([True, False], [])


async def test_comments_know_author_and_issue(asker):
    """A comment does not say which issue it is on; the scope of the answer does, and its own id leads back to it."""
    issue = find(asker, lambda issue: issue.comments)

    node, told = await one(
        asker, issue, "comments { nodes { id sentryId createdAt text author { name email } issue { sentryId } } }"
    )
    [found] = node["comments"]["nodes"]
    again = await asker.ask(
        "query ($id: ID!) { node(id: $id) { __typename id ... on Comment { text author { name } } } }", id=found["id"]
    )

    [comment] = issue.comments
    assert found | {"id": "", "createdAt": instant(found["createdAt"])} == {
        "id": "",
        "sentryId": comment.id,
        "createdAt": comment.date_created,
        "text": comment.data["text"],
        "author": {"name": comment.user.name, "email": comment.user.email},
        "issue": {"sentryId": issue.id},
    }
    assert told.routes == sorted([DETAIL, DETAIL + "notes/"])
    assert (again.errors, again["node"]) == (
        [],
        {
            "__typename": "Comment",
            "id": found["id"],
            "text": comment.data["text"],
            "author": {"name": comment.user.name},
        },
    )


async def test_tags_have_their_most_frequent_values(asker):
    """All tags cost one call: every value with how often and when it was seen, the most frequent first."""
    issue = find(asker, lambda issue: len(issue.events) > 40)

    node, told = await one(
        asker, issue, "tags { key name totalValues uniqueValues topValues { value count firstSeen lastSeen } }"
    )

    tags = {tag["key"]: tag for tag in node["tags"]}
    seen = {}
    for event in issue.events:
        for key, value in get_tags(event).items():
            seen.setdefault(key, {}).setdefault(value, []).append(event)
    assert {key: (tag["totalValues"], tag["uniqueValues"]) for key, tag in tags.items()} == {
        key: (sum(map(len, values.values())), len(values)) for key, values in seen.items()
    }
    assert [
        (top["value"], top["count"], instant(top["firstSeen"]), instant(top["lastSeen"]))
        for top in tags["environment"]["topValues"]
    ] == [
        (value, len(events), whole_second(events[0].time), whole_second(events[-1].time))
        for value, events in sorted(seen["environment"].items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    assert told.routes == sorted([DETAIL, DETAIL + "tags/"])


async def test_one_tag_has_all_its_values_page_by_page(asker):
    """The values of a tag are a list of their own, which is asked for under the tag's key."""
    issue = find(asker, lambda issue: 8 < len({event.person for event in issue.events}) < 60)
    fields = "nodes { value count } pageInfo { hasNextPage endCursor }"

    first, told = await one(asker, issue, f'tag(key: "user") {{ key uniqueValues values(first: 5) {{ {fields} }} }}')
    cursor = first["tag"]["values"]["pageInfo"]["endCursor"]
    rest, _ = await one(asker, issue, f'tag(key: "user") {{ values(first: 100, after: "{cursor}") {{ {fields} }} }}')

    pages = [first["tag"]["values"], rest["tag"]["values"]]
    values = [node["value"] for page in pages for node in page["nodes"]]
    assert set(values) == {get_tags(event)["user"] for event in issue.events if event.person >= 0}
    assert len(values) == first["tag"]["uniqueValues"] == len(set(values))
    assert [len(pages[0]["nodes"]), pages[0]["pageInfo"]["hasNextPage"]] == [5, True]
    assert told.routes == sorted([DETAIL, DETAIL + "tags/{key}/", DETAIL + "tags/{key}/values/"])


async def test_tag_that_no_event_carries_is_null(asker):
    """A lookup that finds nothing is null without an error."""
    node, _ = await one(asker, find(asker, lambda issue: issue.is_error), 'tag(key: "no-such-tag") { key }')

    assert node == {"tag": None}


async def test_hashes_show_their_newest_event(asker):
    """An issue that was merged has several hashes; the event that Sentry embeds in each costs no call of its own."""
    issue = find(asker, lambda issue: len(issue.hashes) == 2)

    node, told = await one(
        asker, issue, "hashes { nodes { hash latestEvent { eventId title platform issue { sentryId shortId } } } }"
    )

    hashes = node["hashes"]["nodes"]
    ids = {event.id for event in issue.events}
    assert [one["hash"] for one in hashes] == issue.hashes
    assert {one["latestEvent"]["eventId"] for one in hashes} <= ids
    assert [one["latestEvent"] | {"eventId": ""} for one in hashes] == [
        {
            "eventId": "",
            "title": issue.title,
            "platform": issue.project.platform,
            "issue": {"sentryId": issue.id, "shortId": issue.short_id},
        }
    ] * 2
    assert told.routes == sorted([DETAIL, DETAIL + "hashes/"])


async def test_tickets_of_other_tools_are_shown(asker):
    """A ticket has the tool's name, its own and an address."""
    issue = find(asker, lambda issue: issue.external_issues)

    node, told = await one(asker, issue, "externalIssues { externalId serviceType displayName webUrl }")

    assert node["externalIssues"] == [
        {
            "externalId": call_context.id,
            "serviceType": call_context.service_type,
            "displayName": call_context.display_name,
            "webUrl": call_context.web_url,
        }
        for call_context in issue.external_issues
    ]
    assert told.routes == sorted([DETAIL, DETAIL + "external-issues/"])


async def test_people_who_looked_at_or_follow_it_are_named(asker):
    """The detail embeds them with their names and addresses, for no further call."""
    issue = find(asker, lambda issue: issue.seen_by and issue.subscribers)

    node, told = await one(asker, issue, "feedbackCount seenBy { sentryId name } participants { sentryId email }")

    users = {user.id: user for user in asker.acme.users()}
    assert node == {
        "feedbackCount": len(issue.feedback),
        "seenBy": [{"sentryId": one, "name": users[one].name} for one in issue.seen_by],
        "participants": [{"sentryId": one, "email": users[one].email} for one in issue.subscribers],
    }
    assert told.routes == [DETAIL]


async def test_first_and_last_release_are_in_the_detail(asker):
    """Versions and dates of both are embedded; they are left out of the answer while nobody asks for them."""
    issue = find(
        asker, lambda issue: issue.events[0].release and issue.events[0].release is not issue.events[-1].release
    )

    node, told = await one(asker, issue, "firstRelease { version dateReleased } lastRelease { version }")
    _, without = await one(asker, issue, "title")

    first, last = issue.events[0].release, issue.events[-1].release
    assert node["firstRelease"]["version"] == first.version
    assert instant(node["firstRelease"]["dateReleased"]) == first.date_released
    assert node["lastRelease"] == {"version": last.version}
    assert ("collapse", "release") not in told.queries(DETAIL)[0]
    assert ("collapse", "release") in without.queries(DETAIL)[0]


async def test_releases_of_a_list_are_one_detail_call_for_each_issue(asker):
    """Only the detail knows the releases of an issue, so that a list of them costs a call each, and no more."""
    told = await asker.organization("issues(first: 5) { nodes { sentryId firstRelease { version } } }")

    nodes = told["issues"]["nodes"]
    oldest = [asker.acme.issues[node["sentryId"]].events[0].release for node in nodes]
    assert [node["firstRelease"] for node in nodes] == [one and {"version": one.version} for one in oldest]
    assert told.routes == sorted([LIST, *[DETAIL] * 5])


async def test_series_are_a_value_a_day(asker):
    """The series of the detail covers 30 days, and is asked for only when it is selected."""
    issue = find(asker, lambda issue: len(issue.events) > 40)

    node, told = await one(asker, issue, "series { name unit start intervalSeconds values }")
    _, without = await one(asker, issue, "title")

    series = node["series"]
    start = instant(series["start"])
    counts = [0] * 30
    for event in issue.events:
        day = (event.time - start).days
        if day >= 0:
            counts[day] += 1
    assert (series["name"], series["unit"], series["intervalSeconds"]) == ("count()", None, 86_400)
    assert series["values"] == counts
    assert sum(counts) > 1
    assert ("collapse", "stats") not in told.queries(DETAIL)[0]
    assert ("collapse", "stats") in without.queries(DETAIL)[0]


async def test_counts_within_a_range_are_one_call_for_a_list(asker):
    """The window of a field is asked for together for all issues of the list."""
    told = await asker.organization(
        'issues(first: 30) { nodes { sentryId inRange(range: { last: "24h" }) {'
        " eventCount userCount firstSeen lastSeen series { intervalSeconds values } } } }"
    )

    day_ago = asker.services.clock.now().timestamp() - 86_400
    for node in told["issues"]["nodes"]:
        events = [event for event in asker.acme.issues[node["sentryId"]].events if event.at >= day_ago]
        found = node["inRange"]
        assert (found["eventCount"], found["userCount"]) == (len(events), len({e.person for e in events} - {-1}))
        assert (found["series"]["intervalSeconds"], len(found["series"]["values"])) == (3600, 24)
        assert [instant(found[name]) for name in ("firstSeen", "lastSeen")] == [events[0].time, events[-1].time]
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


async def test_json_that_is_not_there_is_missed(asker, monkeypatch):
    """Like any other member, though its bytes are passed on as they came."""
    monkeypatch.setattr("dexter_graphql.sandbox.serializers.issues.serialize_metadata", lambda _issue: None)

    told = await asker.ask('{ organization(slug: "acme") { issues(first: 1) { nodes { id metadata } } } }')

    assert told["organization"]["issues"]["nodes"] == [None]
    assert [(error["message"], error["extensions"]["code"]) for error in told.errors] == [
        ("Sentry's answer lacks 'metadata'", "UPSTREAM_BAD_RESPONSE")
    ]


async def test_odd_bucket_is_a_gap_in_its_series(asker):
    """A bucket that cannot be read is null at its place; the buckets after it keep their times."""
    issue = next(iter(asker.acme.issues.values()))
    body = serialize_issue(asker.server.world, asker.acme, issue, None)
    stats = {"30d": [[0, 1], None, [172_800, 3], "odd", [345_600, 5]]}
    asker.server.faults.add(Fault(route=DETAIL, times=None, status=200, body=body | {"stats": stats}))

    node, _ = await one(asker, issue, "series { start intervalSeconds values }")

    assert node["series"] == {
        "start": "1970-01-01T00:00:00Z",
        "intervalSeconds": 86_400,
        "values": [1, None, 3, None, 5],
    }
