"""Result of a drill: measured figures, checks, and their text form for a terminal."""

from dataclasses import dataclass, field
from typing import Any

Figures = dict[str, Any]
"""Numbers and texts by the label under which they are printed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One required behaviour, whether it was observed, and the measured figure."""

    text: str
    has_passed: bool
    measured: str


@dataclass(frozen=True, slots=True)
class DrillResult:
    """Figures and checks of one run of a drill."""

    drill: str
    figures: Figures
    checks: list[Check] = field(default_factory=list)

    @property
    def has_passed(self) -> bool:
        """Whether all checks passed."""
        return all(check.has_passed for check in self.checks)


def at_most(text: str, measured: float, bound: float, unit: str = "") -> Check:
    """A check that a figure does not exceed a bound."""
    return Check(text, measured <= bound, f"{format_figure(measured)}{unit} of at most {format_figure(bound)}{unit}")


def at_least(text: str, measured: float, bound: float, unit: str = "") -> Check:
    """A check that a figure reaches a bound."""
    return Check(text, measured >= bound, f"{format_figure(measured)}{unit} of at least {format_figure(bound)}{unit}")


def percent(part: float, total: float, of_nothing: float = 0.0) -> float:
    """`part` in percent of `total`; `of_nothing` when the total is zero."""
    return 100 * part / total if total else of_nothing


def render(result: DrillResult) -> str:
    """The result as a table."""
    width = max(map(len, result.figures), default=0)
    rows = [result.drill, *(f"  {label:<{width}}  {format_figure(value)}" for label, value in result.figures.items())]
    checks = [
        f"  {'passed' if check.has_passed else 'FAILED'}  {check.text}: {check.measured}" for check in result.checks
    ]
    return "\n".join([*rows, "", *checks])


def format_figure(value: object) -> str:
    """A number with at most three decimals and thousands separators; any other value as text."""
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
