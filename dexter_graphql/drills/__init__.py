"""Fault drills: a server under load while something goes wrong, and what it promises to do then."""

from collections.abc import Mapping

from dexter_graphql.drills import (
    cancellations,
    dashboard,
    flaky,
    limit,
    memory,
    outage,
    redis,
    stampede,
    write_then_read,
)
from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.report import Promise, Result, rendered

DRILLS: Mapping[str, Drill] = {
    module.DRILL.name: module.DRILL
    for module in (cancellations, dashboard, flaky, limit, memory, outage, redis, stampede, write_then_read)
}

__all__ = ["DRILLS", "Drill", "Form", "Promise", "Result", "rendered"]
