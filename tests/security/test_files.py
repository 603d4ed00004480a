"""Addresses of files: who can use them, for how long, and what a transfer can cost."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.restriction import AccessLevel
from support.command import PATIENCE_S
from support.files import RELEASE, UPLOAD, attached, download_url, transfers
from support.keys import bearer as keyed
from support.keys import keys_site
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTE = "/projects/{organization}/{project}/events/{event_id}/attachments/{attachment_id}/"
INVALID = "This address is not valid, or it has expired; ask for a new one"
ODD = ["", "x", "é", "%00", "A" * 60_000, "%2e%2e", "=", "AAAA" * 20, "..%2f..%2fgraphql"]
TEAMS = '{ organization(slug: "acme") { teams(first: 3) { nodes { slug } } } }'


class LateClock(Clock):
    """The system's clock, some seconds late or early."""

    ahead_s = 0

    def time(self):
        return super().time() + self.ahead_s


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server in mode `passthrough`; no test of this module revokes its tokens."""
    async with running_site(mode="passthrough", clock=LateClock()) as running:
        yield running


def bearer(site, purpose="admin"):
    """The header with a token of the sandbox."""
    return {"Authorization": f"Bearer {getattr(site.upstream.world.tokens, purpose).text}"}


async def fetch(site, url, headers):
    """Status and first error of a download; no error when it was sent."""
    async with site.session.get(url, headers=headers) as answer:
        body = await answer.read()
        return answer.status, (await answer.json())["errors"][0] if answer.status >= 400 else body


async def upload_of(site, headers):
    """The payload of a mutation that adds a file to a release of the project web."""
    _, _, body = await site.post(UPLOAD, variables={"input": {**RELEASE, "name": "~/a.js"}}, headers=headers)
    return body["data"]["uploadReleaseFile"]


async def until(condition):
    """Wait for a condition that no event announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.005)


async def test_address_is_of_use_to_its_caller_alone(site):
    """Another token, which may read the file too, and none at all get nothing, and do not use up the address."""
    url = await download_url(site, bearer(site))
    calls = len(site.upstream.requests)

    other = await fetch(site, url, bearer(site, "reader"))
    nobody = await fetch(site, url, {})
    calls_after = len(site.upstream.requests)
    owner = await fetch(site, url, bearer(site))

    assert (other[0], other[1]["message"]) == (404, INVALID)
    assert (nobody[0], nobody[1]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert (calls_after, owner) == (calls, (200, attached(site)[1].content))


async def test_address_of_a_restricted_caller(tmp_path):
    """Behind one token of the server, an address still belongs to its caller and reach, which bound uploads too."""
    async with keys_site(tmp_path / "keys.json") as (site, keys):
        web, _ = await keys.create("web", access=AccessLevel.ADMIN, projects=frozenset({"acme/web"}))
        api, _ = await keys.create("api", access=AccessLevel.ADMIN, projects=frozenset({"acme/api"}))
        everything, _ = await keys.create("all", access=AccessLevel.TRIAGE)
        url = await download_url(site, keyed(web))
        others = [await fetch(site, url, keyed(key)) for key in (api, everything)]
        own = await fetch(site, url, keyed(web))
        uploads = [await upload_of(site, keyed(key)) for key in (web, api, everything)]
        async with site.session.put(site.url + uploads[0]["upload"]["url"], data=b"a", headers=keyed(web)) as stored:
            pass

    assert [status for status, _ in others] == [404, 404]
    assert own[0] == 200
    assert (uploads[1]["upload"], uploads[1]["userErrors"][0]["code"]) == (None, "NOT_FOUND")
    assert (uploads[2], stored.status) == (None, 201)


async def test_changed_address(site):
    """An address with another character anywhere opens nothing, and costs no call."""
    url = await download_url(site, bearer(site))
    base, _, address = url.rpartition("/")
    calls = len(site.upstream.requests)
    for position in range(0, len(address) - 2, 23):
        other = "A" if address[position] != "A" else "B"
        changed = f"{address[:position]}{other}{address[position + 1 :]}"

        status, error = await fetch(site, f"{base}/{changed}", bearer(site))

        assert (status, error["message"]) == (404, INVALID)
    assert len(site.upstream.requests) == calls


@pytest.mark.parametrize("address", ODD, ids=range(len(ODD)))
async def test_odd_addresses(site, address):
    """Whatever stands after `/files/`, the answer is one of a missing file or of a large head."""
    async with site.session.get(f"{site.url}/files/{address}", headers=bearer(site)) as answer:
        assert answer.status in {404, 431}


async def test_expired_address(site):
    """After its time an address opens nothing, not even the rest of a transfer that had begun."""
    headers = bearer(site)
    url = await download_url(site, headers)
    begun = await fetch(site, url, {**headers, "Range": "bytes=0-3"})
    clock = site.dexter.client._clock
    clock.ahead_s = 700
    try:
        expired = await fetch(site, url, {**headers, "Range": "bytes=4-"})
    finally:
        clock.ahead_s = 0

    assert begun == (206, attached(site)[1].content[:4])
    assert (expired[0], expired[1]["message"]) == (404, INVALID)


async def test_revoked_credential():
    """After Sentry's 401 an address gives nothing, and a transfer that runs ends without its last bytes."""
    async with running_site(mode="passthrough") as site:
        headers = bearer(site)
        url, other = await download_url(site, headers), await download_url(site, headers)
        site.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=20_000_000))
        async with site.session.get(url, headers=headers) as running:
            await running.content.readexactly(10)
            site.upstream.faults.add(Fault(route="/teams/", status=401, body={"detail": "Invalid token"}))
            _, _, rejected = await site.post(TEAMS, headers=headers)
            with pytest.raises(aiohttp.ClientPayloadError):
                await running.read()
        after = await fetch(site, other, headers)
        ended = await transfers(site)

    assert rejected["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (after[0], after[1]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert ended[("download", "credential_rejected")] == 1


async def test_redirect_is_not_followed(site):
    """A redirect of Sentry ends the download: neither the token nor the request goes to another address."""
    url = await download_url(site, bearer(site))
    target = f"{site.upstream.url}/api/0/organizations/acme/"
    site.upstream.faults.add(Fault(route=ROUTE, status=302, headers={"Location": target}))
    calls = len(site.upstream.requests)

    status, error = await fetch(site, url, bearer(site))

    assert (status, error["extensions"]["code"]) == (502, "UPSTREAM_BAD_RESPONSE")
    assert len(site.upstream.requests) == calls + 1


async def test_file_that_sentry_cuts(site):
    """The client of a file that Sentry cuts sees a cut response, and can ask for the rest."""
    headers, content = bearer(site), attached(site)[1].content
    before = (await transfers(site)).get(("download", "upstream_cut"), 0)
    url = await download_url(site, headers)
    site.upstream.faults.add(Fault("truncate", route=ROUTE))
    with pytest.raises(aiohttp.ClientError):
        await fetch(site, url, headers)

    rest = await fetch(site, url, {**headers, "Range": "bytes=40-"})

    assert rest == (206, content[40:])
    assert (await transfers(site))[("download", "upstream_cut")] == before + 1


async def test_client_that_hangs_up(site):
    """The call to Sentry ends with its client, who can ask for the rest."""
    headers = bearer(site)
    url = await download_url(site, headers)
    site.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=20_000_000))
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        await answer.content.readexactly(10)
        second = await fetch(site, url, headers)
        answer.close()

    async def has_ended():
        return ("download", "client_left") in await transfers(site)

    await until(has_ended)
    assert "0 connections in use" in repr(site.dexter.client._transport)
    assert (second[0], second[1]["message"]) == (
        410,
        "The file is being transferred; resume it when that transfer has ended",
    )
    assert (await fetch(site, url, {**headers, "Range": "bytes=80-"}))[0] == 206


@pytest.mark.parametrize(
    ("limits", "status"), [({"max_file_transfers_per_caller": 1}, 429), ({"max_file_transfers": 1}, 503)]
)
async def test_transfers_are_limited(limits, status):
    """Above the limit a transfer is refused with a time to wait; its address stays valid."""
    async with running_site(**limits) as site:
        first, second = await download_url(site), await download_url(site)
        site.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=20_000_000))
        async with site.session.get(first) as running:
            await running.content.readexactly(10)
            async with site.session.get(second) as refused:
                error = (await refused.json())["errors"][0]
            await running.read()
        again = await fetch(site, second, {})

    assert (refused.status, refused.headers["Retry-After"]) == (status, "5")
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("QUOTA_EXCEEDED", True)
    assert again[0] == 200


async def test_large_files_are_refused():
    """A file above the limit is refused before its first byte."""
    async with running_site(max_file_mib=1) as site:
        url = await download_url(site)
        site.upstream.faults.add(Fault("oversize", route=ROUTE, size_bytes=2_000_000))

        status, error = await fetch(site, url, {})

    assert (status, error["extensions"]["code"]) == (502, "UPSTREAM_BAD_RESPONSE")
    assert error["message"] == "The file has 2000085 bytes, which is more than 1048576"
