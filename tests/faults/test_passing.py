"""Temporary failures are retried within the deadline and do not appear in answers."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import concurrency_limit, html_page, window_limit
from support.sandbox import NOON

TEAMS = "/organizations/{organization}/teams/"
AT = int(NOON.timestamp())


@pytest.mark.parametrize(
    "fault",
    [html_page(502), Fault("reset"), Fault("truncate"), concurrency_limit(5, AT + 1), window_limit(40, 5, AT + 5)],
    ids=["502", "reset", "truncate", "429-of-concurrency", "429-of-a-window"],
)
async def test_single_failure_is_retried(patient, fault):
    """One retry gives a complete answer."""
    answer = await patient.ask(fault, route=TEAMS, times=1)

    assert (answer.data, answer.errors) == (patient.without(), [])
    assert answer.routes.count(TEAMS) == 2
