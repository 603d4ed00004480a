"""Ids of server-sent events: positions from which a browser's `EventSource` resumes by `Last-Event-ID`."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from support.command import PATIENCE_S
from support.live_changes import current_position
from support.transports import events_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEM = "{ position change { issue { shortId } } }"
SUBSCRIPTION = f"""subscription ($after: String) {{
  issueChanged(organization: {{ slug: "acme" }}, after: $after) {ITEM}
}}"""


@asynccontextmanager
async def events(site, last_event_id=None, query=SUBSCRIPTION, **variables):
    """The events of a GET, as `EventSource` sends it, until the block ends."""
    headers = {"accept": "text/event-stream"} | ({} if last_event_id is None else {"last-event-id": last_event_id})
    parameters = {"query": query, "variables": json.dumps(variables)}
    async with site.session.get(site.graphql, params=parameters, headers=headers) as answer:
        yield events_of(answer)


async def next_event(stream):
    """The id of the next event, and its item."""
    event = await asyncio.wait_for(anext(stream), PATIENCE_S)
    return event.get("id"), json.loads(event["data"])["data"]["issueChanged"]


async def short_ids(stream, count):
    """Short ids of the next events' issues."""
    return [(await next_event(stream))[1]["change"]["issue"]["shortId"] for _ in range(count)]


async def test_id_is_the_position(site):
    """Every item has its position as id; an answer that is no item of a stream has none."""
    after = await current_position(site)
    site.upstream.simulation.open_issue()

    async with events(site, after=after) as stream:
        event_id, item = await next_event(stream)
    async with events(site, query="{ __typename }") as stream:
        answers = [event async for event in stream]

    assert event_id == item["position"]
    assert [("id" in event, event["event"]) for event in answers] == [(False, "next"), (False, "complete")]


@pytest.mark.parametrize("argument", ["none", "variable", "text", "refused"])
async def test_last_event_id_takes_precedence(site, argument):
    """A browser sends the address of the first time again: `after` in it is older than the last event, or wrong."""
    start = await current_position(site)
    issues = [site.upstream.simulation.open_issue() for _ in range(3)]
    after = {"none": None, "variable": start, "refused": "of another secret"}.get(argument)
    query, variables = SUBSCRIPTION, {"after": after}
    if argument == "text":
        query, variables = SUBSCRIPTION.replace("($after: String)", "").replace("$after", f'"{start}"'), {}

    async with events(site, after=start) as stream:
        last_id, _ = await next_event(stream)
    async with events(site, last_id, query, **variables) as stream:
        received = await short_ids(stream, 2)

    assert received == [issue.short_id for issue in issues[1:]]


@pytest.mark.parametrize("last_event_id", ["garbage", "x" * 30_000, "\u00e9", '"', "0"], ids=len)
async def test_foreign_ids_are_refused(site, last_event_id):
    """An id that this server did not sign is an error of the operation, which then ends."""
    async with events(site, last_event_id.encode().decode("latin-1")) as stream:
        refused = [event async for event in stream]

    [error] = json.loads(refused[0]["data"])["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["issueChanged"], "BAD_USER_INPUT")
    assert [event["event"] for event in refused] == ["next", "complete"]


async def test_empty_id_is_none(site):
    """A browser that has received no id begins with new changes."""
    async with events(site, "") as stream:
        coming = asyncio.ensure_future(next_event(stream))
        while not coming.done():
            issue = site.upstream.simulation.open_issue()
            await asyncio.wait({coming}, timeout=0.1)

    assert coming.result()[1]["change"]["issue"]["shortId"] <= issue.short_id


async def test_multipart_ignores_the_header(site):
    """Positions of multipart responses are in the answers; no client sends the header for them."""
    start = await current_position(site)
    issue = site.upstream.simulation.open_issue()
    headers = {"accept": "multipart/mixed;subscriptionSpec=1.0", "last-event-id": "garbage"}
    body = {"query": SUBSCRIPTION, "variables": {"after": start}}

    async with site.session.post(site.graphql, json=body, headers=headers) as answer:
        await answer.content.readuntil(b"\r\n\r\n")
        part = await answer.content.readuntil(b"--graphql")

    assert f'"{issue.short_id}"'.encode() in part
