"""Makes up how much of the plan was used, hour by hour. The same question always has the same answer."""

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
# Permille of a day's quantity by hour: quiet nights, busy afternoons. They add up to 1000.
_HOURLY_PERMILLE: Final = (
    17, 14, 12, 11, 11, 14, 21, 33, 48, 60, 66, 68, 64, 66, 70, 71, 68, 62, 54, 47, 40, 33, 28, 22,
)  # fmt: skip
# Category → what one project sends on an ordinary day; categories that are missing here are never used.
_DAILY = MappingProxyType(
    {"error": 24_000, "transaction": 180_000, "attachment": 9_000_000, "replay": 700, "profile": 1_200, "monitor": 96}
)
# Outcome → its reasons with the permille of the category that ends there.
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
    """A project's quantity of one category that ended one way for one reason; `permille` is its share."""

    project: Project
    category: str
    outcome: str
    reason: str
    permille: int

    def hourly_quantities(self, first: int, count: int) -> list[int]:
        """Quantities of so many hours, the first one being that many hours after the epoch."""
        offset = first % _DAY_HOURS
        days = range(first // _DAY_HOURS, (first + count - 1) // _DAY_HOURS + 1)
        quantities = [daily * permille // 1000 for daily in map(self._daily, days) for permille in _HOURLY_PERMILLE]
        return quantities[offset : offset + count]

    def _daily(self, day: int) -> int:
        # Projects differ in size, and days by some percent.
        size = 20 + zlib.crc32(self.project.id.encode()) % 80
        weather = 85 + zlib.crc32(f"{self.project.id}/{self.category}/{day}".encode()) % 30
        return _DAILY[self.category] * self.permille * size * weather // 10_000_000


def iter_streams(projects: Sequence[Project]) -> Iterator[UsageStream]:
    """Every flow of the projects."""
    for project in projects:
        for category in _DAILY:
            for outcome, reason, permille in _OUTCOME_SHARES:
                yield UsageStream(project, category, outcome, reason, permille)
