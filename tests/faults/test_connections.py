"""Timeouts, broken connections, deadlines and call budgets."""

from dataclasses import replace

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.http.transport import TransportOptions
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from support.graph import GraphClient

TEAMS = "/organizations/{organization}/teams/"
LISTS = """
    teams(first: 2) { nodes { slug } }
    a: projects(first: 2) { nodes { slug } }
    b: projects(first: 3) { nodes { slug } }
    c: projects(first: 4) { nodes { slug } }
"""


def located(answer):
    """Path and extensions of each error."""
    return [(error["path"], error["extensions"]) for error in answer.errors]


def of_teams(code, *, retryable):
    """The only error of an operation whose teams failed without a response."""
    upstream = {"endpoint": f"GET {TEAMS}", "status": None}
    extensions = {"code": code, "retryable": retryable, "upstream": upstream, "requestId": "request"}
    return [(["organization", "teams"], extensions)]


@pytest.fixture
async def hasty(patient):
    """A client with a short timeout per attempt."""
    asker = GraphClient(patient.asker.graph, patient.asker.server, patient.asker.services.clock)
    await asker.client.close()
    asker.client = build_client(
        clock=asker.services.clock, base_url=asker.server.url, transport=TransportOptions(attempt_timeout_s=0.25)
    )
    organizations = OrganizationDirectory(asker.client, asker.services.clock)
    asker.services = replace(asker.services, client=asker.client, organizations=organizations)
    assert (await asker.ask('{ organization(slug: "acme") { slug } }')).errors == []
    yield asker
    await asker.client.close()


async def test_silence_is_a_timeout_after_five_attempts(patient, hasty):
    """Each attempt has its own timeout; the branch is null when all of them time out."""
    answer = await patient.ask(Fault("hang"), route=TEAMS, asker=hasty)

    assert answer.data == patient.without("teams")
    assert located(answer) == of_teams("UPSTREAM_TIMEOUT", retryable=True)
    assert answer.routes.count(TEAMS) == 5


async def test_silence_until_the_deadline_says_so(patient):
    """An attempt that exceeds the operation's deadline is not retried."""
    patient.asker.services = replace(patient.asker.services, deadline_s=1.5)

    answer = await patient.ask(Fault("hang"), route=TEAMS)

    assert answer.data == patient.without("teams")
    assert located(answer) == of_teams("DEADLINE_EXCEEDED", retryable=True)
    assert answer.routes.count(TEAMS) == 1


async def test_reset_that_lasts_is_an_illness(patient):
    """Repeated connection resets have the code of an unavailable Sentry."""
    answer = await patient.ask(Fault("reset"), route=TEAMS)

    assert answer.data == patient.without("teams")
    assert located(answer) == of_teams("UPSTREAM_UNAVAILABLE", retryable=True)


async def test_half_an_answer_is_a_bad_answer(patient):
    """A truncated response is discarded."""
    answer = await patient.ask(Fault("truncate"), route=TEAMS)

    assert answer.data == patient.without("teams")
    assert located(answer) == of_teams("UPSTREAM_BAD_RESPONSE", retryable=False)
    assert answer.routes.count(TEAMS) == 5


async def test_budget_that_runs_out_leaves_what_was_paid_for(patient):
    """Of four lists with one call each, the first three are complete and the last one is null."""
    patient.asker.services = replace(patient.asker.services, call_budget=3)

    answer = await patient.asker.ask(f'{{ organization(slug: "acme") {{ {LISTS} }} }}')

    extensions = {
        "code": "BUDGET_EXHAUSTED",
        "retryable": False,
        "requestId": "request",
        "field": "Organization.projects",
    }
    assert len(answer.calls) == 3
    assert located(answer) == [(["organization", "c"], extensions)]
    assert answer["organization"]["teams"] == patient.expected["teams"]
    assert answer["organization"]["a"] == patient.expected["projects"]
    assert [len(answer["organization"]["b"]["nodes"]), answer["organization"]["c"]] == [3, None]
