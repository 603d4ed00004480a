"""Knows what one operation brings to each of its calls: whose credential, until when, how urgent, how many."""

from dataclasses import dataclass, field

from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.errors import BudgetExhausted


@dataclass(slots=True)
class Budget:
    """Counts upstream calls of one operation and refuses the one after the last."""

    limit: int
    spent: int = 0

    def spend(self) -> None:
        """Take one call from the budget; raises BudgetExhausted when there is none left."""
        if self.spent >= self.limit:
            raise BudgetExhausted(self.limit)
        self.spent += 1


@dataclass(slots=True)
class Ledger:
    """What the operation's calls did: counts by origin, and whether anything stale was served."""

    upstream_calls: int = 0
    cache_hits: int = 0
    shared_flights: int = 0
    stale: list[str] = field(default_factory=list)
    """Titles of the endpoints whose stale answers were used, in order, without repeats."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Handed to the client with each call. `deadline` is in seconds since the epoch."""

    upstream: Upstream
    deadline: float
    budget: Budget
    priority: Priority = Priority.INTERACTIVE
    caller: str = ""
    ledger: Ledger = field(default_factory=Ledger)
