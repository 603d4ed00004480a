"""Metrics on the admin address."""

import asyncio
import re
from pathlib import Path

import pytest

from dexter_graphql.operations.library import load_library
from dexter_graphql.telemetry.metrics import Metrics
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOCUMENT = Path(__file__).parents[2] / "docs/operating.md"
SAMPLE = re.compile(r"^(\w+?)(?:_total|_bucket|_sum|_count)?(?:\{(.*)\})? (\S+)$", re.MULTILINE)


async def scraped(site):
    """Text of the metrics."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        return await answer.text()


async def value(site, line):
    """Value of one sample, None when it is not there."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", await scraped(site), re.MULTILINE)
    return found and float(found[1])


async def test_calls_and_hits_are_counted(site):
    """A call, its answer and the cache hits after it are counted; the third equal query hits the response cache."""
    query = '{ organization(slug: "acme") { environments { nodes { name } } } }'
    await site.data(query)
    await site.data(query.replace("{ name }", "{ name  }"))
    await site.data(query)
    given = await value(site, "dexter_response_cache_hits_total")
    await site.data(query)

    endpoint = 'endpoint="environments.list"'
    assert await value(site, f'dexter_upstream_calls_total{{{endpoint},outcome="answered"}}') == 1
    assert await value(site, f'dexter_upstream_answers_total{{{endpoint},origin="wire"}}') == 1
    assert await value(site, f'dexter_upstream_answers_total{{{endpoint},origin="cache"}}') == 2
    assert await value(site, "dexter_response_cache_hits_total") == given + 1


async def test_errors_are_counted_by_code(site):
    """Every code of every answer."""
    await site.post("{ nothing }")
    await site.post('{ node(id: "junk") { id } }')

    assert await value(site, 'dexter_errors_total{code="GRAPHQL_VALIDATION_FAILED"}') >= 1
    assert await value(site, 'dexter_errors_total{code="BAD_USER_INPUT"}') >= 1
    assert await value(site, 'dexter_operations_total{kind="query"}') >= 1


async def test_stages_have_gauges(site):
    """The cache, shared reads, the rate limiter and retries have gauges."""
    text = await scraped(site)

    for name in (
        "cache_bytes",
        "cache_entries",
        "flights",
        "upstream_in_flight",
        "rate_limit_queue_length",
        "retry_budget",
    ):
        assert f"\ndexter_{name} " in text


async def test_engine_counts_by_operation_and_outcome(site):
    """Operations of the library are counted by name, all others together."""
    usage = next(one for one in load_library() if one.name == "Usage")
    before, others = await scraped(site), 'dexter_engine_executions_total{operation="other",outcome="fast"}'
    fast = await value(site, others) or 0

    await site.data(usage.text, **usage.variables)
    for _ in range(2):
        await site.data("{ viewer { __typename } }")

    assert 'operation="Usage",outcome="fast"' not in before
    assert await value(site, 'dexter_engine_executions_total{operation="Usage",outcome="fast"}') == 1
    assert await value(site, others) == fast + 1
    assert 'outcome="broken"' not in await scraped(site)


async def test_nothing_of_users_is_shown(site):
    """No label has a token, slug, search or address."""
    await site.data(
        '{ organization(slug: "acme") { issues(filter: { search: "secret words" }, first: 1) { nodes { id } } } }'
    )

    text = await scraped(site)

    assert site.upstream.token not in text
    for word in ("acme", "secret words", "127.0.0.1"):
        assert word not in text


async def test_every_metric_is_documented(tmp_path):
    """docs/operating.md lists all metrics, and no others."""
    async with running_site(caller_calls=6000, poll_s=30, journal=str(tmp_path), secret="s" * 32) as site:
        for slug in ("acme", "globex"):
            await site.data("query ($slug: String!) { organization(slug: $slug) { slug } }", slug=slug)
        shown = set(re.findall(r"^# TYPE (\w+?)(?:_total)? ", await scraped(site), re.MULTILINE))
    told = {
        name.removesuffix("_total") for name in re.findall(r"^\| `(dexter_\w+)`", DOCUMENT.read_text(), re.MULTILINE)
    }

    assert shown - told == set()
    assert told - shown <= {
        "dexter_circuit_open",
        "dexter_credential_circuits_open",
        # With Redis.
        "dexter_change_gaps",
        "dexter_change_reader_lag_seconds",
        "dexter_changes",
        "dexter_changes_unreadable",
        "dexter_audit_lines",
        "dexter_keys",
        "dexter_redis_up",
    }


async def test_two_servers_count_apart():
    """Each server has its own registry."""
    one, other = Metrics(), Metrics()
    one.webhook(200)

    assert (b'status="200"' in one.text(), b'status="200"' in other.text()) == (True, False)


async def test_readiness_shows_the_state(site):
    """The details of readiness show the state of the stages, without names of users."""
    body = {}
    async with asyncio.timeout(30):
        while body.get("status") != "ready":  # until Sentry has answered
            async with site.session.get(f"{site.admin_url}/health/ready") as answer:
                body = await answer.json()

    parts = [
        "<ProjectNames",
        "<Cache",
        "<EndOnRejection",
        "<SingleFlight",
        "<Retry",
        "<Breaker",
        "<Limiter",
        "<Transport",
    ]
    assert [line.split()[0] for line in body["state"]] == parts
