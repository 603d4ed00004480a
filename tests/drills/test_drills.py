"""Fault drills with small load profiles: the same code and checks, a few seconds each."""

import pytest

from dexter_graphql.drills import DRILLS, LoadProfile

SMALL = {
    "cancellations": LoadProfile(2, 20),
    "dashboard": LoadProfile(3, 10),
    "drops": LoadProfile(0, 200),
    "flaky": LoadProfile(3, 24),
    "limit": LoadProfile(6, 40),
    "live_queries": LoadProfile(1.5, 20),
    "memory": LoadProfile(2, 8),
    "outage": LoadProfile(6, 48),
    "redis": LoadProfile(3, 8),
    "stampede": LoadProfile(0, 16),
    "takeover": LoadProfile(0.2, 3),
    "write_then_read": LoadProfile(2, 5),
}


def failed_checks(result):
    """The failed checks with their figures."""
    return [f"{check.text}: {check.measured}" for check in result.checks if not check.has_passed]


@pytest.mark.parametrize("name", sorted(DRILLS))
async def test_drill_passes_its_checks(name):
    """Each drill has a small profile and at least one check, and all checks pass."""
    result = await DRILLS[name].run(SMALL[name])

    assert result.checks
    assert failed_checks(result) == []
