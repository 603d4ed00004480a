"""Generated cron monitors with check-ins."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from dexter_graphql.sandbox.world.integrations import random_uuid
from dexter_graphql.sandbox.world.model import CheckIn, CronMonitor, Organization

_CHECK_INS: Final = 120
_NAMES = ("nightly-report", "hourly-sync", "cache-sweep", "invoice-run", "index-refresh")


def make_monitors(rng: Random, organization: Organization, first_id: int, now: datetime) -> None:
    """Add a cron monitor for each of the first five projects, with five days of hourly check-ins."""
    for number, (slug, project) in enumerate(zip(_NAMES, organization.projects, strict=False)):
        check_ins = [_check_in(rng, now - timedelta(hours=hours)) for hours in range(_CHECK_INS)]
        monitor = CronMonitor(
            str(first_id + number),
            random_uuid(rng),
            slug,
            slug.replace("-", " ").title(),
            project.id,
            _config(number),
            now - timedelta(days=60 - number),
            {"production": check_ins[0].status},
            check_ins,
            owner=f"team:{project.teams[0].id}" if number % 2 == 0 else None,
        )
        organization.monitors.append(monitor)


def _config(number: int) -> dict[str, object]:
    schedule: dict[str, object] = (
        {"schedule_type": "crontab", "schedule": "0 * * * *"}
        if number % 2 == 0
        else {"schedule_type": "interval", "schedule": [1, "hour"]}
    )
    return schedule | {
        "checkin_margin": 5,
        "max_runtime": 30,
        "timezone": "UTC",
        "failure_issue_threshold": 1,
        "recovery_threshold": 1,
        "alert_rule_id": None,
    }


def _check_in(rng: Random, at: datetime) -> CheckIn:
    status = rng.choices(("ok", "error", "missed", "timeout"), (92, 4, 3, 1))[0]
    expected = at.replace(minute=0, second=0)
    duration = None if status == "missed" else rng.randint(500, 40_000)
    return CheckIn(random_uuid(rng), "production", status, duration, at, expected)
