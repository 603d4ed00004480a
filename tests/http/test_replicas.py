"""Several servers: two replicas over one Sentry and one Redis, and one server over two regions of Sentry."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from dexter_graphql.sandbox import Fault, SandboxServer
from support.command import PATIENCE_S
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import running_site
from support.worlds import borrowed_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = (
    '{ organization(slug: "acme") { issues(filter: { projects: {slug: "web"} }, first: 20) { nodes { id status } } } }'
)
SOME = 'query ($first: Int!) { organization(slug: "acme") { issues(first: $first) { nodes { id } } } }'
RESOLVE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { results { issue { status } } } }"


@asynccontextmanager
async def services(**more):
    """A Redis, and two servers that share it; nobody sends them webhooks."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        settings = {"redis_url": redis.url, "secret": "the same random text on every replica"} | more
        sites = [await stack.enter_async_context(running_site(upstream, **settings)) for _ in range(2)]
        upstream.webhooks.set_url(None)
        yield redis, *sites


async def statuses(site):
    """Status of each issue of the list."""
    data = await site.data(LIST)
    return {node["id"]: node["status"] for node in data["organization"]["issues"]["nodes"]}


async def test_one_replica_knows_what_the_other_was_told():
    """The same question on two replicas is one call to Sentry."""
    async with services() as (_, one, other):
        first = await statuses(one)
        await asyncio.sleep(0.1)

        second = await statuses(other)

        assert first == second
        lists = [call for call in one.upstream.requests if call.route == "/organizations/{organization}/issues/"]
        assert len(lists) == 1


async def test_replicas_share_the_budget_of_a_caller():
    """What a caller has spent at one replica is not left at the other."""
    hashes = '{ organization(slug: "acme") { issues(first: 60) { nodes { hashes { nodes { hash } } } } } }'
    left = '{ rateLimit { remaining } organization(slug: "globex") { issues(first: 1) { totalCount } } }'
    async with services(caller_calls=100, caller_window_s=86_400) as (_, one, other):
        await one.data(hashes)

        assert (await other.data(left))["rateLimit"]["remaining"] <= 100 - 61


async def test_what_is_written_on_one_is_read_on_the_other():
    """A moment after the answer to a write no replica gives the old status, whatever each had in memory."""
    async with services() as (_, one, other):
        for _ in range(5):
            warm = await statuses(other)
            await statuses(one)
            chosen = next(key for key, status in warm.items() if status == "UNRESOLVED")
            reading = [asyncio.ensure_future(statuses(other)) for _ in range(3)]
            await one.post(RESOLVE, variables={"ids": [chosen]})
            await asyncio.gather(*reading)
            own = await statuses(one)
            assert own[chosen] == "RESOLVED"
            async with asyncio.timeout(PATIENCE_S):
                while (await statuses(other))[chosen] != "RESOLVED":  # noqa: ASYNC110  # no event
                    await asyncio.sleep(0.01)


async def test_redis_dies_and_comes_back_under_load():
    """Not one request fails: not while it dies, not while it is away, not when it is back."""
    async with services() as (redis, *sites):
        answers, is_over = [], asyncio.Event()

        async def run(number):
            count = 0
            while not is_over.is_set():
                count += 1
                answers.append(await sites[count % 2].post(SOME, variables={"first": 1 + (number * 7 + count) % 50}))

        asking = [asyncio.create_task(run(number)) for number in range(8)]
        await asyncio.sleep(0.5)
        redis.kill()
        await asyncio.sleep(1.5)
        await redis.start()
        await asyncio.sleep(1.5)
        is_over.set()
        await asyncio.gather(*asking)

        assert len(answers) > 50
        assert [body for status, _, body in answers if status != 200 or "errors" in body] == []


TWO = """{
  here: organization(slug: "acme") { name projects(first: 3) { nodes { slug } } }
  there: organization(slug: "globex") { name projects(first: 3) { nodes { slug } } }
}"""


@asynccontextmanager
async def regions():
    """Two sandboxes with the same organizations; the first says that globex lives in the second."""
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(running_sandbox())
        world = stack.enter_context(borrowed_world())
        world.find_organization("globex").region_url = far.url
        near = await stack.enter_async_context(SandboxServer(world))
        yield await stack.enter_async_context(running_site(near, sentry_hosts=(far.url,))), far


async def test_organizations_of_two_regions_in_one_answer():
    """Each organization is asked where it lives."""
    async with regions() as (site, far):
        data = await site.data(TWO)

        assert (data["here"]["name"], data["there"]["name"]) == ("Acme", "Globex")
        assert {call.path for call in far.requests} == {
            "/api/0/organizations/globex/",
            "/api/0/organizations/globex/projects/",
        }


async def test_one_region_down_leaves_the_others_whole():
    """What lives elsewhere is answered; what cannot be is null, with an error at its place."""
    async with regions() as (site, far):
        far.faults.add(Fault(status=503, times=None))

        _, _, body = await site.post(TWO)

        assert len(body["data"]["here"]["projects"]["nodes"]) == 3
        assert body["data"]["there"] == {"name": None, "projects": None}
        assert sorted(error["path"] for error in body["errors"]) == [["there", "name"], ["there", "projects"]]
        assert {error["extensions"]["code"] for error in body["errors"]} == {"UPSTREAM_UNAVAILABLE"}


async def test_regions_that_are_not_configured_are_not_called():
    """A token is sent where the settings say, not where an answer says; the configured address is used instead."""
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(running_sandbox())
        world = stack.enter_context(borrowed_world())
        world.find_organization("globex").region_url = far.url
        near = await stack.enter_async_context(SandboxServer(world))
        site = await stack.enter_async_context(running_site(near))

        _, _, body = await site.post(TWO)

        assert (body["data"]["there"] is not None, list(far.requests)) == (True, [])
        assert "errors" not in body
