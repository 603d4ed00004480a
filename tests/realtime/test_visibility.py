"""Visibility of changes: a subscriber receives those of projects whose issues its own token may read."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from functools import partial
from itertools import count

import pytest

from dexter_graphql.graph.schema import build_graph
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sentry.restriction import AccessLevel
from support.keys import keys_site
from support.live_changes import (
    PROJECT_IDS,
    WAIT_S,
    calls_besides_checks,
    checked_projects,
    current_position,
    error_of,
    issue_data,
    issue_editor,
    open_issues,
    post_webhook,
    sign_webhook,
    subscribed,
    with_token,
)
from support.project_webhooks import author_of, document_of, report_all
from support.sandbox import NOON
from support.server import running_site
from support.transports import EventStream, Multipart, SingleConnection, Socket

FIELDS = sorted(build_graph().schema.subscription_type.fields)
NUMBERS = count(100)
ROUNDS = 100
"""Times that changes are reported until every stream has received one."""
TRANSPORTS = [EventStream, SingleConnection, Multipart, Socket]
CHANGES = """subscription ($after: String) { issueChanged(organization: { slug: "acme" }, after: $after) {
    gap { missed } change { issue { shortId } } } }"""


@pytest.fixture
async def site():
    """A running Dexter in mode `passthrough`, for a token that may read everything."""
    async with running_site(mode="passthrough") as running, with_token(running, running.upstream.token) as allowed:
        yield allowed


@asynccontextmanager
async def web_only(site):
    """The same site for a token that may read the project `web` alone."""
    async with with_token(site, site.upstream.world.tokens.web_only.text) as limited:
        yield limited


async def first_items(transport, site, count, **variables):
    """The first answers of a subscription over a transport."""
    async with aclosing(transport(site).ask(CHANGES, variables)) as answers:
        return [await asyncio.wait_for(anext(answers), WAIT_S) for _ in range(count)]


def issue_names(answers):
    """Short ids of the issues in answers without errors."""
    return [answer["data"]["issueChanged"]["change"]["issue"]["shortId"] for answer in answers]


@pytest.mark.parametrize("transport", [EventStream, Multipart, Socket])
@pytest.mark.parametrize("resumes", [True, False])
async def test_changes_of_other_projects_are_left_out(site, transport, resumes):
    """A token with 403 on a project's issues receives none of its changes, live or after a position."""
    async with web_only(site) as limited:
        after = await current_position(site)
        sent = [issue_data(1, "api"), issue_data(2, "web"), issue_data(3, "api"), issue_data(4, "web")]
        if resumes:
            for data in sent:
                await post_webhook(site, *sign_webhook(site, data))
            answers = await first_items(transport, limited, 2, after=after)
        else:
            receiving = asyncio.ensure_future(first_items(transport, limited, 2, after=after))
            await asyncio.sleep(0.2)
            for data in sent:
                await post_webhook(site, *sign_webhook(site, data))
            answers = await receiving
        everything = await first_items(transport, site, 4, after=after)

    assert issue_names(answers) == ["WEB-2", "WEB-4"]
    assert issue_names(everything) == ["WEB-1", "WEB-2", "WEB-3", "WEB-4"]


async def test_projects_are_compared_by_id(site):
    """The slug in a webhook says nothing: a hidden project does not become visible under another one's name."""
    disguised = issue_data(1, "api")
    disguised["issue"]["project"]["slug"] = "web"
    async with web_only(site) as limited:
        after = await current_position(site)
        for data in (disguised, issue_data(2, "web")):
            await post_webhook(site, *sign_webhook(site, data))
        answers = await first_items(EventStream, limited, 1, after=after)

    assert issue_names(answers) == ["WEB-2"]


@pytest.mark.parametrize("project", [None, {"slug": "web"}, {"id": "999999", "slug": "web"}])
async def test_unknown_projects_are_hidden(site, project):
    """Without a project id the issue itself is looked up; what cannot be found or read is left out."""
    data = {"issue": {"id": "3", "shortId": "WEB-3", "status": "resolved", "project": project}}
    async with web_only(site) as limited:
        after = await current_position(site)
        for sent in (data, issue_data(2, "web")):
            await post_webhook(site, *sign_webhook(site, sent))
        answers = await first_items(EventStream, limited, 1, after=after)

    assert issue_names(answers) == ["WEB-2"]


async def test_issue_without_project_is_looked_up(site):
    """A change that names no project is sent when the token may read the issue."""
    (issue,) = open_issues(site)
    data = {"issue": {"id": issue.id, "shortId": issue.short_id, "status": "resolved"}}
    async with web_only(site) as limited:
        after = await current_position(site)
        await post_webhook(site, *sign_webhook(site, data))
        answers = await first_items(EventStream, limited, 1, after=after)

    assert issue_names(answers) == [issue.short_id]


async def test_one_check_a_minute_for_all_streams_of_a_credential(site):
    """Ten streams of one credential and twenty changes of two projects cost two calls."""
    after = await current_position(site)
    for number in range(10):
        for project in ("web", "api"):
            await post_webhook(site, *sign_webhook(site, issue_data(number, project)))
    start = len(site.upstream.requests)
    async with web_only(site) as limited:
        streams = [first_items(EventStream, limited, 10, after=after) for _ in range(10)]
        answers = await asyncio.gather(*streams)

    assert [len(one) for one in answers] == [10] * 10
    assert sorted(checked_projects(site, start)) == [PROJECT_IDS["web"], PROJECT_IDS["api"]]


async def test_stream_waits_while_sentry_is_away(site):
    """An outage hides no change: the stream continues with it when Sentry answers again."""
    async with web_only(site) as limited:
        after = await current_position(site)
        fault = site.upstream.faults.add(
            Fault(method="GET", route="/organizations/{organization}/issues/", status=503, times=None)
        )
        await post_webhook(site, *sign_webhook(site, issue_data(1, "web")))
        receiving = asyncio.ensure_future(first_items(EventStream, limited, 1, after=after))
        await asyncio.wait({receiving}, timeout=1.0)
        was_waiting = not receiving.done()
        site.upstream.faults.remove(fault)
        answers = await receiving

    assert was_waiting
    assert issue_names(answers) == ["WEB-1"]


@pytest.mark.parametrize("transport", [EventStream, Multipart, Socket])
async def test_revoked_token_ends_the_stream(site, transport):
    """A 401 of the check ends the stream with an error that says so."""
    async with web_only(site) as limited:
        after = await current_position(site)
        site.upstream.faults.add(
            Fault(method="GET", route="/organizations/{organization}/issues/", status=401, times=None)
        )
        await post_webhook(site, *sign_webhook(site, issue_data(1, "web")))
        (answer,) = await first_items(transport, limited, 1, after=after)

    [error] = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_strangers_cannot_follow_an_organization():
    """In `passthrough`, an organization that the token does not see is none, on every field and in lists of them."""
    async with (
        running_site(mode="passthrough") as running,
        with_token(running, running.upstream.world.tokens.globex.text) as site,
    ):
        for field in FIELDS:
            one = document_of(field)
            several = one.replace(
                'organization: { slug: "acme" }', 'organizations: [{ slug: "globex" }, { slug: "acme" }]'
            )
            for document in (one, several):
                async with aclosing(EventStream(site).ask(document, {})) as answers:
                    assert error_of(await anext(answers)) == ([field], "BAD_USER_INPUT"), document


@asynccontextmanager
async def narrow_key_site(tmp_path):
    """A server for callers with keys: for one whose key is restricted to the project `web`, and for one with all."""
    async with keys_site(tmp_path / "keys.json") as (site, keys):
        narrow, _ = await keys.create("narrow", projects=("acme/web",))
        everything, _ = await keys.create("all", access=AccessLevel.ADMIN)
        async with with_token(site, narrow) as limited, with_token(site, everything) as allowed:
            yield limited, allowed


@asynccontextmanager
async def narrow_token_site(_tmp_path):
    """A server in mode `passthrough`, with a token that may read the project `web` alone, and with one for all."""
    async with (
        running_site(mode="passthrough") as running,
        with_token(running, running.upstream.token) as allowed,
        web_only(running) as limited,
    ):
        yield limited, allowed


async def until_author(answers, author):
    """The authors of the answers before the first one with that author."""
    seen = []
    while True:
        seen.append(author_of(await asyncio.wait_for(anext(answers), WAIT_S)))
        if seen[-1] == author:
            return seen[:-1]


async def first_answers(streams, report):
    """The first answer of each stream; `report` is called until all have one."""
    coming = {field: asyncio.ensure_future(anext(answers)) for field, answers in streams.items()}
    for _ in range(ROUNDS):
        await report()
        _, waiting = await asyncio.wait(coming.values(), timeout=0.1)
        if not waiting:
            break
    assert [field for field, item in coming.items() if not item.done()] == []
    return {field: item.result() for field, item in coming.items()}


async def close_all(streams):
    """Close the streams."""
    for answers in streams.values():
        await answers.aclose()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("narrow_site", [narrow_token_site, narrow_key_site])
async def test_no_field_shows_another_project(tmp_path, transport, narrow_site):
    """Of every resource and on every field, a restricted caller receives the changes of its own project alone."""
    async with narrow_site(tmp_path) as (limited, allowed):
        own, hidden = open_issues(allowed)[0], open_issues(allowed, project="api", level="fatal")[0]
        streams = {field: transport(limited).ask(document_of(field), {}) for field in FIELDS}
        started = await first_answers(streams, partial(report_all, allowed, own, "start"))
        for issue, author in ((hidden, "hidden"), (own, "own"), (own, "end")):
            await report_all(allowed, issue, author)
        received = {field: set(await until_author(answers, "end")) for field, answers in streams.items()}
        await close_all(streams)

    assert {author_of(answer) for answer in started.values()} == {"start"}
    assert {field: authors - {"start"} for field, authors in received.items()} == {field: {"own"} for field in FIELDS}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_revoked_token_ends_every_stream(site, transport):
    """A 401 ends the streams of all fields with an error that says so."""
    issue = open_issues(site)[0]
    async with web_only(site) as limited:
        streams = {field: transport(limited).ask(document_of(field), {}) for field in FIELDS}
        fault = Fault(method="GET", route="/organizations/{organization}/issues/", status=401, times=None)
        site.upstream.faults.add(fault)
        answers = await first_answers(streams, partial(report_all, site, issue, "any"))
        await close_all(streams)

    codes = {field: answer["errors"][0]["extensions"]["code"] for field, answer in answers.items()}
    assert codes == dict.fromkeys(FIELDS, "UNAUTHENTICATED")


INTEGRATIONS = "/organizations/{organization}/integrations/"
ACTIVITY = (
    'subscription { activity(organization: { slug: "acme" }) { change { entityRaw payload issue { shortId } } } }'
)


async def report_weather(site, number):
    """Webhooks of a resource that this version does not know, and one of an issue after them: its short id."""
    for index in range(number):
        await post_webhook(site, *sign_webhook(site, {"number": index}, action="changed", resource="weather"))
    data = issue_data(next(NUMBERS), "web")
    await post_webhook(site, *sign_webhook(site, data))
    return data["issue"]["shortId"]


async def payloads_until(answers, short_id):
    """The raw payloads that a stream of all changes has before the change of that issue."""
    payloads = []
    while True:
        change = (await asyncio.wait_for(anext(answers), WAIT_S))["data"]["activity"]["change"]
        if change["issue"] is not None and change["issue"]["shortId"] == short_id:
            return payloads
        payloads += [change["payload"]] if change["entityRaw"] == "weather" else []


@pytest.mark.parametrize(("is_permitted", "number"), [(True, 5), (False, 0)])
async def test_what_belongs_to_no_project_takes_the_right_to_integrations(site, is_permitted, number):
    """A resource that this version does not know is shown as it is to those who may read integrations: one check."""
    if not is_permitted:
        site.upstream.faults.add(Fault(method="GET", route=INTEGRATIONS, status=403, times=None))
    streams = {"activity": EventStream(site).ask(ACTIVITY, {})}
    await first_answers(streams, partial(report_weather, site, 0))
    already = len(site.upstream.requests)
    payloads = await payloads_until(streams["activity"], await report_weather(site, 5))
    await close_all(streams)

    assert payloads == [{"number": index} for index in range(number)]
    assert [call.route for call in list(site.upstream.requests)[already:]] == [INTEGRATIONS]


async def test_personal_marks_are_the_readers_own(site):
    """Whether somebody has seen an issue is not told by what another one's change shows; one call reads it for all."""
    after = await current_position(site)
    seen, unseen = open_issues(site, 2)
    me = site.upstream.world.users[0].id
    unseen.seen_by.pop(me, None)
    seen.seen_by[me] = NOON
    for issue in (seen, unseen):
        issue_editor(site).resolve(issue, Resolution())
    await site.upstream.webhooks.drain()
    already = len(site.upstream.requests)

    async with subscribed(site, "change { issue { shortId hasSeen } }", after=after) as reader:
        items = [(await reader.item())["change"]["issue"] for _ in range(2)]

    assert items == [{"shortId": seen.short_id, "hasSeen": True}, {"shortId": unseen.short_id, "hasSeen": False}]
    assert len(calls_besides_checks(site, already)) == 1
