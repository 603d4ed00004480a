"""Definition of a drill and of its load."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dexter_graphql.drills.report import DrillResult


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """Seconds of load, number of clients, and the seed of the sandbox's data and of all random choices."""

    seconds: float
    clients: int
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Drill:
    """A named drill: its purpose in one sentence, the function that runs it, and its full load profile."""

    name: str
    purpose: str
    run: Callable[[LoadProfile], Awaitable[DrillResult]]
    full: LoadProfile
