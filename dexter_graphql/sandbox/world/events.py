"""Generated events, attachments and user reports."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Final

from dexter_graphql.sandbox.world.model import Attachment, Event, Feedback, Issue, Organization, Project, Release
from dexter_graphql.sandbox.world.projects import ENVIRONMENTS

HISTORY_S: Final = 88 * 86_400
PEOPLE: Final = 400
"""End users per project."""

_ENVIRONMENT_BOUNDS = (0.72, 0.9, 0.97, 1.0)


class EventGenerator:
    """Generator of the events of one project."""

    def __init__(self, rng: Random, project: Project, releases: Sequence[Release]) -> None:
        self._rng = rng
        project_releases = sorted((r for r in releases if project in r.projects), key=lambda r: r.date_created)
        self._releases = project_releases
        self._starts = [release.date_created.timestamp() for release in project_releases]

    def make(self, issue: Issue, at: float) -> Event:
        """A new event at that instant, which the caller adds to the issue."""
        rng = self._rng
        index = bisect_right(self._starts, at) - 1
        share = rng.random()
        environment = ENVIRONMENTS[bisect_left(_ENVIRONMENT_BOUNDS, share)]
        variant = rng.getrandbits(32)
        return Event(
            f"{rng.getrandbits(128):032x}",
            issue,
            round(at, 3),
            environment,
            self._releases[index] if index >= 0 else None,
            -1 if variant % 16 == 0 else (variant >> 8) % PEOPLE,
            variant,
        )

    def fill(self, issue: Issue, count: int, now: float) -> None:
        """Give the issue `count` events, most of them close to the last one."""
        rng = self._rng
        is_recent = rng.random() < 0.55 or issue.number == 9  # noqa: PLR2004 - a share, and the example in the docs
        last = rng.uniform(60, 80_000) if is_recent else rng.uniform(80_000, HISTORY_S * 0.9)
        span = min(HISTORY_S - last, rng.expovariate(1 / (14 * 86_400)))
        ages = sorted((last + span * rng.random() ** 2 for _ in range(count - 1)), reverse=True)
        issue.events = [self.make(issue, now - age) for age in (*ages, last)]


def distribute_events(rng: Random, issue_count: int, event_count: int) -> list[int]:
    """The number of events for each issue: Pareto distributed, at least one, `event_count` in total."""
    weights = [min(rng.paretovariate(0.9), 120.0) for _ in range(issue_count)]
    total = sum(weights)
    counts = [1 + int(weight / total * (event_count - issue_count)) for weight in weights]
    counts[0] += event_count - sum(counts)
    return counts


def attach_files(organization: Organization, now: datetime) -> None:
    """Attach a log and a screenshot to the newest event of every fifteenth issue."""
    for issue in organization.issues.values():
        if issue.number % 15 == 0 and issue.is_error:
            event = issue.events[-1]
            log = f"started\n{issue.title}\nstopped at {now:%Y}\n".encode()
            organization.attachments[event.id] = [
                Attachment(f"{issue.id}1", "app.log", "text/plain", "event.attachment", log, event.time),
                Attachment(f"{issue.id}2", "screenshot.png", "image/png", "event.attachment", _PIXEL, event.time),
            ]


def add_user_reports(organization: Organization) -> None:
    """Add a user report to the newest event of every twenty-first issue."""
    for issue in organization.issues.values():
        if issue.number % 21 == 0:
            event = issue.events[-1]
            username = f"person{max(event.person, 0)}"
            issue.feedback.append(
                Feedback(
                    f"{issue.id}3",
                    event,
                    username.title(),
                    f"{username}@customers.example",
                    "It stopped right after I pressed the button.",
                    event.time,
                )
            )


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
