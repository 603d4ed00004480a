"""Fault drills: a server under load, an injected fault, and checks of how the server behaves."""

from collections.abc import Mapping

from dexter_graphql.drills import (
    cancellations,
    dashboard,
    drops,
    flaky,
    limit,
    live_queries,
    memory,
    outage,
    redis,
    stampede,
    takeover,
    write_then_read,
)
from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.report import Check, DrillResult, render

DRILLS: Mapping[str, Drill] = {
    module.DRILL.name: module.DRILL
    for module in (
        cancellations,
        dashboard,
        drops,
        flaky,
        limit,
        live_queries,
        memory,
        outage,
        redis,
        stampede,
        takeover,
        write_then_read,
    )
}

__all__ = ["DRILLS", "Check", "Drill", "DrillResult", "LoadProfile", "render"]
