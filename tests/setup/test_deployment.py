"""The deployment of deploy/, run without containers: real processes of Redis, nginx and two replicas."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress

import pytest
import pytest_asyncio

from dexter_graphql.operations.trusted import hash_of
from support.deployment import REDIS_OPTIONS, SERVICES, running_deployment
from support.live_changes import Reader, document, issue_data, post_webhook, sign_webhook
from support.raw_http import connected
from support.redis import running_redis
from support.transports import EventStream, Multipart, Socket

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLUG = 'query {} {{ organization(slug: "acme") {{ slug }} }}'
DATA = {"organization": {"slug": "acme"}}
MANY_BYTES = 1_000_001


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(tmp_path_factory):
    """All processes, for all tests of this module."""
    async with running_deployment(tmp_path_factory.mktemp("deployment")) as running:
        yield running


async def repeat_until(attempt, *, is_enough):
    """The result of an attempt that is enough; what goes through Redis needs a moment."""
    for _ in range(100):
        result = await attempt()
        if is_enough(result):
            break
        await asyncio.sleep(0.1)
    return result


async def refused(port):
    """Wait until nobody listens at a port of this machine."""
    with suppress(ConnectionRefusedError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.01)


async def test_key_is_valid_on_both_replicas(deployment):
    """A key that `dexter keys` created is accepted by each replica and through the proxy; without one nothing is."""
    for site in (*deployment.sites, deployment.proxy):
        status, _, body = await site.post(SLUG.format("Keys"))
        assert (status, body["data"]) == (200, DATA)
        assert (await site.post("{ __typename }", headers={"authorization": ""}))[0] == 401


async def test_document_registered_on_one_replica_is_found_on_the_other(deployment):
    """Replicas share persisted queries through Redis."""
    one, other = deployment.sites
    query = SLUG.format("Persisted")
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(query)}}

    async def share():
        await one.post(query, extensions=extensions)
        async with other.session.post(other.graphql, json={"extensions": extensions}) as answer:
            return await answer.json(content_type=None)

    assert (await repeat_until(share, is_enough=lambda body: "data" in body))["data"] == DATA


async def test_health_check_of_compose_succeeds(deployment):
    """The command of the health check of a replica, at the address of this machine, ends with 0."""
    _, python, option, script = SERVICES["dexter-1"]["healthcheck"]["test"]
    script = script.replace(":8000", f":{deployment.replicas[0].port}")

    process = await asyncio.create_subprocess_exec(python, option, script)

    assert await process.wait() == 0


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
async def test_internal_paths_are_not_forwarded(deployment, path):
    """Health and metrics cannot be reached through the proxy, in any spelling."""
    for spelling in (path, f"/{path}", f"/docs/..{path}", path.replace("h", "%68")):
        async with deployment.proxy.session.get(f"{deployment.proxy.url}{spelling}") as answer:
            assert (answer.status, "nginx" in await answer.text()) == (404, True)


async def test_metrics_are_at_the_admin_address(deployment):
    """Prometheus finds the metrics of each replica where it is configured to look."""
    for site in deployment.sites:
        async with site.session.get(f"{site.admin_url}/metrics") as answer:
            assert "dexter_redis_up 1.0" in await answer.text()


async def test_streams_and_webhooks_pass(deployment):
    """A webhook reaches the streams of both replicas, and through the proxy items arrive while streams are open."""
    readers = [(deployment.proxy, kind) for kind in (EventStream, Multipart, Socket)]
    readers += [(site, EventStream) for site in deployment.sites]
    async with AsyncExitStack() as stack:
        items = []
        for site, kind in readers:
            answers = kind(site).ask(document(), {})
            stack.push_async_callback(answers.aclose)
            items.append(asyncio.ensure_future(Reader(answers).item()))
        for number in range(100):
            body, headers = sign_webhook(deployment.proxy, issue_data(7000 + number))
            assert (await post_webhook(deployment.proxy, body, headers))[0] == 200
            if not (await asyncio.wait(items, timeout=0.1))[1]:
                break
        kinds = {(await item)["change"]["kind"] for item in items}

    assert kinds == {"RESOLVED"}


async def test_bodies_are_limited_by_the_proxy(deployment):
    """A large body is answered 413 by the proxy, but as the content of a file it reaches a replica."""
    body, url = b" " * MANY_BYTES, deployment.proxy.url
    async with deployment.proxy.session.post(f"{url}/graphql", data=body) as refused:
        by_proxy = refused.status, "nginx" in await refused.text()
    async with deployment.proxy.session.put(f"{url}/files/none", data=body) as forwarded:
        by_replica = "nginx" in await forwarded.text()

    assert (by_proxy, by_replica) == ((413, True), False)


async def test_only_the_public_origin_is_answered(deployment):
    """HTTP is redirected, browsers are held to HTTPS, and the page's own origin is accepted behind the proxy."""
    url = deployment.proxy.url
    async with deployment.proxy.session.get(
        f"http://127.0.0.1:{deployment.plain_port}/graphql?a=b", headers={"host": "x.example"}, allow_redirects=False
    ) as redirect:
        assert (redirect.status, redirect.headers["location"]) == (308, "https://x.example/graphql?a=b")

    status, headers, _ = await deployment.proxy.post(SLUG.format("Own"), headers={"origin": url})
    assert (status, headers["strict-transport-security"]) == (200, "max-age=31536000")
    assert (await deployment.proxy.post("{ __typename }", headers={"origin": "https://x.example"}))[0] == 403
    assert (await deployment.proxy.post("{ __typename }", headers={"host": "x.example"}))[0] == 421


async def test_clients_cannot_claim_an_address(deployment):
    """Replicas see the address that the proxy saw, whatever a client sends."""
    headers = {"authorization": "Bearer dxk_made-up", "x-forwarded-for": "203.0.113.9"}
    assert (await deployment.proxy.post("{ __typename }", headers=headers))[0] == 401

    async def read():
        texts = [path.read_text() for path in deployment.folder.glob("audit-*.log")]
        return [json.loads(line)["address"] for text in texts for line in text.splitlines() if '"address"' in line]

    assert set(await repeat_until(read, is_enough=bool)) == {"127.0.0.1"}


async def test_replica_is_replaced_without_an_error(deployment):
    """While a replica stops and a new one starts, requests are answered, also on new connections."""
    replica, statuses, is_over = deployment.replicas[0], [], asyncio.Event()

    async def ask():
        while not is_over.is_set():
            statuses.append((await deployment.proxy.post(SLUG.format(f"Replaced{len(statuses) % 7}")))[0])
            await asyncio.sleep(0.01)

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    async with connected(deployment.sites[0].url) as connection:
        ending = asyncio.create_task(replica.command.end())
        await refused(replica.port)
        await connection.send(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        status, headers, _ = await connection.response()
    code, _ = await ending
    await replica.start()
    is_over.set()
    await asyncio.gather(*asking)

    assert (status, headers["connection"]) == (200, "close")
    assert (code, set(statuses)) == (0, {200})


async def test_copy_of_the_folder_is_a_backup_of_keys(deployment):
    """A Redis that starts with a copy of the running one's folder has the keys."""
    async with running_redis(*REDIS_OPTIONS, data=deployment.redis.folder) as restored:
        keys = json.loads(await deployment.keys("list", "--json", REDIS_URL=restored.url))

    assert deployment.key.split("_")[1] in {key["id"] for key in keys}
