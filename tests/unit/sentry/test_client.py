"""The client: how calls are made, and what they cost."""

import asyncio

import msgspec
import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Call, Priority, Reply
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.errors import (
    BudgetExhausted,
    HostNotAllowed,
    InvalidParameter,
    Unavailable,
)
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from support.client_endpoints import (
    ACME,
    CONTROL,
    DETAIL,
    ISSUE,
    LIST,
    MEMBER,
    REGIONAL,
    RELEASE,
    UPDATE,
    a_call_context,
    counts,
)
from support.upstream import EPOCH_S, MovedClock, Scripted, Step, a_reply, answer, raised


async def test_one_complete_call(client, transport):
    """Endpoint, call context and parameters become one complete call."""
    call_context = a_call_context(priority=Priority.JOB, caller="alice@acme")

    await client.send(
        UPDATE, call_context, parents=ACME, path={"issue": "7"}, query=[("full", "1")], body={"a": None}, touches=["x"]
    )

    assert transport.calls == [
        Call(
            endpoint="issues.update",
            title="PUT /organizations/{organization}/issues/{issue}/",
            method="PUT",
            host="https://sentry.io",
            path="/api/0/organizations/acme/issues/7/",
            upstream=call_context.upstream,
            deadline=EPOCH_S + 60,
            query=(("full", "1"),),
            body=b'{"a":null}',
            priority=Priority.JOB,
            lifetime="never",
            tags=("issue/7", "x"),
            caller="alice@acme",
        )
    ]


async def test_calls_are_serialisable(client, transport):
    """Calls and replies can be serialised."""
    await client.send(LIST, a_call_context(), parents=ACME)
    reply = a_reply(b"\x00\xff", headers={"x-hits": "1"})

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(transport.calls[0]), type=Call) == transport.calls[0]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(reply), type=Reply) == reply


@pytest.mark.parametrize(
    ("version", "part"),
    [
        ("7", "7"),
        ("a/b", "a%2Fb"),
        ("../../users", "..%2F..%2Fusers"),
        ("a b?c#d&e", "a%20b%3Fc%23d%26e"),
        ("%2e%2e", "%252e%252e"),
        ("é", "%C3%A9"),
        ("...", "..."),
        ("{organization}", "%7Borganization%7D"),
        ("n" * 250, "n" * 250),
    ],
)
async def test_path_parameters_are_encoded(client, transport, version, part):
    """A path parameter is percent-encoded as a whole and cannot lead to another path."""
    await client.send(RELEASE, a_call_context(), parents=ACME, path={"release": version})

    assert transport.calls[0].path == f"/api/0/organizations/acme/releases/{part}/"


@pytest.mark.parametrize("value", ["", ".", "..", "n" * 101, "a/b", "a b", "\ud800", "acme\n", "%2e"])
async def test_invalid_path_parameters(client, transport, value):
    """A value that does not match the parameter's pattern is refused before any call."""
    with pytest.raises(InvalidParameter):
        await client.send(DETAIL, a_call_context(), parents=ACME, path={"issue": value})
    with pytest.raises(InvalidParameter):
        await client.send(LIST, a_call_context(), parents=Parents(OrganizationRef("1", value)))

    assert transport.calls == []


@pytest.mark.parametrize(("size_bytes", "is_refused"), [(4096, False), (4097, True)])
async def test_search_texts_are_bounded(client, transport, size_bytes, is_refused):
    """A client's search text has at most 4 KiB; a batch that we composed may be longer."""
    text = "é" * (size_bytes // 2) + "x" * (size_bytes % 2)

    results = await asyncio.gather(
        *(
            client.send(LIST, a_call_context(), parents=ACME, query=[("query", value)])
            for value in (text, BatchSearch(text))
        ),
        return_exceptions=True,
    )

    assert [isinstance(result, InvalidParameter) for result in results] == [is_refused, False]


async def test_unpaired_surrogates_are_refused(client, transport):
    """Half of a surrogate pair cannot be sent, neither in a query nor in a body."""
    with pytest.raises(InvalidParameter):
        await client.send(LIST, a_call_context(), parents=ACME, query=[("environment", "\ud800")])
    with pytest.raises(InvalidParameter):
        await client.send(UPDATE, a_call_context(), parents=ACME, path={"issue": "7"}, body={"a": "\udfff"})

    assert transport.calls == []


async def test_path_parameters_reach_the_socket_encoded():
    """No layer below the client decodes a percent-encoded parameter."""
    async with Scripted([Step(answer(b"{}"))]) as server:
        client = build_client(clock=MovedClock(), base_url=server.url)
        await client.send(RELEASE, a_call_context(), parents=ACME, path={"release": "../%2f é"})
        await client.close()

    assert server.lines == ["GET /api/0/organizations/acme/releases/..%2F%252f%20%C3%A9/ HTTP/1.1"]


@pytest.mark.parametrize(
    ("endpoint", "parents", "host"),
    [
        (LIST, REGIONAL, "https://us.sentry.io"),
        (CONTROL, REGIONAL, "https://sentry.io"),
        (LIST, ACME, "https://sentry.io"),
        (CONTROL, ACME, "https://sentry.io"),
    ],
)
async def test_hosts(client, transport, endpoint, parents, host):
    """Calls go to the organization's region, those of the control silo to the configured host."""
    await client.send(endpoint, a_call_context(), parents=parents)

    assert [call.host for call in transport.calls] == [host]


async def test_without_organization(client, transport):
    """A call without an organization goes to the configured host and has no tag of one."""
    await client.send(MEMBER, a_call_context(), parents=None, path={"member": "me"})

    call = transport.calls[0]
    assert (call.host, call.path, call.tags) == ("https://sentry.io", "/api/0/users/me/", ("credential/alice",))


@pytest.mark.parametrize(
    "region", ["https://evil.com", "http://us.sentry.io", "https://us.sentry.io@evil.com", "https://["]
)
async def test_foreign_regions(client, transport, region):
    """An answer cannot send the token to another host by naming it as the region."""
    call_context = a_call_context()

    with pytest.raises(HostNotAllowed) as refused:
        await client.send(LIST, call_context, parents=Parents(OrganizationRef("1", "acme", region_url=region)))

    assert (refused.value.title, transport.calls, call_context.budget.spent) == (LIST.title, [], 0)


async def test_only_upstream_calls_cost_budget(client, transport):
    """Cache hits and shared calls cost no budget, and the statistics distinguish them."""
    one, other = a_call_context(), a_call_context()

    await asyncio.gather(client.send(LIST, one, parents=ACME), client.send(LIST, other, parents=ACME))
    await client.send(LIST, other, parents=ACME)

    assert len(transport.calls) == 1
    assert (counts(one), one.budget.spent) == ((1, 0, 0), 1)
    assert (counts(other), other.budget.spent) == ((0, 1, 1), 0)
    assert [line.origin for line in (*one.stats.records, *other.stats.records)] == ["wire", "flight", "cache"]


async def test_failed_calls_cost_budget(client, transport):
    """A failed call costs budget."""
    transport.answer = lambda _: raised(Unavailable("ill"))
    call_context = a_call_context()

    with pytest.raises(Unavailable):
        await client.send(LIST, call_context, parents=ACME)

    assert (call_context.stats.upstream_calls, call_context.budget.spent) == (1, 1)


async def test_budgets_stop_calls(client, transport):
    """The call above the budget is not made; cached answers are still read."""
    call_context = a_call_context(limit=1)
    await client.send(LIST, call_context, parents=ACME)

    with pytest.raises(BudgetExhausted):
        await client.send(CONTROL, call_context, parents=ACME)
    await client.send(LIST, call_context, parents=ACME)

    assert (len(transport.calls), counts(call_context)) == (1, (1, 1, 0))


async def test_stale_endpoints_are_named_once(clock, transport):
    """The statistics name each endpoint with a stale answer once."""
    transport.answer = lambda _: msgspec.structs.replace(a_reply(b"[]"), is_stale=True)
    client = SentryClient(clock, transport, (), AllowedHosts.of("https://sentry.io"), TagVersions(clock))
    call_context = a_call_context()

    pages = [await client.get_page(endpoint, call_context, ISSUE, parents=ACME) for endpoint in (LIST, CONTROL, LIST)]

    assert ([page.is_stale for page in pages], call_context.stats.stale) == ([True] * 3, [LIST.title, CONTROL.title])
