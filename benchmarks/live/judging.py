"""What became of webhooks: accepted, refused, delivered, lost, delivered twice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

ACCEPTED = "200"
REFUSED = ("refused", "dropped", "cut", "503")
"""Outcomes of webhooks that no server took. The others (`timed_out`, `failed`) may have been taken."""

Item = tuple[str, str]
"""Position and issue."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries to all subscribers together."""

    accepted: int
    refused: int
    unanswered: int
    unanswered_delivered: int
    recovered: int
    """Refused webhooks whose change arrived all the same, through the poller."""
    lost: int
    """Accepted webhooks that a subscriber did not get."""
    duplicates: int
    """Issues and positions that arrived at a subscriber more than once."""
    differing: int
    """Subscribers that did not get the same issues in the same order as the first one."""
    subscribers: int

    @property
    def is_exactly_once(self) -> bool:
        """Whether each accepted webhook arrived at each subscriber once, in one order."""
        return (self.lost, self.duplicates, self.differing) == (0, 0, 0)


def judge(outcomes: Mapping[str, str], readers: Sequence[Sequence[Item]]) -> Judgement:
    """Compare outcomes by issue with the items of each subscriber; items of other issues are ignored."""
    items = [[item for item in reader if item[1] in outcomes] for reader in readers]
    arrived = [{issue for _, issue in reader} for reader in items]
    everywhere = set.intersection(*arrived) if arrived else set[str]()
    accepted = {issue for issue, outcome in outcomes.items() if outcome == ACCEPTED}
    refused = {issue for issue, outcome in outcomes.items() if outcome in REFUSED}
    unanswered = outcomes.keys() - accepted - refused
    return Judgement(
        accepted=len(accepted),
        refused=len(refused),
        unanswered=len(unanswered),
        unanswered_delivered=len(unanswered & everywhere),
        recovered=len(refused & everywhere),
        lost=sum(len(accepted - issues) for issues in arrived),
        duplicates=sum(_repetitions(issue for _, issue in reader) for reader in items)
        + sum(_repetitions(position for position, _ in reader) for reader in items),
        differing=sum(1 for reader in items if [issue for _, issue in reader] != [issue for _, issue in items[0]]),
        subscribers=len(items),
    )


def _repetitions(values: Iterable[str]) -> int:
    return sum(count - 1 for count in Counter(values).values())
