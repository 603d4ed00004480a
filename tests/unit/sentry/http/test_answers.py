"""What becomes of an answer: status, headers, cursors and errors; without a network."""

import aiohttp
import pytest
from yarl import URL

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import (
    BadResponse,
    DeadlineExceeded,
    Forbidden,
    RateLimited,
    TruncatedResponse,
    Unavailable,
)
from support.aioresponses import ScriptedResponses
from support.transport import open_transport
from support.upstream import EPOCH_S, a_call

URL_OF_CALL = "https://sentry.io/api/0/organizations/acme/issues/"


async def perform(*, call=None, **answer):
    """The reply to a call that is answered like this."""
    call = call or a_call()
    with ScriptedResponses() as answers:
        answers.add(URL_OF_CALL, call.method, **answer)
        async with open_transport() as transport:
            return await transport(call)


async def test_answer():
    """Status, body and the headers that are read further on come back; others do not."""
    headers = {"X-Hits": "7", "x-sentry-direct-hit": "1", "Set-Cookie": "a=b", "X-Other": "1"}

    reply = await perform(body=b"[1]", status=203, headers=headers)

    assert (reply.status, reply.body, reply.fetched_at, reply.origin) == (203, b"[1]", EPOCH_S, "wire")
    assert reply.headers == {"content-type": "application/json", "x-hits": "7", "x-sentry-direct-hit": "1"}
    assert (reply.retries, reply.waited_s) == (0, 0.0)


async def test_cursors_of_links():
    """Of `Link` only the cursors of pages with results are kept, never an address."""
    link = (
        '<https://evil.com/?a=1,2&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        '<https://evil.com/?query=level:>5&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    )

    reply = await perform(headers={"Link": link})

    assert reply.headers == {"content-type": "application/json", "cursor-next": "0:100:0"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        '<https://sentry.io/>; rel="next"; results="true"',
        '<https://sentry.io/>; rel="next"; results="true"; cursor=""',
        '<https://sentry.io/>; rel="next"; cursor="0:100:0"',
        '<https://sentry.io/>; rel="next"; other-results="true"; cursor="0:100:0"',
        '<https://sentry.io/>; rel="last"; results="true"; cursor="0:100:0"',
    ],
)
async def test_links_without_cursor(link):
    """A `Link` that names no page with results gives no cursor."""
    reply = await perform(headers={"Link": link})

    assert reply.headers == {"content-type": "application/json"}


async def test_links_with_broken_addresses():
    """An address that cannot be parsed does no harm, since it is not parsed."""
    link = '<http://[>; rel="next"; results="true"; cursor="0:100:0"'

    assert (await perform(headers={"Link": link})).headers["cursor-next"] == "0:100:0"


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream", ""])
async def test_content_type_does_not_decide(content_type):
    """A body that is no HTML page comes back, whatever content type it has."""
    assert (await perform(body=b'{"id": "1"}', content_type=content_type)).body == b'{"id": "1"}'


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_bodies_are_not_decoded(body):
    """The transport does not decode bodies."""
    assert (await perform(body=body)).body == body


async def test_html_page_with_status_200():
    """An HTML page, of a login form or a proxy, is no answer, whatever its status and content type."""
    with pytest.raises(Unavailable) as raised:
        await perform(body=b"<!doctype html><title>Maintenance</title>")

    assert raised.value.status == 200


async def test_refusals_are_raised():
    """An answer that is no success becomes the error it means, with the headers it needs."""
    with pytest.raises(Forbidden) as forbidden:
        await perform(body=b'{"detail": "No."}', status=403, headers={"WWW-Authenticate": 'Bearer scope="event:read"'})
    with pytest.raises(RateLimited) as limited:
        await perform(body=b'{"detail": "Slow."}', status=429, headers={"X-Sentry-Rate-Limit-Reset": str(EPOCH_S + 3)})

    assert (forbidden.value.scopes, limited.value.retry_after) == (("event:read",), 3.0)


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        (aiohttp.ClientPayloadError(), TruncatedResponse, "Sentry's answer was cut off"),
        (aiohttp.ClientConnectionError(), Unavailable, "Sentry cannot be reached"),
        (aiohttp.ServerDisconnectedError(), Unavailable, "Sentry cannot be reached"),
        (aiohttp.ClientOSError(), Unavailable, "Sentry cannot be reached"),
        (aiohttp.InvalidURL("x"), Unavailable, "Sentry cannot be reached"),
        (aiohttp.ClientResponseError(None, (), status=400), BadResponse, "Sentry's answer is not valid HTTP"),
        (
            aiohttp.ClientHttpProxyError(None, (), status=407),
            Unavailable,
            "The proxy refused the connection to Sentry with status 407",
        ),
    ],
)
async def test_errors_of_aiohttp_are_translated(raised, kind, message):
    """Each error of aiohttp becomes one of ours that names the endpoint."""
    with pytest.raises(kind) as translated:
        await perform(exception=raised)

    assert (type(translated.value), str(translated.value)) == (kind, message)
    assert translated.value.title == a_call().title


@pytest.mark.parametrize("left_s", [0.0, -1.0])
async def test_no_time_left(left_s):
    """A call whose deadline has passed is not sent."""
    with ScriptedResponses() as answers:
        async with open_transport() as transport:
            with pytest.raises(DeadlineExceeded) as raised:
                await transport(a_call(deadline=EPOCH_S + left_s))

    assert (raised.value.title, answers.requests) == (a_call().title, {})


async def test_redirects_are_not_followed():
    """The token stays with the host that it was sent to: a redirect is an error."""
    with ScriptedResponses() as answers:
        answers.get(URL_OF_CALL, status=302, headers={"Location": "https://evil.com/"}, body=b"{}")
        answers.get("https://evil.com/")
        async with open_transport() as transport:
            with pytest.raises(BadResponse):
                await transport(a_call())

    assert list(answers.requests) == [("GET", URL(URL_OF_CALL))]


async def test_each_call_carries_its_own_token():
    """Connections are shared, credentials are not."""
    with ScriptedResponses() as answers:
        answers.get(URL_OF_CALL, repeat=True)
        async with open_transport() as transport:
            await transport(a_call())
            await transport(a_call(upstream=Upstream("bob", "sntryu_bob")))

    assert [headers["Authorization"] for headers in answers.request_headers()] == [
        "Bearer sntryu_secret",
        "Bearer sntryu_bob",
    ]
