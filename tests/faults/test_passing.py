"""A failure that passes is not seen: the same call is made again while there is time."""

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
async def test_single_failure_is_not_seen(patient, fault):
    """One more call, and the document is whole."""
    told = await patient.ask(fault, route=TEAMS, times=1)

    assert (told.data, told.errors) == (patient.without(), [])
    assert told.routes.count(TEAMS) == 2
