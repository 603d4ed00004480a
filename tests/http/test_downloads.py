"""Downloads of attachments: headers, ranges, resumption, and the memory that a large file costs."""

import asyncio
import gc
import tracemalloc

import pytest

from dexter_graphql.sandbox import Fault
from support.files import attached, download_url, transfers
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTE = "/projects/{organization}/{project}/events/{event_id}/attachments/{attachment_id}/"
RANGES = [
    ("bytes=0-3", 206, slice(0, 4)),
    ("bytes=4-", 206, slice(4, None)),
    ("bytes=-5", 206, slice(-5, None)),
    ("bytes=-9999", 206, slice(0, None)),
    ("bytes=10-9999", 206, slice(10, None)),
    ("bytes=5-3", 200, slice(0, None)),
    ("bytes=0-1,4-5", 200, slice(0, None)),
    ("bytes=-", 200, slice(0, None)),
    ("lines=1-2", 200, slice(0, None)),
]
LARGE_BYTES = 200 * 1024 * 1024
MEMORY_BYTES = 8 * 1024 * 1024


async def test_file_is_sent_whole(site):
    """The content comes with its type and name, and in a form that no browser shows or stores."""
    _, attachment = attached(site)
    async with site.session.get(await download_url(site)) as answer:
        content, headers = await answer.read(), answer.headers

    assert (answer.status, content) == (200, attachment.content)
    assert headers["Content-Type"] == attachment.mimetype
    assert headers["Content-Disposition"] == "attachment; filename=\"app.log\"; filename*=UTF-8''app.log"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
    assert (headers["Accept-Ranges"], headers["Content-Length"]) == ("bytes", str(len(content)))


@pytest.mark.parametrize(("header", "status", "part"), RANGES, ids=[header for header, *_ in RANGES])
async def test_ranges(site, header, status, part):
    """One range of bytes is sent alone; what is no such range is ignored."""
    _, attachment = attached(site)
    async with site.session.get(await download_url(site), headers={"Range": header}) as answer:
        content = await answer.read()

    size = len(attachment.content)
    start, stop, _ = part.indices(size)
    assert (answer.status, content) == (status, attachment.content[part])
    assert answer.headers.get("Content-Range") == (f"bytes {start}-{stop - 1}/{size}" if status == 206 else None)


@pytest.mark.parametrize("header", ["bytes=85-", "bytes=9999-10000", "bytes=-0"])
async def test_range_after_the_end(site, header):
    """A range without bytes is refused with the size, and the address can still be used."""
    url = await download_url(site)
    async with site.session.get(url, headers={"Range": header}) as refused:
        body = await refused.json()
    async with site.session.get(url) as answer:
        assert answer.status == 200

    assert (refused.status, refused.headers["Content-Range"]) == (416, "bytes */85")
    assert body["errors"][0]["message"] == "The file has 85 bytes"


async def test_validator_of_a_range(site):
    """With `If-Range` the file is sent whole, because no version of it was named."""
    url = await download_url(site)
    async with site.session.get(url, headers={"Range": "bytes=4-", "If-Range": '"a"'}) as answer:
        assert (answer.status, len(await answer.read())) == (200, 85)


async def test_head(site):
    """HEAD has the headers of GET and does not use the address."""
    url = await download_url(site)
    async with site.session.head(url, headers={"Range": "bytes=4-"}) as head:
        pass
    async with site.session.get(url, headers={"Range": "bytes=4-"}) as answer:
        assert len(await answer.read()) == 81

    ignored = {"Date", "X-Request-ID"}
    assert {name: value for name, value in head.headers.items() if name not in ignored} == {
        name: value for name, value in answer.headers.items() if name not in ignored
    }


async def test_address_opens_one_transfer(site):
    """Parts can be fetched until the last byte was sent; then the address is used up, and another one is not."""
    url, other = await download_url(site), await download_url(site)
    statuses = []
    for header in (
        {"Range": "bytes=0-9"},
        {"Range": "bytes=10-19"},
        {"Range": "bytes=20-"},
        {},
        {"Range": "bytes=0-9"},
    ):
        async with site.session.get(url, headers=header) as answer:
            statuses.append(answer.status)
            last = await answer.read()
    async with site.session.get(other) as answer:
        statuses.append(answer.status)

    assert statuses == [206, 206, 206, 410, 410, 200]
    assert b"ask for a new address" in last


async def test_address_is_new_in_each_answer(site):
    """No cache gives an address again: equal requests, repeated and at the same time, get addresses of their own."""
    urls = [await download_url(site), await download_url(site)]
    urls += await asyncio.gather(*(download_url(site) for _ in range(4)))

    assert len(set(urls)) == 6


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods(site, method):
    """An address of a download is read only."""
    async with site.session.request(method, await download_url(site)) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_missing_file(site):
    """A file that was deleted after its address was made is an error with Sentry's endpoint, and nothing is used up."""
    url = await download_url(site)
    event, attachment = attached(site)
    files = site.upstream.world.find_organization("acme").attachments[event.id]
    files.remove(attachment)
    try:
        async with site.session.get(url) as answer:
            error = (await answer.json())["errors"][0]
    finally:
        files.insert(0, attachment)
    async with site.session.get(url) as again:
        assert again.status == 200

    assert (answer.status, error["extensions"]["code"]) == (404, "NOT_FOUND")
    assert error["extensions"]["upstream"]["endpoint"].startswith("GET /projects/")


async def test_page_of_an_allowed_origin():
    """A page of another origin that is allowed can read the name and the range of a file."""
    origin = "https://dash.example.org"
    async with running_site(allowed_origins=(origin,)) as site:
        headers = {"Origin": origin, "Range": "bytes=0-3"}
        async with site.session.get(await download_url(site), headers=headers) as answer:
            exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (206, origin)
    assert {"Content-Disposition", "Content-Range"} <= set(exposed)


async def test_large_file_costs_little_memory(site):
    """Sending 200 MiB holds at most 8 MiB, of the server, its Sentry and its client together."""
    url = await download_url(site)
    site.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=LARGE_BYTES))
    received = 0
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        async with site.session.get(url) as answer:
            async for chunk in answer.content.iter_any():
                received += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert received == LARGE_BYTES + 85
    assert peak - before < MEMORY_BYTES
    assert (await transfers(site))[("download", "complete")] > 0
