"""The client: how answers are decoded, and what is counted of them."""

import asyncio
from dataclasses import replace
from random import Random

import msgspec
import pytest

from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Pagination
from dexter_graphql.sentry.errors import (
    BadResponse,
    Forbidden,
    InvalidValue,
    NotFound,
    Unavailable,
)
from dexter_graphql.sentry.http.allowed_hosts import AllowedHosts
from dexter_graphql.sentry.pagination import Page
from dexter_graphql.sentry.projection import Field, Projection
from dexter_graphql.sentry.stages import compose
from dexter_graphql.sentry.stages.retry import MAX_RETRIES, Retry, RetryBudget
from dexter_graphql.telemetry.metrics import Metrics
from support.client_endpoints import (
    ACME,
    DETAIL,
    ISSUE,
    LIST,
    REGIONAL,
    UPDATE,
    WRAPPED,
    a_call_context,
)
from support.upstream import FakeTransport, a_call, a_reply, raised


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
        "<Cache 1 entries, 1035 of 25165824 bytes, 0 refreshes under way>",
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
    """A call that failed has a record with the class of its error, and counts as requested."""
    transport.answer = lambda _: raised(Unavailable("down"))
    call_context = a_call_context()

    with pytest.raises(Unavailable) as failure:
        await client.send(LIST, call_context, parents=ACME)

    [record] = call_context.stats.records
    assert (record.title, record.origin, record.error_class) == (LIST.title, "", type(failure.value))
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


async def test_answers_within_a_string(client, transport):
    """A list that Sentry sends as the text of a JSON string is the list."""
    transport.answer = lambda _: a_reply(rb'"[{\"id\": \"1\"}]"')

    page = await client.get_page(LIST, a_call_context(), ISSUE, parents=ACME)

    assert [row.id for row in page.rows] == ["1"]


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
