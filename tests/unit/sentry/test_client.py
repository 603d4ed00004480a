"""The client: how calls are made, how answers are decoded, and what is counted.

Long, as every call goes through the client; each case is a few lines over the same fixtures.
"""

import asyncio
from dataclasses import replace
from random import Random

import msgspec
import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Call, Priority, Reply, Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo
from dexter_graphql.sentry.errors import (
    BadResponse,
    BudgetExhausted,
    Forbidden,
    HostNotAllowed,
    InvalidParameter,
    InvalidValue,
    NotFound,
    Unavailable,
)
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection
from dexter_graphql.sentry.stages import compose
from dexter_graphql.sentry.stages.cache import Cache
from dexter_graphql.sentry.stages.retry import MAX_RETRIES, Retry, RetryBudget
from dexter_graphql.sentry.stages.single_flight import SingleFlightStage
from dexter_graphql.telemetry.metrics import Metrics
from support.upstream import EPOCH_S, FakeTransport, MovedClock, Scripted, Step, a_call, a_reply, answer, raised

ACME = Parents(OrganizationRef("1", "acme"))
REGIONAL = Parents(OrganizationRef("1", "acme", region_url="https://us.sentry.io"))
ISSUE = Projection("Issue", "list", (Field("id", "id", int | str, is_required=True),))
LIST = Endpoint(
    "issues.list",
    "GET",
    "/organizations/{organization}/issues/",
    ("event:read",),
    pages=Pagination.LIMIT,
    tags=("issues/{organization}",),
)
DETAIL = Endpoint(
    "issues.detail",
    "GET",
    "/organizations/{organization}/issues/{issue}/",
    ("event:read",),
    tags=("issues/{organization}", "issue/{issue}"),
)
UPDATE = Endpoint(
    "issues.update",
    "PUT",
    "/organizations/{organization}/issues/{issue}/",
    ("event:write",),
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
RELEASE = Endpoint("releases.detail", "GET", "/organizations/{organization}/releases/{release}/", ("project:releases",))
MEMBER = Endpoint("users.me", "GET", "/users/{member}/", ())
WRAPPED = Endpoint(
    "events.wrapped", "GET", "/organizations/{organization}/events/", ("event:read",), envelope=("data",)
)
CONTROL = Endpoint(
    "integrations.list", "GET", "/organizations/{organization}/integrations/", ("org:read",), silo=Silo.CONTROL
)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def transport():
    return FakeTransport(lambda _: a_reply(b'[{"id": 1}]'))


@pytest.fixture
def client(clock, transport):
    """A client with real stages over a transport in memory."""
    tag_versions = TagVersions(clock)
    stages = (Cache(clock, tag_versions), SingleFlightStage(clock, tag_versions))
    return SentryClient(clock, transport, stages, AllowedHosts.of("https://sentry.io"), tag_versions)


def a_call_context(limit=10, **changes):
    members = {"upstream": Upstream("alice", "sntryu_secret"), "deadline": EPOCH_S + 60, "budget": CallBudget(limit)}
    return CallContext(**members | changes)


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


def counts(call_context):
    """Upstream calls, cache hits and shared calls."""
    return (call_context.stats.upstream_calls, call_context.stats.cache_hits, call_context.stats.shared_flights)


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


async def test_one_record(client, transport):
    """A record is decoded with the parents of the call."""
    transport.answer = lambda _: a_reply(b'{"id": "7"}')

    record = await client.get_record(DETAIL, a_call_context(), ISSUE, parents=ACME, path={"issue": "7"})

    assert (record.id, record.parents) == ("7", ACME)


async def test_one_invalid_record(client):
    """An answer of another form is replaced by an InvalidValue."""
    record = await client.get_record(DETAIL, a_call_context(), ISSUE, parents=ACME, path={"issue": "7"})

    assert (type(record), str(record)) == (InvalidValue, "Expected an object for Issue, got a list")


async def test_envelopes(client, transport):
    """The payload is taken out of its envelope, for records and lists."""
    transport.answer = lambda _: a_reply(b'{"data": [{"id": 1}]}')

    page = await client.get_page(WRAPPED, a_call_context(), ISSUE, parents=ACME)
    with pytest.raises(InvalidValue) as lacking:
        await client.get_record(replace(WRAPPED, envelope=("rows",)), a_call_context(), ISSUE, parents=ACME)

    assert [row.id for row in page.rows] == [1]
    assert (str(lacking.value), lacking.value.title) == ("Sentry's answer lacks 'rows'", WRAPPED.title)


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"{}"])
async def test_unreadable_answers_name_their_endpoint(client, transport, body):
    """The error of an unreadable list names the endpoint."""
    transport.answer = lambda _: a_reply(body)

    with pytest.raises(BadResponse) as raised_error:
        await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME)

    assert raised_error.value.title == LIST.title


async def test_a_page(client, transport):
    """Rows, cursors and counts of one page come from one call."""
    headers = {
        "cursor-next": "0:100:0",
        "cursor-previous": "0:0:1",
        "x-hits": "17",
        "x-max-hits": "1000",
        "x-sentry-direct-hit": "1",
    }
    transport.answer = lambda _: a_reply(b"[]", headers=headers)

    query = [("query", "x")]
    page = await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME, query=query, size=25, cursor="any:thing")

    assert page == Page(
        rows=[],
        next="0:100:0",
        previous="0:0:1",
        hits=17,
        max_hits=1000,
        is_direct_hit=True,
        is_stale=False,
        parents=ACME,
        cache_entry=page.cache_entry,
    )
    assert transport.calls[0].query == (("query", "x"), ("limit", "25"), ("cursor", "any:thing"))


async def test_warm_pages_are_not_decoded_again(client, transport):
    """Equal reads of a cached answer get the same rows and the same cache entry."""
    other = Projection("Issue", "list", (Field("short_id", "shortId", str),))

    first, again = [await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME) for _ in range(2)]
    else_read = await client.get_page(LIST, a_call_context(), other, parents=ACME)
    elsewhere = await client.get_page(LIST, a_call_context(), ISSUE, parents=REGIONAL)

    assert (again.rows is first.rows, again.cache_entry is first.cache_entry, again.rows[0].id) == (True, True, 1)
    assert (else_read.cache_entry is first.cache_entry, else_read.rows is first.rows) == (True, False)
    assert [page.rows[0].parents for page in (again, elsewhere)] == [ACME, REGIONAL]
    assert len(transport.calls) == 2


async def test_warm_records_are_not_decoded_again(client, transport):
    """So do equal reads of a record; other parents give other records."""
    transport.answer = lambda _: a_reply(b'{"id": 7}')
    within = ACME.within(issue="7")

    first, again, other = [
        await client.get_record(DETAIL, a_call_context(), ISSUE, parents=parents, path={"issue": "7"})
        for parents in (ACME, ACME, within)
    ]

    assert (again is first, other is first, other.parents) == (True, False, within)
    assert len(transport.calls) == 1


async def test_cache_entries_stay_in_the_process(client, transport):
    """A cache entry cannot be serialised."""
    reply = await client.send(LIST, a_call_context(), parents=ACME)

    with pytest.raises(TypeError, match="CacheEntry"):
        msgspec.msgpack.encode(reply)


async def test_invalid_values_are_not_shared(client, transport):
    """An InvalidValue is an exception and grows when raised, so every reader gets another one."""
    transport.answer = lambda _: a_reply(b'[{"id": 1}, {"id": []}]')

    first, again = [await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME) for _ in range(2)]

    assert [type(page.rows[1].id) for page in (first, again)] == [InvalidValue, InvalidValue]
    assert first.rows[1].id is not again.rows[1].id
    assert len(transport.calls) == 1


@pytest.mark.parametrize(
    ("pages", "query"),
    [(Pagination.LIMIT, (("limit", "100"),)), (Pagination.PER_PAGE, (("per_page", "100"),)), (Pagination.NONE, ())],
)
async def test_sizes(client, transport, pages, query):
    """The page size has the endpoint's own parameter, or none."""
    await client.get_page(replace(LIST, pages=pages), a_call_context(), ISSUE, parents=ACME)

    assert transport.calls[0].query == query


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "1" * 19, "\u0661"])
async def test_counts_that_are_none(client, transport, text):
    """A count that is no number is None."""
    transport.answer = lambda _: a_reply(b"[]", headers={"x-hits": text, "x-sentry-direct-hit": "0"})

    page = await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME)

    assert (page.hits, page.max_hits, page.is_direct_hit) == (None, None, False)


@pytest.mark.parametrize(
    ("body", "value"), [(b"", None), (b"null", None), (b"[1]", [1]), (b'{"a": {}}', {"a": {}}), (b'"\xc3\xa9"', "é")]
)
async def test_plain_values(client, transport, body, value):
    """Answers that are no records are plain values; an empty body is None."""
    transport.answer = lambda _: a_reply(body)

    assert await client.get_json(DETAIL, a_call_context(), parents=ACME, path={"issue": "7"}) == value


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'"\xff"', b" ", b"[" * 100_000])
async def test_plain_values_that_are_none(client, transport, body):
    """An answer that is not JSON is an error with endpoint and status."""
    transport.answer = lambda _: a_reply(body, status=202)

    with pytest.raises(BadResponse) as unreadable:
        await client.get_json(DETAIL, a_call_context(), parents=ACME, path={"issue": "7"})

    assert (str(unreadable.value), unreadable.value.title, unreadable.value.status) == (
        "Sentry's answer is not JSON",
        DETAIL.title,
        202,
    )


@pytest.mark.parametrize(("touches", "calls"), [(["issues/acme"], 3), (["issues/other"], 2), ([], 2)])
async def test_writes_touch_what_they_name(client, transport, touches, calls):
    """A write invalidates its own tags and those in `touches`."""
    await client.send(LIST, a_call_context(), parents=ACME)
    await client.send(UPDATE, a_call_context(), parents=ACME, path={"issue": "7"}, touches=touches)
    await client.send(LIST, a_call_context(), parents=ACME)

    assert len(transport.calls) == calls


async def test_reads_depend_on_what_they_touch(client, transport):
    """A read may depend on more tags than its endpoint declares."""
    for _ in range(2):
        await client.send(LIST, a_call_context(), parents=ACME, touches=["issue/7"])

    client.invalidate(["issue/7"])
    await client.send(LIST, a_call_context(), parents=ACME, touches=["issue/7"])

    assert len(transport.calls) == 2


async def test_credentials_share_nothing(client, transport):
    """Two credentials never see each other's answers, cached or under way."""
    alice, bob = a_call_context(), a_call_context(upstream=Upstream("bob", "sntryu_bob"))

    await asyncio.gather(client.send(LIST, alice, parents=ACME), client.send(LIST, bob, parents=ACME))
    await client.send(LIST, bob, parents=ACME)

    assert sorted(call.upstream.token for call in transport.calls) == ["sntryu_bob", "sntryu_secret"]


async def test_errors_pass(client, transport):
    """An error of the transport reaches the caller unchanged."""
    error = NotFound("no", title=DETAIL.title)
    transport.answer = lambda _: raised(error)

    with pytest.raises(NotFound) as absent:
        await client.send(DETAIL, a_call_context(), parents=ACME, path={"issue": "7"})

    assert absent.value is error


async def test_state_and_close(client, transport):
    """The client reports the state of its stages, and closes its transport."""
    await client.send(LIST, a_call_context(), parents=ACME)

    state = client.state()
    await client.close()

    assert state == [
        "<Cache 1 entries, 1035 of 67108864 bytes, 0 refreshes under way>",
        "<SingleFlight 0 under way>",
        repr(transport),
    ]
    assert transport.is_closed


async def test_stages_stand_in_order():
    """The first stage is the outermost; without stages a call goes to the transport."""
    seen = []

    def stage(name):
        async def passing(call, call_next):
            seen.append(f"{name} in")
            reply = await call_next(call)
            seen.append(f"{name} out")
            return reply

        return passing

    await compose([stage("a"), stage("b")])(a_call(), FakeTransport())
    reply = await compose([])(a_call(), FakeTransport())

    assert (seen, reply) == (["a in", "b in", "b out", "a out"], a_reply())


async def test_failed_calls_are_recorded(client, transport):
    """A call that failed has a record with its error, and counts as requested."""
    transport.answer = lambda _: raised(Unavailable("down"))
    call_context = a_call_context()

    with pytest.raises(Unavailable) as failure:
        await client.send(LIST, call_context, parents=ACME)

    [record] = call_context.stats.records
    assert (record.title, record.origin, record.error) == (LIST.title, "", failure.value)
    assert (call_context.stats.requested, call_context.stats.is_cacheable) == (1, False)


async def test_missing_scopes_are_those_of_the_endpoint(client, transport):
    """A 403 without scopes gets those of the endpoint's declaration; those that Sentry sends are kept."""
    transport.answer = lambda _: raised(Forbidden("no"))
    with pytest.raises(Forbidden) as declared:
        await client.send(LIST, a_call_context(), parents=ACME)
    transport.answer = lambda _: raised(Forbidden("no", scopes=("org:admin",)))
    with pytest.raises(Forbidden) as sent:
        await client.send(LIST, a_call_context(), parents=ACME)

    assert (declared.value.scopes, sent.value.scopes) == (LIST.scopes, ("org:admin",))


async def test_unpaired_surrogates_in_answers(client, transport):
    """Half of a surrogate pair in an answer is read as U+FFFD, also beside what is decoded."""
    transport.answer = lambda _: a_reply(rb'[{"id": "cut \ud83d", "other": "\ude00"}]')

    page = await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME)

    assert [row.id for row in page.rows] == ["cut \ufffd"]


@pytest.mark.parametrize("failures", [1, MAX_RETRIES + 1])
async def test_retries_count_in_the_metric(clock, transport, failures):
    """Every repeated attempt counts, whether or not the call succeeds in the end."""
    left = [Unavailable("down", status=503)] * failures
    transport.answer = lambda _: raised(left.pop()) if left else a_reply(b"[]")
    metrics, tag_versions = Metrics(), TagVersions(clock)
    stages = (Retry(clock, Random(1), RetryBudget(clock)),)
    client = SentryClient(clock, transport, stages, AllowedHosts.of("https://sentry.io"), tag_versions, metrics=metrics)

    await asyncio.gather(client.send(LIST, a_call_context(), parents=ACME), return_exceptions=True)

    retries = min(failures, MAX_RETRIES)
    assert f'dexter_upstream_retries_total{{endpoint="issues.list"}} {float(retries)}' in metrics.text().decode()
