"""Results as tables: for a terminal and in Markdown."""

from collections.abc import Iterator

from benchmarks.processes import BenchmarkError
from benchmarks.results import Contest, Figure, Found, Run

Row = tuple[str, ...]
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD: Row = ("", "median", "least", "most", "calls", "answer, bytes")


def rendered(name: str, found: Found) -> str:
    """A workload for people at a terminal: processor time in ms, ratios as times, and what else was looked at."""
    rows = [HEAD, *_rows(found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([f"  {first.strip().ljust(widths[0])}", *others]).rstrip())
    return "\n".join([f"{name}: {found.purpose}", *lines, ""])


def markdown(run: Run) -> str:
    """A run as a table for a document, and where it was measured."""
    rows = [("workload", *HEAD), ("---", "---", "---:", "---:", "---:", "---", "---:")]
    for name, found in run.workloads.items():
        rows += [(f"`{name}`" if place == 0 else "", *row) for place, row in enumerate(_rows(found))]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*table, "", f"CPU ms per request; Python {run.python}, {run.machine}, {run.rounds} rounds."])


def filled(document: str, table: str) -> str:
    """A document with the table in its place for results, in the place of an earlier one."""
    before, mark, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise BenchmarkError(f"the document has no place for results: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _rows(found: Found) -> Iterator[Row]:
    for label, contest in found.contestants.items():
        yield (label, *_figure(contest.cpu_ms), _calls(contest), f"{contest.answer_bytes:,}")
    for label, contest in found.contestants.items():
        if contest.last_answer_ms is not None:
            yield (f"{label}: last answer, ms", *_figure(contest.last_answer_ms), "", "")
    for name, ratio in found.ratios.items():
        yield (name, *_figure(ratio, " times"), "", "")


def _figure(figure: Figure, unit: str = "") -> tuple[str, str, str]:
    median, least, most = (f"{_number(value)}{unit}" for value in (figure.median, figure.least, figure.most))
    return median, least, most


def _number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004  # digits


def _calls(contest: Contest) -> str:
    return ", ".join(f"{count:g} {route}" for route, count in contest.calls.items()) or "none"
