"""The fault drills in their small forms: the same code, the same promises, a few seconds each."""

import pytest

from dexter_graphql.drills import DRILLS, Form

SMALL = {
    "cancellations": Form(2, 20),
    "dashboard": Form(3, 10),
    "flaky": Form(3, 24),
    "limit": Form(6, 40),
    "memory": Form(2, 8),
    "outage": Form(6, 48),
    "redis": Form(3, 8),
    "stampede": Form(0, 16),
    "write_then_read": Form(2, 5),
}


def broken(result):
    """The promises that were not kept, with their figures."""
    return [f"{promise.text}: {promise.measured}" for promise in result.promises if not promise.is_kept]


@pytest.mark.parametrize("name", sorted(DRILLS))
async def test_a_drill_keeps_its_promises(name):
    """Each drill has a small form, finds something, and nothing that is broken."""
    result = await DRILLS[name].run(SMALL[name])

    assert result.promises
    assert broken(result) == []
