"""Activity, comments, tags, hashes, releases and other details of an issue."""

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.issues import serialize_issue, serialize_owners
from dexter_graphql.sandbox.world.event_attributes import get_tags
from support.issues import DETAIL, LIST, MEMBERS, TEAMS, find, instant, one


def whole_second(at):
    return at.replace(microsecond=0)


async def test_owners_are_suggested_with_a_reason(asker):
    """The detail gives all suggestions; the people and teams behind them cost one call for each of the two lists."""
    issue = find(asker, lambda issue: len(serialize_owners(issue)) == 2)

    node, told = await one(
        asker,
        issue,
        "owners { reason reasonRaw suggestedAt"
        " owner { __typename ... on User { sentryId email } ... on Team { sentryId slug } } }",
    )

    author, team = issue.events[0].release.commits[0].author, issue.project.teams[0]
    assert [(owner["reason"], owner["reasonRaw"]) for owner in node["owners"]] == [
        ("OWNERSHIP_RULE", "ownershipRule"),
        ("SUSPECT_COMMIT", "suspectCommit"),
    ]
    assert [owner["owner"] for owner in node["owners"]] == [
        {"__typename": "Team", "sentryId": team.id, "slug": team.slug},
        {"__typename": "User", "sentryId": author.id, "email": author.email},
    ]
    assert {instant(owner["suggestedAt"]) for owner in node["owners"]} == {issue.last_seen}
    assert told.routes == sorted([DETAIL, MEMBERS, TEAMS])
    assert ("expand", "owners") in told.queries(DETAIL)[0]


async def test_list_gives_the_first_owner_alone(asker):
    """Rows carry one suggestion, asked for only when it is selected; all suggestions are one call for each issue."""
    told = await asker.organization("issues(first: 5) { nodes { sentryId suggestedOwner { reasonRaw } } }")
    more = await asker.organization(
        "issues(first: 5) { nodes { sentryId suggestedOwner { reasonRaw } owners { reasonRaw } } }"
    )

    for node, other in zip(told["issues"]["nodes"], more["issues"]["nodes"], strict=True):
        reasons = [{"reasonRaw": one["type"]} for one in serialize_owners(asker.acme.issues[node["sentryId"]])]
        assert node["suggestedOwner"] == other["suggestedOwner"] == (reasons[0] if reasons else None)
        assert other["owners"] == (reasons or None)
    assert ("expand", "owners") in told.queries(LIST)[0]
    assert (told.routes, more.routes) == ([LIST], [DETAIL] * 5)


async def test_history_is_told_newest_first(asker):
    """Each line has Sentry's word, its data, and who did it; null for Sentry itself."""
    issue = find(asker, lambda issue: {"assigned", "note"} <= {line.type for line in issue.activity})

    node, told = await one(
        asker, issue, "activity { nodes { sentryId kindRaw occurredAt data actor { sentryId name email } } }"
    )

    lines = node["activity"]["nodes"]
    assert [line | {"occurredAt": instant(line["occurredAt"])} for line in lines] == [
        {
            "sentryId": line.id,
            "kindRaw": line.type,
            "occurredAt": line.date_created,
            "data": line.data,
            "actor": line.user and {"sentryId": line.user.id, "name": line.user.name, "email": line.user.email},
        }
        for line in reversed(issue.activity)
    ]
    assert {"first_seen", "assigned", "note"} <= {line["kindRaw"] for line in lines}
    assert told.routes == [DETAIL]


async def test_history_is_paged_within_what_came(asker):
    """Sentry gives the history at once, so the second page costs no other call than the first."""
    issue = find(asker, lambda issue: len(issue.activity) >= 3)
    fields = "nodes { sentryId } pageInfo { hasNextPage endCursor }"

    first, _ = await one(asker, issue, f"activity(first: 2) {{ {fields} }}")
    cursor = first["activity"]["pageInfo"]["endCursor"]
    second, told = await one(asker, issue, f'activity(first: 50, after: "{cursor}") {{ {fields} }}')

    lines = [*first["activity"]["nodes"], *second["activity"]["nodes"]]
    pages = [page["activity"]["pageInfo"]["hasNextPage"] for page in (first, second)]
    assert [line["sentryId"] for line in lines] == [line.id for line in reversed(issue.activity)]
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
        asker, issue, "tags { key name totalValues uniqueValues topValues { value count firstSeenAt lastSeenAt } }"
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
        (top["value"], top["count"], instant(top["firstSeenAt"]), instant(top["lastSeenAt"]))
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


async def test_people_who_looked_at_or_follow_it_are_named(asker):
    """The detail embeds them with their names and addresses, for no further call."""
    issue = find(asker, lambda issue: issue.seen_by and issue.subscribers)

    node, told = await one(
        asker, issue, "feedbackCount seenBy { nodes { sentryId name } } participants { nodes { sentryId email } }"
    )

    users = {user.id: user for user in asker.acme.users()}
    assert node == {
        "feedbackCount": len(issue.feedback),
        "seenBy": {"nodes": [{"sentryId": one, "name": users[one].name} for one in issue.seen_by]},
        "participants": {"nodes": [{"sentryId": one, "email": users[one].email} for one in issue.subscribers]},
    }
    assert told.routes == [DETAIL]


async def test_first_and_last_release_are_in_the_detail(asker):
    """Versions and dates of both are embedded; they are left out of the answer while nobody asks for them."""
    issue = find(
        asker, lambda issue: issue.events[0].release and issue.events[0].release is not issue.events[-1].release
    )

    node, told = await one(asker, issue, "firstRelease { version releasedAt } lastRelease { version }")
    _, without = await one(asker, issue, "title")

    first, last = issue.events[0].release, issue.events[-1].release
    assert node["firstRelease"]["version"] == first.version
    assert instant(node["firstRelease"]["releasedAt"]) == first.date_released
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

    node, told = await one(asker, issue, "series { name unit startsAt intervalSeconds values }")
    _, without = await one(asker, issue, "title")

    series = node["series"]
    start = instant(series["startsAt"])
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


async def test_odd_bucket_is_a_gap_in_its_series(asker):
    """A bucket that cannot be read is null in its place, with an error; the buckets after it keep their times."""
    issue = next(iter(asker.acme.issues.values()))
    body = serialize_issue(asker.server.world, asker.acme, issue, None)
    stats = {"30d": [[0, 1], None, [172_800, 3], "odd", [345_600, 5], [432_000, {}]]}
    asker.server.faults.add(Fault(route=DETAIL, times=None, status=200, body=body | {"stats": stats}))

    told = await asker.ask(
        'query ($id: String!) { organization(slug: "acme") { issue(shortId: $id)'
        " { series { startsAt intervalSeconds values } } } }",
        id=issue.short_id,
    )

    node = told["organization"]["issue"]
    path = ["organization", "issue", "series"]
    assert [(error["path"], error["extensions"]["code"]) for error in told.errors] == [
        (path, "UPSTREAM_BAD_RESPONSE"),
        (path, "UPSTREAM_BAD_RESPONSE"),
    ]
    assert node["series"] == {
        "startsAt": "1970-01-01T00:00:00Z",
        "intervalSeconds": 86_400,
        "values": [1, None, 3, None, 5, None],
    }
