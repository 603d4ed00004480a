"""Price of an operation, what was charged for it, and what is left of its caller's budget."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol


class Price(NamedTuple):
    """What an operation costs: calls to Sentry at most, and an estimate of the objects and values in its answer.

    `calls` is None when the operation is too large to say.
    """

    calls: int | None
    values: int


class BudgetStatus(NamedTuple):
    """The calls that a caller may cause in a window of time, and those that are left of them.

    `reset_at` is the end of the window, in seconds since the epoch.
    """

    limit: int
    remaining: int
    reset_at: float
    window_s: int


class Charge:
    """The price of an operation whose caller has no budget."""

    __slots__ = ("price",)

    def __init__(self, price: Price) -> None:
        self.price = price

    def status(self) -> BudgetStatus | None:
        """The budget of the caller after the charge; None when there is none."""
        return None

    def status_with_unspent(self, _calls: int) -> BudgetStatus | None:
        """The budget after the return of what an operation with that many calls has not spent."""
        return None

    async def refund(self, calls: int) -> None:
        """Return what was charged above the calls that were made."""


class Budgets(Protocol):
    """The budgets of all callers."""

    def status(self, caller: str) -> BudgetStatus:
        """The budget of a caller now."""
        ...

    async def charge(self, caller: str, price: Price, calls: int) -> Charge | None:
        """Charge a caller for that many calls; None when less is left."""
        ...


def rate_limit_members(price: Price, status: BudgetStatus | None) -> dict[str, Any]:
    """Price and budget in `extensions.dexter`."""
    members: dict[str, Any] = {"calls": price.calls, "values": price.values}
    if status is not None:
        reset_at = datetime.fromtimestamp(status.reset_at, UTC)
        members |= {"limit": status.limit, "remaining": status.remaining, "resetAt": f"{reset_at:%Y-%m-%dT%H:%M:%SZ}"}
    return members
