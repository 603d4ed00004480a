"""The subscription `issueChanged` over real HTTP: changes from webhooks and mutations, filters, positions and gaps."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from graphql import ExecutionResult, parse, subscribe

from dexter_graphql.graph.context import Context
from dexter_graphql.realtime.brokers.base import Retention
from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.realtime.snapshots import ChangeSource, issue_change
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.issue_editor import find_assignee
from dexter_graphql.sandbox.status_updates import Resolution
from support.live_changes import (
    WAIT_S,
    calls_besides_checks,
    current_position,
    document,
    error_of,
    issue_data,
    issue_editor,
    issue_id,
    open_issues,
    post_webhook,
    short_ids,
    subscribed,
)
from support.realtime import make_change
from support.sandbox import NOON
from support.server import running_site


@pytest.fixture
async def site():
    """A running Dexter over a sandbox of its own."""
    async with running_site() as running:
        yield running


async def test_mutation_is_told_once(site):
    """A mutation is told as soon as it is done, and Sentry's webhook of the same fact is no second item."""
    after = await current_position(site)
    hooks, (issue,) = site.upstream.webhooks, open_issues(site)
    changes = []
    site.upstream.world.listeners.append(changes.append)
    hooks.set_url(None)

    await site.data(RESOLVE, ids=[issue_id(issue)])
    [echo] = [hooks.build_delivery(change) for change in changes]
    answer = await post_webhook(site, echo.body, echo.headers)
    hooks.set_url(f"{site.url}/webhooks/sentry")
    opened = site.upstream.simulation.open_issue()
    async with subscribed(site, after=after) as reader:
        items = [await reader.item(), await reader.item()]

    assert answer == (200, {"message": "Accepted"})
    assert [(one["change"]["kind"], one["change"]["origin"], one["change"]["issue"]) for one in items] == [
        ("RESOLVED", "MUTATION", {"shortId": issue.short_id, "status": "RESOLVED"}),
        ("CREATED", "WEBHOOK", {"shortId": opened.short_id, "status": "UNRESOLVED"}),
    ]


RESOLVE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { unmatched } }"


DELETE = "mutation ($ids: [ID!]!) { deleteIssues(input: { issues: { ids: $ids } }) { deletedIds } }"


MERGE = "mutation ($ids: [ID!]!) { mergeIssues(input: { issues: { ids: $ids } }) { issue { shortId } mergedIds } }"


UPDATE = """mutation ($id: ID!, $email: String!) {
  updateIssue(
    input: { issue: {id: $id}, status: ARCHIVED, assignee: { user: {email: $email} }, priority: LOW }
  ) { issue { id } } }"""


async def test_changes_at_sentry_are_told(site):
    """Each kind of change comes with who did it, in order; an archived issue, which Sentry tells twice, once."""
    after = await current_position(site)
    world, issue, edit = site.upstream.world, open_issues(site)[0], issue_editor(site)
    name, team = world.users[0].name, issue.project.teams[0]

    edit.resolve(issue, Resolution())
    edit.unresolve(issue)
    edit.archive(issue, "archived_forever", {})
    edit.assign(issue, find_assignee(edit.organization, f"team:{team.id}"))
    async with subscribed(site, "change { kind action actor { kind name } issue { status } }", after=after) as reader:
        items = [(await reader.item())["change"] for _ in range(4)]

    assert [(one["kind"], one["action"], one["issue"]["status"]) for one in items] == [
        ("RESOLVED", "issue.resolved", "RESOLVED"),
        ("UNRESOLVED", "issue.unresolved", "UNRESOLVED"),
        ("ARCHIVED", "issue.ignored", "ARCHIVED"),
        ("ASSIGNED", "issue.assigned", "ARCHIVED"),
    ]
    assert [one["actor"] for one in items] == [{"kind": "user", "name": name}] * 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"projects": [{"slug": "web"}]}, ["web error resolved", "web fatal resolved", "web error unresolved"]),
        ({"levels": ["FATAL"]}, ["web fatal resolved", "api fatal resolved"]),
        ({"kinds": ["UNRESOLVED"]}, ["web error unresolved"]),
        (
            {"projects": [{"slug": "api"}, {"slug": "web"}], "levels": ["ERROR"], "kinds": ["RESOLVED"]},
            ["web error resolved"],
        ),
        ({"projects": []}, []),
        ({}, ["web error resolved", "web fatal resolved", "api fatal resolved", "web error unresolved"]),
    ],
)
async def test_filter(site, given, expected):
    """All that a filter says must hold, and any value of a list will do; nothing else comes."""
    after = await current_position(site)
    issues = [open_issues(site, 1, *which)[0] for which in (("web", "error"), ("web", "fatal"), ("api", "fatal"))]

    for issue in issues:
        issue_editor(site).resolve(issue, Resolution())
    issue_editor(site).unresolve(issues[0])
    await site.upstream.webhooks.drain()
    async with subscribed(site, TOLD, after=after, filter=given) as reader:
        items = [(await reader.item())["change"] for _ in expected]
        rest = asyncio.ensure_future(reader.item())
        await asyncio.wait({rest}, timeout=0.1)
        is_more = rest.done()
        rest.cancel()
        await asyncio.gather(rest, return_exceptions=True)

    told = [f"{o['issue']['project']['slug']} {o['issue']['level']} {o['kind']}".lower() for o in items]
    assert (told, is_more) == (expected, False)


TOLD = "change { kind issue { level project { slug } } }"


async def test_resuming_gives_what_was_missed(site):
    """Whoever was away gets each change that happened meanwhile, once and in order, and then what comes."""
    after = await current_position(site)
    issues = open_issues(site, 6)

    async with subscribed(site, after=after) as reader:
        for issue in issues[:2]:
            issue_editor(site).resolve(issue, Resolution())
        first = [await reader.item(), await reader.item()]
    for issue in issues[2:5]:
        issue_editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    async with subscribed(site, after=first[-1]["position"]) as reader:
        missed = [await reader.item() for _ in range(3)]
        issue_editor(site).resolve(issues[5], Resolution())
        last = await reader.item()

    assert short_ids(first) == [one.short_id for one in issues[:2]]
    assert short_ids(missed) == [one.short_id for one in issues[2:5]]
    assert short_ids([last]) == [issues[5].short_id]
    assert {one["gap"] for one in (*first, *missed, last)} == {None}


async def test_foreign_positions_are_refused(site):
    """A position is worth something in its own stream only: garbage, tampered and other streams' ones are mistakes."""
    after = await current_position(site)
    wrong = [
        {"after": "garbage"},
        {"after": ""},
        {"after": "\u2603"},
        {"after": after[:-4] + "AAAA"},
        {"after": after, "organization": "globex"},
    ]

    answers = []
    for variables in wrong:
        async with subscribed(site, **variables) as reader:
            answers.append(await reader.answer())

    assert [error_of(answer) for answer in answers] == [(["issueChanged"], "BAD_USER_INPUT")] * len(wrong)


async def test_filter_names_objects(site):
    """Assignees, issues, categories and environments are those of the issue after the change, by any of their names."""
    after = await current_position(site)
    issues = open_issues(site, 100)
    first = next(issue for issue in issues if any(event.environment == "staging" for event in issue.events))
    second = next(issue for issue in issues if all(event.environment != "staging" for event in issue.events))
    edit, me, team = issue_editor(site), site.upstream.world.users[0], first.project.teams[0]
    edit.assign(first, find_assignee(edit.organization, f"team:{team.id}"))
    edit.assign(second, find_assignee(edit.organization, f"user:{me.id}"))
    edit.resolve(second, Resolution())
    await site.upstream.webhooks.drain()
    changes = [f"ASSIGNED {first.short_id}", f"ASSIGNED {second.short_id}", f"RESOLVED {second.short_id}"]
    filters = (
        ({"assignees": {"team": {"slug": team.slug}}}, changes[:1]),
        ({"assignees": [{"team": {"slug": team.slug}}, {"user": {"sentryId": me.id}}]}, changes),
        ({"assignees": {"user": {"email": me.email}}}, changes[1:]),
        ({"assignees": {"nobody": True}}, []),
        ({"issues": [{"shortId": second.short_id}]}, changes[1:]),
        ({"issues": [{"id": issue_id(first)}, {"sentryId": second.id}]}, changes),
        ({"categories": ["ERROR", "OUTAGE"]}, changes),
        ({"categories": ["OUTAGE"]}, []),
        ({"environments": {"name": "staging"}}, changes[:1]),
        ({"environments": {"name": "production"}, "issues": {"sentryId": second.id}}, changes[1:]),
    )

    for given, expected in filters:
        async with subscribed(site, "change { kind issue { shortId } }", after=after, filter=given) as reader:
            items = [(await reader.item())["change"] for _ in expected]

        assert [f"{item['kind']} {item['issue']['shortId']}" for item in items] == expected, given


async def test_hints_are_filtered_by_the_issue_itself(asker):
    """A change that is reported without its issue, as of a ticket, passes the filter when the issue at Sentry does."""
    errors = [issue for issue in asker.acme.issues.values() if issue.is_error]
    fatal = next(issue for issue in errors if issue.level == "fatal")
    other = next(issue for issue in errors if issue.level != "fatal")
    filters = {"levels": ["FATAL"]}, {"categories": ["ERROR"], "levels": ["FATAL"]}, {"issues": {"sentryId": fatal.id}}
    for number, given in enumerate(({}, *filters)):
        async with asker.following(document("change { issue { shortId } }"), filter=given) as items:
            for issue in (other, fatal):
                hint = make_change(issue.id, id=f"{issue.id}-{number}", kind=Kind.UPDATED, action="issue.updated")
                await asker.services.changes.publish(hint)
            answers = [await items.next() for _ in range(1 if given else 2)]

        shown = [answer["data"]["issueChanged"]["change"]["issue"]["shortId"] for answer in answers]
        assert shown == ([fatal.short_id] if given else [other.short_id, fatal.short_id]), given


@pytest.mark.parametrize(
    "variables",
    [
        {"organization": "nowhere"},
        {"filter": {"projects": [{"slug": "web"}] * 101}},
        {"filter": {"assignees": {"me": True}}},
        {"filter": {"assignees": {"myTeams": True}}},
    ],
    ids=["unknown organization", "too long a filter", "user of a shared token", "teams of a shared token"],
)
async def test_bad_arguments_are_refused(site, variables):
    """A stream that cannot begin says why, and ends."""
    async with subscribed(site, **variables) as reader:
        answer = await reader.answer()

    assert error_of(answer) == (["issueChanged"], "BAD_USER_INPUT")


LIGHT = "position change { kind occurredAt origin actor { name } issue { id shortId title status eventCount } }"


async def test_light_fields_cost_no_call(site):
    """What a webhook or a mutation told answers the fields that it has."""
    after = await current_position(site)
    hooked, written = open_issues(site, 2)
    await site.data(RESOLVE, ids=[issue_id(written)])
    issue_editor(site).resolve(hooked, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    async with subscribed(site, LIGHT, after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in range(2)]

    assert items == [
        {
            "id": issue_id(one),
            "shortId": one.short_id,
            "title": one.title,
            "status": "RESOLVED",
            "eventCount": len(one.events),
        }
        for one in (written, hooked)
    ]
    assert calls_besides_checks(site, already) == []


async def test_details_cost_one_call_an_item(site):
    """What the webhook lacks is fetched with one call for each item."""
    after = await current_position(site)
    issues = open_issues(site, 3)
    for issue in issues:
        issue_editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    selection = "change { issue { shortId status firstRelease { version } } }"
    async with subscribed(site, selection, after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in issues]

    assert [one["shortId"] for one in items] == [one.short_id for one in issues]
    assert all(one["firstRelease"]["version"] for one in items)
    calls = calls_besides_checks(site, already)
    assert [call.path.rstrip("/").split("/")[-1] for call in calls] == [one.id for one in issues]


async def test_deleted_issue_is_null(site):
    """A deletion is told with the issue's project, and there is no issue to show."""
    after = await current_position(site)
    issue = open_issues(site)[0]

    await site.data(DELETE, ids=[issue_id(issue)])
    async with subscribed(
        site,
        "change { kind origin issue { id } }",
        after=after,
        filter={"projects": [{"slug": "web"}], "kinds": ["DELETED"]},
    ) as reader:
        item = await reader.item()

    assert item == {"change": {"kind": "DELETED", "origin": "MUTATION", "issue": None}}


async def test_merge_is_told(site):
    """The issue that stays is updated, with all events that it has now; those that are gone are deleted."""
    after = await current_position(site)
    issues = open_issues(site, 2)
    total = sum(len(one.events) for one in issues)

    merged = await site.data(MERGE, ids=[issue_id(one) for one in issues])
    selection = "change { kind issue { shortId eventCount } }"
    async with subscribed(site, selection, after=after, filter={"projects": [{"slug": "web"}]}) as reader:
        items = [(await reader.item())["change"] for _ in range(2)]

    assert items == [
        {"kind": "UPDATED", "issue": {**merged["mergeIssues"]["issue"], "eventCount": total}},
        {"kind": "DELETED", "issue": None},
    ]


async def test_update_of_several_things_is_told_as_each(site):
    """One mutation that archives, assigns and sets the priority is three changes, each with the issue as it is now."""
    after = await current_position(site)
    issue = open_issues(site)[0]

    await site.data(UPDATE, id=issue_id(issue), email=site.upstream.world.users[0].email)
    async with subscribed(
        site, "change { kind origin issue { status priority } }", after=after, filter={"levels": ["ERROR"]}
    ) as reader:
        items = [(await reader.item())["change"] for _ in range(3)]

    assert sorted(one["kind"] for one in items) == ["ARCHIVED", "ASSIGNED", "UPDATED"]
    assert {one["issue"]["status"] for one in items} == {"ARCHIVED"}


async def followed(asker, selection, **variables):
    """The answers of a subscription, straight from the graph, as a shared token's caller gets them."""
    identity = replace(asker.identity, is_shared_token=True)
    context = Context(asker.services, identity, "request")
    source = await subscribe(
        asker.graph.schema, parse(document(selection)), context_value=context, variable_values=variables
    )
    assert not isinstance(source, ExecutionResult), source.errors
    return source


async def test_webhook_may_be_faster_than_the_mutation(asker):
    """When Sentry's webhook of a mutation comes before the mutation's own word, it is the one that is told."""
    issue = next(one for one in asker.acme.issues.values() if one.is_error)
    raw = msgspec.json.encode({"id": issue.id, "status": "resolved", "project": {"slug": issue.project.slug}})
    source = await followed(asker, "change { kind origin }")

    await asker.services.changes.publish(issue_change(Kind.RESOLVED, raw, TELLING))
    await asker.ask(RESOLVE, ids=[issue_id(issue)])
    await asker.services.changes.publish(a_change(1))
    items = [(await anext(source)).data["issueChanged"]["change"] for _ in range(2)]
    await source.aclose()

    assert items == [{"kind": "RESOLVED", "origin": "WEBHOOK"}] * 2


async def test_refused_look_up_changes_and_publishes_nothing(asker):
    """A bulk write looks the issues up first; where Sentry refuses that, nothing is written and no change is sent."""
    issues = [one for one in asker.acme.issues.values() if one.is_error][:2]
    source = await followed(asker, "change { kind }")
    number = asker.server.faults.add(
        Fault(method="GET", route="/organizations/{organization}/issues/", status=403, times=None)
    )

    answer = await asker.ask(RESOLVE, ids=[issue_id(one) for one in issues])
    asker.server.faults.remove(number)
    await asker.services.changes.publish(a_change(1))
    item = (await asyncio.wait_for(anext(source), WAIT_S)).data["issueChanged"]["change"]
    await source.aclose()

    assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]
    assert [call for call in answer.calls if call.method != "GET"] == []
    assert item == {"kind": "RESOLVED"}


TELLING = ChangeSource("acme", "issue.resolved", Origin.WEBHOOK, None, NOON, NOON)


async def test_gap_tells_how_many_are_gone(asker):
    """A reader behind what is kept gets a gap with their number in place of the changes, and then the rest."""
    changes = in_memory_feed(asker.services.clock, b"key", retention=Retention(max_changes=3))
    asker.services = replace(asker.services, changes=changes)
    source = await followed(asker, "position change { issue { shortId } }")
    await changes.publish(a_change(0))
    first = (await anext(source)).data["issueChanged"]
    await source.aclose()

    for number in range(1, 8):
        await changes.publish(a_change(number))
    source = await followed(asker, "gap { missed } change { issue { shortId } }", after=first["position"])
    items = [(await anext(source)).data["issueChanged"] for _ in range(4)]
    await source.aclose()

    assert items == [
        {"gap": {"missed": 4}, "change": None},
        *({"gap": None, "change": {"issue": {"shortId": f"WEB-{number}"}}} for number in (5, 6, 7)),
    ]


async def test_lost_memory_is_a_gap_without_a_number(asker):
    """After a restart with the same key nobody knows how many were missed, and the stream says so."""
    clock = asker.services.clock
    positions = []
    for _ in range(2):
        changes = in_memory_feed(clock, b"key")
        asker.services = replace(asker.services, changes=changes)
        after = {"after": positions[-1]} if positions else {}
        source = await followed(asker, "position gap { missed } change { kind }", **after)
        await changes.publish(a_change(1))
        item = (await anext(source)).data["issueChanged"]
        positions.append(item["position"])
        await source.aclose()

    assert (item["gap"], item["change"]) == ({"missed": None}, None)


def a_change(number):
    """A resolved issue, as a webhook tells it."""
    raw = msgspec.json.encode(issue_data(number)["issue"])
    return issue_change(Kind.RESOLVED, raw, TELLING)
