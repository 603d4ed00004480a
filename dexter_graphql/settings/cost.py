"""Settings that limit what operations and callers cost."""

from typing import Self

from pydantic import model_validator

from dexter_graphql.settings.fields import setting
from dexter_graphql.settings.identity import IdentitySettings, Mode

CALLER_CALLS = 6000
"""Calls to Sentry that a caller may cause in a window, where callers differ."""


class CostSettings(IdentitySettings):
    """The part of the settings that concerns the cost of operations."""

    call_budget: int = setting(
        "DEXTER_CALL_BUDGET", 100, "Calls to Sentry that one operation may make.", ge=1, le=10000
    )
    caller_calls: int | None = setting(
        "DEXTER_CALLER_CALLS",
        None,
        f"Calls to Sentry that a caller may cause in a window; 0 for no limit. {CALLER_CALLS}, none in mode `open`.",
        ge=0,
        le=100_000_000,
    )
    caller_window_s: int = setting(
        "DEXTER_CALLER_WINDOW_SECONDS", 60, "Length of the window of DEXTER_CALLER_CALLS, in seconds.", ge=1, le=86400
    )
    max_values: int = setting(
        "DEXTER_MAX_VALUES", 5_000_000, "Objects and values of an answer, as estimated.", ge=1000, le=2**31 - 1
    )

    @model_validator(mode="after")
    def _budget_covers_an_operation(self) -> Self:
        if 0 < self.calls_per_window < self.call_budget:
            raise ValueError(
                f"DEXTER_CALLER_CALLS: must be 0 or at least DEXTER_CALL_BUDGET, which is {self.call_budget}: "
                "otherwise the largest operation could never be executed"
            )
        return self

    @property
    def calls_per_window(self) -> int:
        """Calls to Sentry that a caller may cause in a window; 0 for no limit."""
        if self.caller_calls is None:
            return 0 if Mode.OPEN in self.mode else max(CALLER_CALLS, self.call_budget)
        return self.caller_calls
