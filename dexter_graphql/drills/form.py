"""How large a drill is run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dexter_graphql.drills.report import Result


@dataclass(frozen=True, slots=True)
class Form:
    """Seconds of load, clients, and the seed of the world and of all lots that are drawn."""

    seconds: float
    clients: int
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill by name: what it is about, how to run it, and its full form."""

    name: str
    purpose: str
    run: Callable[[Form], Awaitable[Result]]
    full: Form
