"""First contact with Sentry at the start: what is logged, and when the server wants requests."""

import re
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from dexter_graphql.app import reach_sentry
from dexter_graphql.graph.upstream_report import report_upstream
from dexter_graphql.sandbox import Fault, Vintage
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import Forbidden
from dexter_graphql.server.health import Readiness
from support.graph import graph_client_of_release

SINCE_20_12 = ("/issues-stats/", "/sessions/", "/stats_v2/")
TOO_OLD = "This Sentry is older than 20.12, the oldest release that is supported; upgrade it."


@pytest.fixture
async def asker(graph, request):
    """The graph over a release, 20.12 unless a test says otherwise."""
    async with graph_client_of_release(graph, getattr(request, "param", Vintage.V20_12)) as asker:
        yield asker


async def first_contact(asker, examine=None):
    """The readiness and the log after the first contact."""
    readiness = Readiness()
    examine = examine or partial(report_upstream, asker.client, schema=asker.graph.schema)
    with capture_logs() as entries:
        await reach_sentry(asker.services, asker.identity.upstream, readiness, examine)
    return readiness, entries


@pytest.mark.parametrize("asker", [Vintage.V20_12, Vintage.V23_7, Vintage.V26_7, Vintage.SAAS], indirect=True, ids=str)
async def test_missing_endpoints_are_logged_once(asker):
    """Each has a line that names the endpoint and fields; the server is ready all the same."""
    vintage = asker.server.world.vintage
    readiness, entries = await first_contact(asker)

    notes = [entry["reason"] for entry in entries if entry["log_level"] == "warning" and "reason" in entry]
    assert readiness.problems == []
    lacked = [re.match(r"This Sentry lacks GET (/organizations/{organization}/\S+/),", note)[1] for note in notes]
    assert len(lacked) == len({*lacked})
    assert ("/organizations/{organization}/workflows/" in lacked) is (not vintage.has(Capability.WORKFLOW_ENGINE))
    assert not any(map(vintage.serves, lacked))


async def test_missing_scopes_are_logged(asker):
    """What a token without write scopes cannot do is logged."""
    reader = asker.server.world.tokens.reader.text
    asker.identity = replace(asker.identity, upstream=Upstream("reader", reader))

    _, entries = await first_contact(asker)

    reasons = [entry.get("reason") or "" for entry in entries]
    [needed] = [reason for reason in reasons if reason.startswith("The token lacks event:admin, needed by ")]
    assert "Mutation.deleteIssues" in needed


async def test_older_release_is_refused_in_one_sentence(asker):
    """The server stays unready, with the reason."""
    for route in SINCE_20_12:
        asker.server.faults.add(Fault(status=404, body="", route=route, times=None))

    readiness, entries = await first_contact(asker)

    assert readiness.problems == [TOO_OLD]
    assert [entry["reason"] for entry in entries if entry["log_level"] == "error"] == [TOO_OLD]


async def test_failed_examination_is_no_reason_to_wait(asker):
    """When Sentry does not say what it has, the server is ready, and the log says why nothing was found."""

    async def examine(*_):
        raise Forbidden("You do not have permission")

    readiness, entries = await first_contact(asker, examine)

    assert readiness.problems == []
    assert [entry["reason"] for entry in entries if entry["event"] == "cannot examine Sentry"] == [
        "You do not have permission"
    ]


@pytest.mark.parametrize("asker", [Vintage.SAAS], indirect=True)
async def test_sentry_io_is_asked_for_the_scopes_alone(asker):
    """What sentry.io has is known: one call besides the list of organizations."""
    before = len(asker.server.requests)

    await first_contact(asker)

    assert [request.route for request in asker.server.requests][before:] == ["/organizations/", "/"]
