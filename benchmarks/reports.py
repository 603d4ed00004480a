"""Tables of results for the terminal and in Markdown."""

from collections.abc import Iterator

from benchmarks.processes import BenchmarkError
from benchmarks.results import BenchmarkRun, ContestantResult, Figure, MemoryResult, WorkloadResult

Row = tuple[str, ...]
HEAD: Row = ("", "median", "least", "most", "calls", "answer, bytes", "memory, MiB")
MEMORY_NOTE = "Memory: at the start, at most, and after the workload."


def render_table(name: str, result: WorkloadResult) -> str:
    """A workload as a table for the terminal: CPU time in ms, ratios, calls and size of the answer."""
    rows = [HEAD, *_rows(result)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([f"  {first.strip().ljust(widths[0])}", *others]).rstrip())
    return "\n".join([f"{name}: {result.purpose}", *lines, ""])


def render_markdown(run: BenchmarkRun) -> str:
    """A run as a Markdown table, with Python version, machine and rounds."""
    rows = [("workload", *HEAD), ("---", "---", "---:", "---:", "---:", "---", "---:", "---")]
    for name, result in run.workloads.items():
        rows += [(f"`{name}`" if number == 0 else "", *row) for number, row in enumerate(_rows(result))]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(
        [*table, "", MEMORY_NOTE, f"CPU ms per request; Python {run.python}, {run.machine}, {run.rounds} rounds."]
    )


def fill_results(document: str, table: str, name: str = "results") -> str:
    """A document with the table between its markers of that name, replacing an earlier one."""
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, mark, rest = document.partition(first)
    _, end, after = rest.partition(last)
    if not mark or not end:
        raise BenchmarkError(f"the document lacks the markers {first} and {last}")
    return f"{before}{first}\n\n{table}\n\n{last}{after}"


def _rows(result: WorkloadResult) -> Iterator[Row]:
    for label, contestant in result.contestants.items():
        size, memory = f"{contestant.answer_bytes:,}", _memory(contestant.memory)
        yield (label, *_figure(contestant.cpu_ms), _calls(contestant), size, memory)
    for label, contestant in result.contestants.items():
        if contestant.last_answer_ms is not None:
            yield (f"{label}: last answer, ms", *_figure(contestant.last_answer_ms), "", "", "")
    for name, ratio in result.ratios.items():
        yield (name, *_figure(ratio, " times"), "", "", "")


def _figure(figure: Figure, unit: str = "") -> tuple[str, str, str]:
    median, least, most = (f"{_number(value)}{unit}" for value in (figure.median, figure.least, figure.most))
    return median, least, most


def _memory(memory: MemoryResult) -> str:
    return f"{memory.start_mib:.0f}, {memory.peak_mib:.0f}, {memory.after_mib:.0f}"


def _number(value: float) -> str:
    """A number with three significant digits."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004  # digits


def _calls(contestant: ContestantResult) -> str:
    return ", ".join(f"{count:g} {route}" for route, count in contestant.calls.items()) or "none"
