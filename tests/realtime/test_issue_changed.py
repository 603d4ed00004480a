"""The subscription `issueChanged` over real HTTP: what comes in by webhooks and mutations, and who is told of it.

Long, because every way in and every way out of one stream share the reader at its beginning.
"""

import asyncio
import io
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import msgspec
import pytest
from graphql import ExecutionResult, parse, subscribe

from dexter_graphql.graph.context import Context
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.realtime.brokers.memory import MemoryBroker
from dexter_graphql.realtime.brokers.positions import PositionSigner
from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.deduplication import ChangeDeduplicator
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.snapshots import ChangeSource, issue_change
from dexter_graphql.realtime.webhooks.receiver import MAX_BODY_BYTES
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.issue_editor import IssueEditor, find_assignee
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.webhooks import sign
from support.sandbox import NOON, running_sandbox
from support.server import Site, running_site
from support.transports import EventStream

ITEM = "position gap { missed } change { kind origin action actor { name } issue { shortId status } }"
WAIT_S = 10


@pytest.fixture
async def site():
    """A running Dexter over a sandbox of its own."""
    async with running_site() as running:
        yield running


def document(selection=ITEM):
    """A subscription to the changes of an organization."""
    return f"""subscription ($organization: String! = "acme", $filter: IssueChangeFilter, $after: String) {{
        issueChanged(organization: $organization, filter: $filter, after: $after) {{ {selection} }} }}"""


class Reader:
    """Reads one subscription, item by item."""

    def __init__(self, answers):
        self._answers = answers

    async def answer(self):
        """The next answer, as it came."""
        return await asyncio.wait_for(anext(self._answers), WAIT_S)

    async def item(self):
        """The next item, which has no error."""
        answer = await self.answer()
        assert "errors" not in answer, answer
        return answer["data"]["issueChanged"]


@asynccontextmanager
async def reading(site, selection=ITEM, **variables):
    """A reader of the changes, until the block ends."""
    answers = EventStream(site).ask(document(selection), variables)
    try:
        yield Reader(answers)
    finally:
        await answers.aclose()


async def position_now(site):
    """The position after all that has happened: whoever reads on from there misses nothing and sees nothing old."""
    async with reading(site, "position change { issue { shortId } }") as reader:
        coming = asyncio.ensure_future(reader.item())
        while not coming.done():
            issue = site.upstream.simulation.open_issue()
            await site.upstream.webhooks.drain()
            await asyncio.wait({coming}, timeout=0.2)
        item = await coming
        while item["change"]["issue"]["shortId"] != issue.short_id:
            item = await reader.item()
        return item["position"]


def editor(site):
    """Somebody who changes issues of acme at Sentry."""
    world = site.upstream.world
    return IssueEditor(world, world.find_organization("acme"), world.users[0])


def some(site, number=1, project="web", level="error"):
    """Open issues of a project with a level."""
    issues = site.upstream.world.find_organization("acme").issues.values()
    found = [one for one in issues if one.project.slug == project and one.level == level and one.is_error]
    return [one for one in found if one.status == "unresolved"][:number]


def id_of(issue):
    """Global id of an issue of acme."""
    return encode_id("Issue", "100000", issue.id)


def short_ids(items):
    """What the items are about."""
    return [item["change"]["issue"]["shortId"] for item in items]


async def test_mutation_is_told_once(site):
    """A mutation is told as soon as it is done, and Sentry's webhook of the same fact is no second item."""
    after = await position_now(site)
    hooks, (issue,) = site.upstream.webhooks, some(site)
    changes = []
    site.upstream.world.listeners.append(changes.append)
    hooks.set_url(None)

    await site.data(RESOLVE, ids=[id_of(issue)])
    [echo] = [hooks.build_delivery(change) for change in changes]
    answer = await post(site, echo.body, echo.headers)
    hooks.set_url(f"{site.url}/webhooks/sentry")
    opened = site.upstream.simulation.open_issue()
    async with reading(site, after=after) as reader:
        items = [await reader.item(), await reader.item()]

    assert answer == (200, {"message": "Taken"})
    assert [(one["change"]["kind"], one["change"]["origin"], one["change"]["issue"]) for one in items] == [
        ("RESOLVED", "MUTATION", {"shortId": issue.short_id, "status": "RESOLVED"}),
        ("CREATED", "WEBHOOK", {"shortId": opened.short_id, "status": "UNRESOLVED"}),
    ]


RESOLVE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { unmatched } }"
DELETE = "mutation ($ids: [ID!]!) { deleteIssues(input: { issues: { ids: $ids } }) { deletedIds } }"
MERGE = "mutation ($ids: [ID!]!) { mergeIssues(input: { issues: { ids: $ids } }) { issue { shortId } mergedIds } }"
UPDATE = """mutation ($id: ID!, $email: String!) {
  updateIssue(input: { id: $id, status: ARCHIVED, assignee: { email: $email }, priority: LOW }) { issue { id } } }"""


async def post(site, body, headers):
    """Status and decoded answer of a webhook."""
    async with site.session.post(f"{site.url}/webhooks/sentry", data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_changes_at_sentry_are_told(site):
    """Each kind of change comes with who did it, in order; an archived issue, which Sentry tells twice, once."""
    after = await position_now(site)
    world, issue, edit = site.upstream.world, some(site)[0], editor(site)
    name, team = world.users[0].name, issue.project.teams[0]

    edit.resolve(issue, Resolution())
    edit.unresolve(issue)
    edit.archive(issue, "archived_forever", {})
    edit.assign(issue, find_assignee(edit.organization, f"team:{team.id}"))
    async with reading(site, "change { kind action actor { kind name } issue { status } }", after=after) as reader:
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
        ({"projects": ["web"]}, ["web error resolved", "web fatal resolved", "web error unresolved"]),
        ({"levels": ["FATAL"]}, ["web fatal resolved", "api fatal resolved"]),
        ({"kinds": ["UNRESOLVED"]}, ["web error unresolved"]),
        ({"projects": ["api", "web"], "levels": ["ERROR"], "kinds": ["RESOLVED"]}, ["web error resolved"]),
        ({"projects": []}, []),
        ({}, ["web error resolved", "web fatal resolved", "api fatal resolved", "web error unresolved"]),
    ],
)
async def test_filter(site, given, expected):
    """All that a filter says must hold, and any value of a list will do; nothing else comes."""
    after = await position_now(site)
    issues = [some(site, 1, *which)[0] for which in (("web", "error"), ("web", "fatal"), ("api", "fatal"))]

    for issue in issues:
        editor(site).resolve(issue, Resolution())
    editor(site).unresolve(issues[0])
    await site.upstream.webhooks.drain()
    async with reading(site, TOLD, after=after, filter=given) as reader:
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
    after = await position_now(site)
    issues = some(site, 6)

    async with reading(site, after=after) as reader:
        for issue in issues[:2]:
            editor(site).resolve(issue, Resolution())
        first = [await reader.item(), await reader.item()]
    for issue in issues[2:5]:
        editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    async with reading(site, after=first[-1]["position"]) as reader:
        missed = [await reader.item() for _ in range(3)]
        editor(site).resolve(issues[5], Resolution())
        last = await reader.item()

    assert short_ids(first) == [one.short_id for one in issues[:2]]
    assert short_ids(missed) == [one.short_id for one in issues[2:5]]
    assert short_ids([last]) == [issues[5].short_id]
    assert {one["gap"] for one in (*first, *missed, last)} == {None}


async def test_foreign_positions_are_refused(site):
    """A position is worth something in its own stream only: garbage, tampered and other streams' ones are mistakes."""
    after = await position_now(site)
    wrong = [
        {"after": "garbage"},
        {"after": ""},
        {"after": "\u2603"},
        {"after": after[:-4] + "AAAA"},
        {"after": after, "organization": "globex"},
    ]

    answers = []
    for variables in wrong:
        async with reading(site, **variables) as reader:
            answers.append(await reader.answer())

    assert [refused(answer) for answer in answers] == [(["issueChanged"], "BAD_USER_INPUT")] * len(wrong)


def refused(answer):
    """Path and code of the only error of an answer."""
    [error] = answer["errors"]
    assert answer.get("data") is None
    return error["path"], error["extensions"]["code"]


@pytest.mark.parametrize(
    "variables",
    [{"organization": "nowhere"}, {"filter": {"projects": ["web"] * 101}}],
    ids=["unknown organization", "too long a filter"],
)
async def test_bad_arguments_are_refused(site, variables):
    """A stream that cannot begin says why, and ends."""
    async with reading(site, **variables) as reader:
        answer = await reader.answer()

    assert refused(answer) == (["issueChanged"], "BAD_USER_INPUT")


LIGHT = "position change { kind occurredAt origin actor { name } issue { id shortId title status eventCount } }"


async def test_light_fields_cost_no_call(site):
    """What a webhook or a mutation told answers the fields that it has."""
    after = await position_now(site)
    hooked, written = some(site, 2)
    await site.data(RESOLVE, ids=[id_of(written)])
    editor(site).resolve(hooked, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    async with reading(site, LIGHT, after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in range(2)]

    assert items == [
        {
            "id": id_of(one),
            "shortId": one.short_id,
            "title": one.title,
            "status": "RESOLVED",
            "eventCount": len(one.events),
        }
        for one in (written, hooked)
    ]
    assert site.upstream.requests.lines()[already:] == []


async def test_details_cost_one_call_an_item(site):
    """What the webhook lacks is fetched with one call for each item."""
    after = await position_now(site)
    issues = some(site, 3)
    for issue in issues:
        editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    selection = "change { issue { shortId status firstRelease { version } } }"
    async with reading(site, selection, after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in issues]

    assert [one["shortId"] for one in items] == [one.short_id for one in issues]
    assert all(one["firstRelease"]["version"] for one in items)
    calls = list(site.upstream.requests)[already:]
    assert [call.path.rstrip("/").split("/")[-1] for call in calls] == [one.id for one in issues]


async def test_personal_marks_are_the_readers_own(site):
    """Whether somebody has seen an issue is not told by what another one's change shows; it takes a call."""
    after = await position_now(site)
    seen, unseen = some(site, 2)
    me = site.upstream.world.users[0].id
    unseen.seen_by.pop(me, None)
    seen.seen_by[me] = NOON
    for issue in (seen, unseen):
        editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    async with reading(site, "change { issue { shortId hasSeen } }", after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in range(2)]

    assert items == [{"shortId": seen.short_id, "hasSeen": True}, {"shortId": unseen.short_id, "hasSeen": False}]
    assert len(site.upstream.requests) - already == 2


async def test_deleted_issue_is_null(site):
    """A deletion is told with the issue's project, and there is no issue to show."""
    after = await position_now(site)
    issue = some(site)[0]

    await site.data(DELETE, ids=[id_of(issue)])
    async with reading(
        site, "change { kind origin issue { id } }", after=after, filter={"projects": ["web"], "kinds": ["DELETED"]}
    ) as reader:
        item = await reader.item()

    assert item == {"change": {"kind": "DELETED", "origin": "MUTATION", "issue": None}}


async def test_merge_is_told(site):
    """The issue that stays is updated, with all events that it has now; those that are gone are deleted."""
    after = await position_now(site)
    issues = some(site, 2)
    total = sum(len(one.events) for one in issues)

    merged = await site.data(MERGE, ids=[id_of(one) for one in issues])
    selection = "change { kind issue { shortId eventCount } }"
    async with reading(site, selection, after=after, filter={"projects": ["web"]}) as reader:
        items = [(await reader.item())["change"] for _ in range(2)]

    assert items == [
        {"kind": "UPDATED", "issue": {**merged["mergeIssues"]["issue"], "eventCount": total}},
        {"kind": "DELETED", "issue": None},
    ]


async def test_update_of_several_things_is_told_as_each(site):
    """One mutation that archives, assigns and sets the priority is three changes, each with the issue as it is now."""
    after = await position_now(site)
    issue = some(site)[0]

    await site.data(UPDATE, id=id_of(issue), email=site.upstream.world.users[0].email)
    async with reading(
        site, "change { kind origin issue { status priority } }", after=after, filter={"levels": ["ERROR"]}
    ) as reader:
        items = [(await reader.item())["change"] for _ in range(3)]

    assert sorted(one["kind"] for one in items) == ["ARCHIVED", "ASSIGNED", "UPDATED"]
    assert {one["issue"]["status"] for one in items} == {"ARCHIVED"}


async def test_webhook_makes_answers_stale(site):
    """A query after a webhook does not answer from the cache of before it."""
    issue = some(site)[0]
    query = """query ($ids: [ID!]!, $short: String!) {
      nodes(ids: $ids) { ... on Issue { status } }
      organization(slug: "acme") { issue(shortId: $short) { status firstRelease { version } } } }"""
    variables = {"ids": [id_of(one) for one in some(site, 2)], "short": issue.short_id}
    before = await site.data(query, **variables)

    editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    after = await site.data(query, **variables)

    assert [one["nodes"][0]["status"] for one in (before, after)] == ["UNRESOLVED", "RESOLVED"]
    assert [one["organization"]["issue"]["status"] for one in (before, after)] == ["UNRESOLVED", "RESOLVED"]


def signed(site, data, *, action="resolved", resource="issue", slug="acme", **headers):
    """Body and headers of a webhook, signed with an organization's secret."""
    envelope = {"action": action, "installation": {"uuid": "u"}, "data": data}
    body = data if isinstance(data, bytes) else msgspec.json.encode(envelope)
    named = {
        "Content-Type": "application/json",
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": str(int(time.time())),
        "Sentry-Hook-Signature": sign(site.upstream.webhooks.secret(slug), body),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return body, {name: value for name, value in named.items() if value is not None}


def issue_data(number, project="web"):
    """What a webhook tells of an issue."""
    return {
        "issue": {"id": str(number), "shortId": f"WEB-{number}", "status": "resolved", "project": {"slug": project}}
    }


async def test_refused_webhooks(site):
    """What is not signed, not fresh, no webhook or too large is refused with a status that says so."""
    data = issue_data(1)
    attempts = {
        "wrong signature": (401, signed(site, data, Sentry_Hook_Signature="0" * 64)),
        "no signature": (401, signed(site, data, Sentry_Hook_Signature=None)),
        "no timestamp": (401, signed(site, data, Sentry_Hook_Timestamp=None)),
        "old timestamp": (401, signed(site, data, Sentry_Hook_Timestamp=str(int(time.time()) - 3600))),
        "no resource": (400, signed(site, data, Sentry_Hook_Resource=None)),
        "junk": (400, signed(site, b"junk")),
        "no object": (400, signed(site, b"[]")),
        "other organization": (401, signed(site, data, slug="globex")),
    }

    statuses = {name: (await post(site, *sent))[0] for name, (_, sent) in attempts.items()}
    large, headers = signed(site, b"x" * (MAX_BODY_BYTES + 1))
    too_large, _ = await post(site, io.BytesIO(large), headers)

    assert statuses == {name: status for name, (status, _) in attempts.items()}
    assert too_large == 413


async def test_webhooks_are_posted(site):
    """Other methods are not for this door."""
    async with site.session.get(f"{site.url}/webhooks/sentry") as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_replayed_and_unknown_webhooks_are_taken_quietly(site):
    """A body that came before, and a resource that nobody knows yet, answer 200 and are no items."""
    after = await position_now(site)
    once, last = signed(site, issue_data(1)), signed(site, issue_data(2))

    answers = [await post(site, *sent) for sent in (once, once, signed(site, {"x": 1}, resource="size_analysis"), last)]
    async with reading(site, after=after) as reader:
        items = [await reader.item(), await reader.item()]

    assert answers == [(200, {"message": text}) for text in ("Taken", "Known already", "Taken", "Taken")]
    assert short_ids(items) == ["WEB-1", "WEB-2"]


async def test_secret_decides_the_organization():
    """What one organization's secret signed is told in that organization's stream alone."""
    async with running_sandbox() as sandbox:
        secrets = tuple(f"{slug}={sandbox.webhooks.secret(slug)}" for slug in ("acme", "globex"))
        async with running_site(sandbox, webhook_secrets=secrets) as site:
            after = await position_now(site)
            await post(site, *signed(site, issue_data(1), slug="globex"))
            await post(site, *signed(site, issue_data(2)))
            async with reading(site, after=after) as reader:
                item = await reader.item()

    assert short_ids([item]) == ["WEB-2"]


@asynccontextmanager
async def asking_with(site, token):
    """The same site for a client with a token of their own."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        yield Site(site.url, site.upstream, site.dexter, session)


async def test_everybody_hears_of_their_own_projects():
    """In `passthrough`, whose token does not see the project hears nothing of it, not even by a position."""
    async with running_site(mode="passthrough") as running, asking_with(running, running.upstream.token) as site:
        after = await position_now(site)
        for sent in (issue_data(1, "hidden"), {"issue": {"id": "3", "status": "resolved"}}, issue_data(2)):
            await post(site, *signed(site, sent))
        async with reading(site, after=after) as reader:
            item = await reader.item()

    assert short_ids([item]) == ["WEB-2"]


async def test_strangers_cannot_follow_an_organization():
    """In `passthrough`, an organization that the token does not see is none."""
    async with (
        running_site(mode="passthrough") as running,
        asking_with(running, running.upstream.world.tokens.globex.text) as site,
        reading(site) as reader,
    ):
        answer = await reader.answer()

    assert refused(answer) == (["issueChanged"], "BAD_USER_INPUT")


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
    await asker.ask(RESOLVE, ids=[id_of(issue)])
    await asker.services.changes.publish(a_change(1))
    items = [(await anext(source)).data["issueChanged"]["change"] for _ in range(2)]
    await source.aclose()

    assert items == [{"kind": "RESOLVED", "origin": "WEBHOOK"}] * 2


async def test_change_that_nobody_could_look_at_is_told(asker):
    """A write whose result cannot be seen is told all the same; whoever reads it looks for themselves."""
    issues = [one for one in asker.acme.issues.values() if one.is_error][:2]
    source = await followed(asker, "change { kind issue { shortId status } }")
    number = asker.server.faults.add(
        Fault(method="GET", route="/organizations/{organization}/issues/", status=403, times=None)
    )

    await asker.ask(RESOLVE, ids=[id_of(one) for one in issues])
    asker.server.faults.remove(number)
    items = [(await anext(source)).data["issueChanged"]["change"] for _ in issues]
    await source.aclose()

    assert items == [{"kind": "RESOLVED", "issue": {"shortId": one.short_id, "status": "RESOLVED"}} for one in issues]


TELLING = ChangeSource("acme", "issue.resolved", Origin.WEBHOOK, None, NOON, NOON)


async def test_gap_tells_how_many_are_gone(asker):
    """A reader behind what is kept gets a gap with their number in place of the changes, and then the rest."""
    changes = ChangeFeed(MemoryBroker(max_changes=3), ChangeDeduplicator(asker.services.clock), PositionSigner(b"key"))
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
        changes = ChangeFeed(MemoryBroker(), ChangeDeduplicator(clock), PositionSigner(b"key"))
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
