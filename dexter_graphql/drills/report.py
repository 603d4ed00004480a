"""Knows what a drill found, which promises it kept, and how that looks in a terminal. Runs nothing."""

from dataclasses import dataclass, field
from typing import Any

Figures = dict[str, Any]
"""Numbers and words by the name under which they are shown."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One sentence that must hold, whether it does, and the figure that says so."""

    text: str
    is_kept: bool
    measured: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of a drill found."""

    drill: str
    figures: Figures
    promises: list[Promise] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether all promises are."""
        return all(promise.is_kept for promise in self.promises)


def at_most(text: str, measured: float, bound: float, unit: str = "") -> Promise:
    """A promise that a figure stays within a bound."""
    return Promise(text, measured <= bound, f"{number(measured)}{unit} of at most {number(bound)}{unit}")


def at_least(text: str, measured: float, bound: float, unit: str = "") -> Promise:
    """A promise that a figure reaches a bound."""
    return Promise(text, measured >= bound, f"{number(measured)}{unit} of at least {number(bound)}{unit}")


def percent(part: float, whole: float, of_nothing: float = 0.0) -> float:
    """Part of the whole in percent."""
    return 100 * part / whole if whole else of_nothing


def rendered(result: Result) -> str:
    """The result as a table."""
    width = max(map(len, result.figures), default=0)
    lines = [result.drill, *(f"  {name:<{width}}  {number(value)}" for name, value in result.figures.items())]
    verdicts = [
        f"  {'kept  ' if promise.is_kept else 'BROKEN'}  {promise.text}: {promise.measured}"
        for promise in result.promises
    ]
    return "\n".join([*lines, "", *verdicts])


def number(value: object) -> str:
    """A figure with as many digits as mean something."""
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
