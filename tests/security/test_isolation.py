"""Callers who share a server: those of equal reach share calls and answers, all others share nothing narrowed."""

import asyncio
from contextlib import AsyncExitStack, aclosing

import pytest

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.admission import Admission
from dexter_graphql.settings import Engine
from support.graph import ENGINES
from support.live_changes import with_authorization
from support.realtime import make_change
from support.server import running_site
from support.transports import EventStream

QUERY = """{ organizations { nodes { slug } } organization(slug: "acme") {
  projects(first: 20) { nodes { slug } } teams(first: 20) { nodes { projects(first: 20) { nodes { slug } } } }
  issues(first: 20) { nodes { project { slug } } } monitors(first: 20) { nodes { project { slug } } } } }"""
CHANGES = """subscription { issueChanged(organization: { slug: "acme" }) { position gap { missed }
  change { kind origin action occurredAt receivedAt actor { kind name } issue { shortId } } } }"""
ROUNDS = 3
"""A whole answer is kept when its request comes for the second time, and served from then on."""
REACHES = {
    "alice": ("admin", {"web"}),
    "bob": ("admin", {"web"}),
    "carol": ("admin", {"api", "mobile"}),
    "dave": ("reader", {"web"}),
    "erin": ("admin", None),
}
"""Caller → token that is sent to Sentry, and projects."""


def identity_of(name, world):
    """The identity of a caller."""
    token_name, slugs = REACHES[name]
    token = getattr(world.tokens, token_name).text
    reach = Reach.of(AccessLevel.READ, slugs and frozenset(f"acme/{slug}" for slug in slugs))
    return Identity(Upstream(token, token), reach, Caller(name), is_shared_token=True)


@pytest.fixture(params=Engine)
async def site(request, monkeypatch):
    """A server over a sandbox, whose callers give their names as their authorization."""
    async with running_site(engine=request.param) as running:
        world = running.upstream.world
        callers = {name: identity_of(name, world) for name in REACHES}

        async def identify(_admission, name, _scope):
            return callers[name]

        monkeypatch.setattr(Admission, "identify", identify)
        monkeypatch.setattr(Admission, "find_identity", lambda _self, name: callers.get(name))
        yield running


async def ask(site, name):
    """The slugs in the answer to a caller: of organizations, and of projects."""
    _, _, body = await site.post(QUERY, headers={"authorization": name})
    assert "errors" not in body, body["errors"]
    organization = body["data"]["organization"]
    rows = [row["project"] for kind in ("issues", "monitors") for row in organization[kind]["nodes"]]
    rows += [row for team in organization["teams"]["nodes"] for row in team["projects"]["nodes"]]
    return (
        {row["slug"] for row in body["data"]["organizations"]["nodes"]},
        {row["slug"] for row in [*rows, *organization["projects"]["nodes"]]},
    )


def everything(site):
    """The slugs of all organizations, and of the projects of one."""
    world = site.upstream.world
    projects = {project.slug for project in world.find_organization("acme").projects}
    return {organization.slug for organization in world.organizations}, projects


@pytest.mark.parametrize("is_concurrent", [False, True], ids=["one by one", "at once"])
async def test_nobody_gets_an_answer_of_another_reach(site, is_concurrent):
    """In every order and with every cache: each caller sees exactly the own projects, round after round."""
    for _ in range(ROUNDS):
        if is_concurrent:
            answers = await asyncio.gather(*(ask(site, name) for name in REACHES))
        else:
            answers = [await ask(site, name) for name in REACHES]

        shown = dict(zip(REACHES, answers, strict=True))
        expected = {name: ({"acme"}, slugs) for name, (_, slugs) in REACHES.items() if slugs}
        assert shown == expected | {"erin": everything(site)}


def calls(site):
    """The number of calls that arrived, without those for the list of organizations, which the server needs itself."""
    return len(site.upstream.requests) - site.upstream.requests.count("GET", "/organizations/")


async def test_equal_reaches_share_calls(site):
    """The second caller of a reach costs no call; one of another reach, or with another token, costs its own."""
    costs = {}
    for name in ("alice", "bob", "carol", "dave"):
        before = calls(site)
        await ask(site, name)
        costs[name] = calls(site) - before

    assert costs["bob"] == 0 < costs["carol"] <= costs["alice"] == costs["dave"]


async def test_equal_questions_at_once_are_one(site):
    """Two callers of equal reach who ask at the same time cost the calls of one."""
    await asyncio.gather(ask(site, "alice"), ask(site, "bob"))
    together = calls(site)
    await ask(site, "dave")

    assert together == calls(site) - together


async def test_live_queries_show_own_projects(site):
    """Callers with one token who watch the same query see their own projects, also after a change that touches all."""
    query = """query @live { organization(slug: "acme") {
      issues(sort: NEW, first: 20) { nodes { shortId project { slug } } } } }"""
    names = ("erin", "alice", "carol")
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(with_authorization(site, name)) for name in names]
        watchers = [await stack.enter_async_context(aclosing(EventStream(client).ask(query, {}))) for client in clients]
        before = [projects_in(await anext(watcher)) for watcher in watchers]
        open_issues(site, {"web", "api"})
        after = [projects_in(await anext(watcher)) for watcher in watchers]

    for erin, alice, carol in (before, after):
        assert erin - carol > alice
        assert alice == {"web"}
        assert {"api"} <= carol <= {"api", "mobile"}


def projects_in(answer):
    """The projects of the issues in an answer."""
    return {node["project"]["slug"] for node in answer["data"]["organization"]["issues"]["nodes"]}


def open_issues(site, slugs):
    """Open issues until there is a new one in each of these projects."""
    opened = set()
    while not slugs <= opened:
        opened.add(site.upstream.simulation.open_issue().project.slug)


@pytest.mark.parametrize("engine", ENGINES)
async def test_streams_show_own_projects(asker, engine):
    """Subscribers with one token receive the changes of projects in their reach, whoever asked before."""
    projects = {project.slug: project for project in asker.acme.projects}
    issues = {
        slug: next(issue for issue in asker.acme.issues.values() if issue.project.slug == slug)
        for slug in ("web", "api")
    }
    shown = {}
    for name in ("erin", "alice", "carol"):
        identity = identity_of(name, asker.server.world)
        async with asker.following(CHANGES, engine=engine, identity=identity) as items:
            for slug, issue in issues.items():
                change = make_change(issue.id, id=f"{name}{slug}", project_id=projects[slug].id, state=name)
                await asker.services.changes.publish(change)
            count = 2 if name == "erin" else 1
            shown[name] = [(await items.next())["data"]["issueChanged"]["change"]["issue"] for _ in range(count)]

    short_ids = {slug: {"shortId": issue.short_id} for slug, issue in issues.items()}
    assert shown == {
        "erin": [short_ids["web"], short_ids["api"]],
        "alice": [short_ids["web"]],
        "carol": [short_ids["api"]],
    }
