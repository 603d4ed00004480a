"""Knows when two who tell of a change tell of the same one. Knows no broker.

A change that Dexter made is told twice: by the mutation, and some moments later by Sentry's webhook. Older servers tell
one fact under two names as well. Facts are counted per teller: the second time that one of them tells a fact is the
same as the second time that another does. So nobody's echo is published, and nothing that happened twice is lost.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.events import Change

WINDOW_S = 120.0
"""Seconds within which an echo of a change comes, if at all."""
MAX_KNOWN = 50_000

Fingerprint = tuple[str, str, str | None, str, str]
Teller = tuple[str, str]


def fingerprint(change: Change) -> Fingerprint:
    """What makes two changes the same fact: subject, kind and resulting state."""
    return (change.organization, change.noun, change.subject, change.kind, change.state)


def _teller(change: Change) -> Teller:
    return (change.origin, change.action)


@dataclass(slots=True)
class Told:
    """How often each teller told a fact, and when one of them first did."""

    since: float
    times: dict[Teller, int] = field(default_factory=dict)


class Echoes:
    """The facts of the last moments; bounded, the oldest is forgotten first."""

    def __init__(self, clock: Clock, *, window_s: float = WINDOW_S, limit: int = MAX_KNOWN) -> None:
        self._clock = clock
        self._window_s = window_s
        self._limit = limit
        self._told: OrderedDict[Fingerprint, Told] = OrderedDict()

    def is_echo(self, change: Change) -> bool:
        """Count one more telling; True when another teller told the same fact as often before."""
        told = self._known(fingerprint(change))
        most = max(told.times.values(), default=0)
        told.times[_teller(change)] = told.times.get(_teller(change), 0) + 1
        return told.times[_teller(change)] <= most

    def retract(self, change: Change) -> None:
        """Take back one telling, because the change was not published after all."""
        told = self._told.get(fingerprint(change))
        if told is not None and told.times.get(_teller(change), 0) > 0:
            told.times[_teller(change)] -= 1

    def _known(self, key: Fingerprint) -> Told:
        now = self._clock.monotonic()
        while self._told and now - next(iter(self._told.values())).since > self._window_s:
            self._told.popitem(last=False)
        told = self._told.setdefault(key, Told(now))
        if len(self._told) > self._limit:
            self._told.popitem(last=False)
        return told
