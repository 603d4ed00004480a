"""Uploads of the files of releases: what arrives, what is refused, and the memory that a large file costs."""

import asyncio
import gc
import tracemalloc

import aiohttp
import pytest

from dexter_graphql.sandbox import Fault
from support.files import RELEASE, UPLOAD, transfers, upload_url
from support.raw_http import connected
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILES = """query {
  organization(slug: "acme") {
    release(version: "web@1.8.2") { files { nodes { id name dist sizeBytes headers { key value } } } }
  }
}"""
LARGE_BYTES = 200 * 1024 * 1024
MEMORY_BYTES = 8 * 1024 * 1024
REFUSED_INPUTS = [
    ({"headers": [{"key": "", "value": "b"}]}, ["headers", "0", "key"]),
    ({"headers": [{"key": "a", "value": "b"}, {"key": "a:b", "value": "c"}]}, ["headers", "1", "key"]),
    ({"headers": [{"key": "a", "value": "b\nc"}]}, ["headers", "0", "value"]),
    ({"headers": [{"key": "a", "value": "b"}] * 101}, ["headers"]),
    ({"name": "x" * 9000}, None),
    ({"release": {"version": "a\nb"}}, None),
    ({"release": {"latest": True}}, ["release", "latest"]),
]


async def files(site):
    """The files of the release, by name."""
    data = await site.data(FILES)
    return {file["name"]: file for file in data["organization"]["release"]["files"]["nodes"]}


async def put(site, url, content, **options):
    """Status and decoded answer of an upload."""
    async with site.session.put(url, data=content, **options) as answer:
        return answer.status, await answer.json()


async def zeros(size_bytes, chunk=bytes(64 * 1024)):
    """Content that is made while it is sent."""
    for _ in range(size_bytes // len(chunk)):
        yield chunk


async def test_uploaded_file_is_in_the_graph(site):
    """The content arrives unchanged with name, distribution and headers, and lists that were cached have the file."""
    before = await files(site)
    content = bytes(range(256)) * 1000
    headers = [{"key": "Content-Type", "value": "text/plain"}, {"key": "X-A", "value": "b: c"}]
    url = await upload_url(site, "~/a b/é.js", dist="7", headers=headers)

    status, body = await put(site, url, content)

    after = await files(site)
    uploaded = after["~/a b/é.js"]
    assert (status, before.keys() < after.keys()) == (201, True)
    assert (uploaded["id"], uploaded["dist"], uploaded["sizeBytes"]) == (body["id"], "7", len(content))
    assert uploaded["headers"] == headers
    release = site.upstream.world.find_organization("acme").find_release("web@1.8.2")
    assert release.files[-1].content == content


async def test_address_takes_one_file(site):
    """An address is used up by a file that was taken; one that Sentry refuses leaves it valid."""
    url, other = await upload_url(site, "~/once.js"), await upload_url(site, "~/once.js")

    first, second = await put(site, url, b"a"), await put(site, url, b"b")
    duplicate, again = await put(site, other, b"c"), await put(site, other, b"d")

    assert (first[0], second[0]) == (201, 410)
    assert [status for status, _ in (duplicate, again)] == [409, 409]
    error = duplicate[1]["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["upstream"]["status"]) == ("CONFLICT", 409)


async def test_other_methods(site):
    """An address of an upload gives nothing."""
    url = await upload_url(site, "~/methods.js")
    async with site.session.get(url) as read, site.session.post(url, data=b"a") as written:
        pass

    assert (read.status, read.headers["Allow"], written.status) == (405, "PUT, POST", 201)


@pytest.mark.parametrize(("values", "field"), REFUSED_INPUTS, ids=range(len(REFUSED_INPUTS)))
async def test_input_that_cannot_be_sent(site, values, field):
    """What Sentry could not take is refused by the mutation, at its path."""
    variables = {"input": {**RELEASE, "name": "~/a.js", **values}}
    _, _, body = await site.post(UPLOAD, variables=variables)

    payload = body["data"]["uploadReleaseFile"]
    assert payload["upload"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("BAD_USER_INPUT", field)]


async def test_body_without_a_size(site):
    """A file whose size is not known beforehand is refused before it is read."""
    url = await upload_url(site, "~/chunked.js")

    status, body = await put(site, url, zeros(1024 * 1024))

    assert (status, body["errors"][0]["message"]) == (411, "Send the size of the file as Content-Length")


async def test_compressed_body(site):
    """A body with an encoding would be stored as it is, so it is refused."""
    status, _ = await put(site, await upload_url(site, "~/gzip.js"), b"a", headers={"Content-Encoding": "gzip"})

    assert status == 415


async def test_file_above_the_limit():
    """A file above the limit is refused by its declared size."""
    async with running_site(max_file_mib=1) as site:
        status, body = await put(site, await upload_url(site, "~/large.js"), b"", headers={"Content-Length": "2000000"})

    assert (status, body["errors"][0]["extensions"]["code"]) == (413, "QUERY_TOO_COMPLEX")


async def test_large_file_costs_little_memory(site):
    """Passing 200 MiB on holds at most 8 MiB, of the server, its Sentry and its client together."""
    url = await upload_url(site, "~/huge.js")
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        status, body = await put(site, url, zeros(LARGE_BYTES), headers={"Content-Length": str(LARGE_BYTES)})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # The sandbox takes no file of this size, which it says once it has read all of it.
    assert (status, body["errors"][0]["extensions"]["upstream"]["status"]) == (400, 413)
    assert peak - before < MEMORY_BYTES


async def test_client_that_hangs_up(site):
    """What a client has sent of a file is not stored, and the address can be used again."""
    url = await upload_url(site, "~/cut.js")
    path = url.removeprefix(site.url)
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n".encode()
    async with connected(site.url) as connection:
        await connection.send(head + b"a" * 200_000)
    async with asyncio.timeout(5):
        while ("upload", "client_left") not in await transfers(site):  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.005)

    assert "~/cut.js" not in await files(site)
    assert "0 connections in use" in repr(site.dexter.client._transport)
    assert (await put(site, url, b"whole"))[0] == 201


async def test_client_that_stops_sending():
    """A client that sends nothing for too long is answered, and its connection closed."""
    async with running_site(file_stall_s=0.05) as site:
        path = (await upload_url(site, "~/slow.js")).removeprefix(site.url)
        async with connected(site.url) as connection:
            await connection.send(f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\na".encode())
            status, headers, body = await connection.response()

    assert (status, headers["connection"]) == (408, "close")
    assert b"took too long to arrive" in body


async def test_file_may_take_longer_than_other_bodies():
    """The time for request bodies does not end an upload whose parts arrive in time."""
    async with running_site(body_timeout_s=0.02) as site:
        path = (await upload_url(site, "~/long.js")).removeprefix(site.url)
        async with connected(site.url) as connection:
            await connection.send(f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\na".encode())
            await asyncio.sleep(0.04)
            await connection.send(b"b")

            assert await connection.status() == 201


async def test_rest_of_a_refused_body_has_no_more_time():
    """After the refusal of an upload its body is dropped for as long as other bodies may take."""
    async with running_site(body_timeout_s=0.05) as site:
        path = (await upload_url(site, "~/gone.js")).removeprefix(site.url)
        async with connected(site.url) as connection:
            await connection.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\na".encode())

            assert (await connection.response())[0] == 405
            assert await connection.status() is None


async def test_sentry_that_answers_early_and_late(site):
    """A refusal of Sentry is the answer; without an answer the upload may have been stored, and the error says so."""
    url = await upload_url(site, "~/early.js")
    site.upstream.faults.add(Fault(method="POST", route="/files/", status=403, body={"detail": "No."}))
    forbidden = await put(site, url, b"a")
    site.upstream.faults.add(Fault("reset", method="POST", route="/files/"))
    lost = await put(site, url, b"a")

    assert (forbidden[0], "project:releases" in forbidden[1]["errors"][0]["extensions"]["requiredScopes"]) == (
        403,
        True,
    )
    assert (lost[0], lost[1]["errors"][0]["extensions"]["writeOutcome"]) == (502, "UNKNOWN")
    assert (await put(site, url, b"a"))[0] == 201


async def test_read_only_server():
    """A caller without write access gets no address."""
    async with running_site(is_sandbox=False) as site:
        _, _, body = await site.post(UPLOAD, variables={"input": {**RELEASE, "name": "~/a.js"}})

    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_unsent_body_is_not_read(site):
    """A client that waits for `100 Continue` is refused without having sent the file."""
    url = await upload_url(site, "~/used.js")
    assert (await put(site, url, b"a"))[0] == 201
    path = url.removeprefix(site.url)
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n".encode()
    async with connected(site.url) as connection:
        await connection.send(head)

        assert await connection.status() == 410


async def test_upload_ends_with_its_credential():
    """An upload that runs when Sentry rejects the credential is refused."""
    async with running_site(mode="passthrough") as site:
        headers = {"Authorization": f"Bearer {site.upstream.world.tokens.admin.text}"}
        url = await upload_url(site, "~/revoked.js", headers)

        async def content():
            yield b"a"
            site.upstream.faults.add(Fault(route="/teams/", status=401, body={"detail": "Invalid token"}))
            async with aiohttp.ClientSession() as session:
                query = '{ organization(slug: "acme") { teams(first: 3) { nodes { slug } } } }'
                async with session.post(site.graphql, json={"query": query}, headers=headers):
                    pass
            yield b"b"

        status, body = await put(site, url, content(), headers={**headers, "Content-Length": "2"})

    assert (status, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
