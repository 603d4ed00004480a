"""What silence and broken connections cost, and what is left when time or calls run out."""

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


def located(told):
    """Path and extensions of each error."""
    return [(error["path"], error["extensions"]) for error in told.errors]


def of_teams(code, *, retryable):
    """The one error of an operation whose teams failed without an answer."""
    upstream = {"endpoint": f"GET {TEAMS}", "status": None}
    extensions = {"code": code, "retryable": retryable, "upstream": upstream, "requestId": "request"}
    return [(["organization", "teams"], extensions)]


@pytest.fixture
async def hasty(patient):
    """An asker whose client gives up each attempt after a moment."""
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
    """Each attempt has its own time; the branch is null when none of them was answered."""
    told = await patient.ask(Fault("hang"), route=TEAMS, asker=hasty)

    assert told.data == patient.without("teams")
    assert located(told) == of_teams("UPSTREAM_TIMEOUT", retryable=True)
    assert told.routes.count(TEAMS) == 5


async def test_silence_until_the_deadline_says_so(patient):
    """The whole operation has one deadline, and an attempt that outlasts it is not made again."""
    patient.asker.services = replace(patient.asker.services, deadline_s=0.5)

    told = await patient.ask(Fault("hang"), route=TEAMS)

    assert told.data == patient.without("teams")
    assert located(told) == of_teams("DEADLINE_EXCEEDED", retryable=True)
    assert told.routes.count(TEAMS) == 1


async def test_reset_that_lasts_is_an_illness(patient):
    """A connection that breaks again and again is no different from a Sentry that is down."""
    told = await patient.ask(Fault("reset"), route=TEAMS)

    assert told.data == patient.without("teams")
    assert located(told) == of_teams("UPSTREAM_UNAVAILABLE", retryable=True)


async def test_half_an_answer_is_a_bad_answer(patient):
    """Nothing of an answer that breaks off is believed."""
    told = await patient.ask(Fault("truncate"), route=TEAMS)

    assert told.data == patient.without("teams")
    assert located(told) == of_teams("UPSTREAM_BAD_RESPONSE", retryable=False)
    assert told.routes.count(TEAMS) == 5


async def test_budget_that_runs_out_leaves_what_was_paid_for(patient):
    """Of four lists that are a call each, the first three are whole and the last one is null."""
    patient.asker.services = replace(patient.asker.services, call_budget=3)

    told = await patient.asker.ask(f'{{ organization(slug: "acme") {{ {LISTS} }} }}')

    extensions = {"code": "BUDGET_EXHAUSTED", "retryable": False, "requestId": "request"}
    assert len(told.calls) == 3
    assert located(told) == [(["organization", "c"], extensions)]
    assert told["organization"]["teams"] == patient.whole["teams"]
    assert told["organization"]["a"] == patient.whole["projects"]
    assert [len(told["organization"]["b"]["nodes"]), told["organization"]["c"]] == [3, None]
