"""Generated usage by category and outcome, a pure function of project and hour."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.world.model import Project

CATEGORIES: Final = (
    "error", "transaction", "attachment", "replay", "profile", "profile_duration", "profile_duration_ui",
    "profile_chunk", "profile_chunk_ui", "monitor",
)  # fmt: skip
OUTCOMES: Final = (
    "accepted", "filtered", "rate_limited", "invalid", "abuse", "client_discard", "cardinality_limited",
)  # fmt: skip

_DAY_HOURS: Final = 24
# Permille of a day's quantity by hour; the sum is 1000.
_HOURLY_PERMILLE: Final = (
    17, 14, 12, 11, 11, 14, 21, 33, 48, 60, 66, 68, 64, 66, 70, 71, 68, 62, 54, 47, 40, 33, 28, 22,
)  # fmt: skip
# Category → daily quantity of one project; other categories have no usage.
_DAILY = MappingProxyType(
    {"error": 24_000, "transaction": 180_000, "attachment": 9_000_000, "replay": 700, "profile": 1_200, "monitor": 96}
)
# Outcome, reason, and the permille of the category with them.
_OUTCOME_SHARES: Final = (
    ("accepted", "", 900),
    ("filtered", "browser-extensions", 20),
    ("filtered", "web-crawlers", 15),
    ("rate_limited", "key_quota", 30),
    ("invalid", "cors", 5),
    ("client_discard", "before_send", 30),
)


@dataclass(frozen=True, slots=True)
class UsageStream:
    """Usage of one project, category, outcome and reason; `permille` is its share of the category."""

    project: Project
    category: str
    outcome: str
    reason: str
    permille: int

    def hourly_quantities(self, first: int, count: int) -> list[int]:
        """The quantities of `count` hours, starting `first` hours after the epoch."""
        offset = first % _DAY_HOURS
        days = range(first // _DAY_HOURS, (first + count - 1) // _DAY_HOURS + 1)
        quantities = [daily * permille // 1000 for daily in map(self._daily, days) for permille in _HOURLY_PERMILLE]
        return quantities[offset : offset + count]

    def _daily(self, day: int) -> int:
        # Projects differ in size; days vary by some percent.
        size = 20 + zlib.crc32(self.project.id.encode()) % 80
        weather = 85 + zlib.crc32(f"{self.project.id}/{self.category}/{day}".encode()) % 30
        return _DAILY[self.category] * self.permille * size * weather // 10_000_000


def iter_streams(projects: Sequence[Project]) -> Iterator[UsageStream]:
    """All usage streams of the projects."""
    for project in projects:
        for category in _DAILY:
            for outcome, reason, permille in _OUTCOME_SHARES:
                yield UsageStream(project, category, outcome, reason, permille)
