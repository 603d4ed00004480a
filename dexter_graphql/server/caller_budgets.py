"""Budgets of callers: the calls to Sentry that each may cause in a window of time.

A process leases blocks of a caller's budget from Redis, which all replicas share, and charges operations against them.
Without Redis, and while Redis is away, it leases from a budget of its own: the limit is then one per process.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from typing_extensions import override

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap
from dexter_graphql.graph.charge import BudgetStatus, Charge, Price
from dexter_graphql.sentry.quota_window import QuotaWindow
from dexter_graphql.settings import Settings
from dexter_graphql.telemetry.metrics import Metrics, Sample

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.quota_windows import QuotaWindows

MAX_CALLERS = 10_000
"""Callers whose budgets are remembered in a process."""
BLOCKS = 20
"""Blocks that a budget is leased in."""


@dataclass(slots=True, eq=False)
class LeasedWindow:
    """The budget of one caller in one window: what this process has leased and not charged, and what is not leased."""

    number: int
    available: int
    not_leased: int
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def remaining(self) -> int:
        """What the caller can still be charged, as far as this process knows."""
        return max(0, self.available + self.not_leased)


class CallerBudgets:
    """The budgets of all callers, each of `limit` calls in windows of `window_s` seconds."""

    def __init__(self, limit: int, window_s: int, clock: Clock, shared: "QuotaWindows | None" = None) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._shared = shared
        self._block = max(1, limit // BLOCKS)
        self._windows: BoundedMap[str, LeasedWindow] = BoundedMap(MAX_CALLERS)
        self._charged = self._returned = self._refused = self._leases = 0

    @classmethod
    def of(cls, settings: Settings, clock: Clock, shared: "QuotaWindows | None", metrics: Metrics) -> Self | None:
        """Return the budgets of the settings; None when there is no limit."""
        if settings.calls_per_window == 0:
            return None
        budgets = cls(settings.calls_per_window, settings.caller_window_s, clock, shared)
        metrics.register(budgets.collect)
        return budgets

    def collect(self) -> list[Sample]:
        """Calls that were charged and returned, charges that were refused, and requests to Redis for a block."""
        return [
            Sample("dexter_charged_calls_total", "Calls charged to callers before execution.", self._charged),
            Sample("dexter_returned_calls_total", "Charged calls that were not made.", self._returned),
            Sample("dexter_refused_charges_total", "Operations above the budget of their caller.", self._refused),
            Sample("dexter_budget_leases_total", "Blocks of budgets that were leased from Redis.", self._leases),
        ]

    def status(self, caller: str) -> BudgetStatus:
        """The budget of a caller now."""
        window = self._window(caller)
        reset_at = float((window.number + 1) * self._window_s)
        return BudgetStatus(self._limit, window.remaining, reset_at, self._window_s)

    async def charge(self, caller: str, price: Price, calls: int) -> Charge | None:
        """Charge a caller for that many calls; None when less is left."""
        window = self._window(caller)
        if window.available < calls:
            await self._lease(caller, window, calls)
        if window.available < calls:
            self._refused += 1
            return None
        window.available -= calls
        self._charged += calls
        return BudgetCharge(price, self, caller, window, calls)

    async def refund(self, caller: str, window: LeasedWindow, unspent: int) -> None:
        """Return what was charged and not spent; what was spent above the charge is charged now."""
        window.available += unspent
        self._returned += max(0, unspent)
        surplus = window.available - self._block
        if self._shared is None or surplus <= self._block or window is not self._window(caller):
            return
        window.available -= surplus
        taken = await self._shared.give_back(self._shared_window(caller, window), surplus)
        window.not_leased = window.not_leased + surplus if taken is None else self._limit - taken

    def _window(self, caller: str) -> LeasedWindow:
        """The current window of a caller."""
        number = int(self._clock.time() // self._window_s)
        window = self._windows.get(caller)
        if window is None or window.number != number:
            window = LeasedWindow(number, available=0, not_leased=self._limit)
            self._windows.put(caller, window)
        return window

    async def _lease(self, caller: str, window: LeasedWindow, calls: int) -> None:
        """Lease at least what is lacking for that many calls, as far as it is left."""
        async with window.lock:
            lacking = calls - window.available
            if lacking <= 0:
                return
            amount, grant = max(lacking, self._block), None
            if self._shared is not None:
                self._leases += 1
                grant = await self._shared.take(self._shared_window(caller, window), amount)
            granted = min(amount, window.not_leased) if grant is None else grant.granted
            window.not_leased = window.not_leased - granted if grant is None else self._limit - grant.taken
            window.available += granted

    def _shared_window(self, caller: str, window: LeasedWindow) -> QuotaWindow:
        return QuotaWindow(caller, window.number, self._limit, 2 * self._window_s)


class BudgetCharge(Charge):
    """What was charged to a caller's budget for an operation."""

    __slots__ = ("_budgets", "_caller", "_calls", "_window")

    def __init__(self, price: Price, budgets: CallerBudgets, caller: str, window: LeasedWindow, calls: int) -> None:
        super().__init__(price)
        self._budgets = budgets
        self._caller = caller
        self._window = window
        self._calls = calls

    @override
    def status(self) -> BudgetStatus:
        return self._budgets.status(self._caller)

    @override
    def status_with_unspent(self, calls: int) -> BudgetStatus:
        status = self.status()
        return status._replace(remaining=max(0, min(status.limit, status.remaining + self._calls - calls)))

    @override
    async def refund(self, calls: int) -> None:
        await self._budgets.refund(self._caller, self._window, self._calls - calls)
