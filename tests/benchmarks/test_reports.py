"""Tables of results."""

import pytest

from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.reports import fill_results, render_markdown, render_table
from benchmarks.results import BenchmarkRun, ContestantResult, Figure, MemoryResult, WorkloadResult

RESULT = WorkloadResult(
    purpose="a list",
    contestants={
        "dexter": ContestantResult(
            cpu_ms=Figure.of([0.5, 0.25, 1.0]),
            requests=8,
            calls={"a": 1.0, "event": 50.0},
            answer_bytes=54053,
            memory=MemoryResult(start_mib=90.4, peak_mib=116.5, after_mib=100.0),
        ),
        "plain": ContestantResult(
            cpu_ms=Figure.of([9.0, 10.0, 1200.0]),
            requests=8,
            calls={},
            answer_bytes=54053,
            memory=MemoryResult(start_mib=54.0, peak_mib=58.0, after_mib=57.0),
            last_answer_ms=Figure.of([61.0]),
        ),
    },
    ratios={"plain / dexter": Figure.of([18.0, 40.0, 1200.0])},
)


def test_table_for_the_terminal():
    """Cells are aligned with their headings and have three significant digits."""
    assert render_table("list", RESULT).splitlines() == [
        "list: a list",
        "                               median        least         most          calls  answer, bytes   memory, MiB",
        "  dexter                        0.500        0.250         1.00  1 a, 50 event         54,053  90, 116, 100",
        "  plain                         10.00         9.00        1,200           none         54,053    54, 58, 57",
        "  plain: last answer, ms        61.00        61.00        61.00",
        "  plain / dexter          40.00 times  18.00 times  1,200 times",
    ]


def test_markdown():
    """The same figures as a Markdown table with a line about the environment."""
    run = BenchmarkRun(python="3.11.7", machine="Linux x86_64", rounds=3, workloads={"list": RESULT})

    assert render_markdown(run).splitlines() == [
        "| workload |  | median | least | most | calls | answer, bytes | memory, MiB |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: | --- |",
        "| `list` | dexter | 0.500 | 0.250 | 1.00 | 1 a, 50 event | 54,053 | 90, 116, 100 |",
        "|  | plain | 10.00 | 9.00 | 1,200 | none | 54,053 | 54, 58, 57 |",
        "|  | plain: last answer, ms | 61.00 | 61.00 | 61.00 |  |  |  |",
        "|  | plain / dexter | 40.00 times | 18.00 times | 1,200 times |  |  |  |",
        "",
        "Memory: at the start, at most, and after the workload.",
        "CPU ms per request; Python 3.11.7, Linux x86_64, 3 rounds.",
    ]


def test_results_replace_earlier_ones():
    """Filling replaces an earlier table and leaves the rest of the document unchanged."""
    document = "before\n<!-- results -->\n<!-- end of results -->\nafter\n"

    once = fill_results(document, "| one |")

    assert once == "before\n<!-- results -->\n\n| one |\n\n<!-- end of results -->\nafter\n"
    assert fill_results(once, "| two |") == once.replace("one", "two")


def test_document_without_markers():
    """A document without markers is an error."""
    with pytest.raises(BenchmarkError, match="lacks the markers"):
        fill_results("before\n", "| one |")


def test_benchmark_document_has_markers():
    """The benchmark document has the markers."""
    text = (ROOT / "docs" / "benchmarks.md").read_text()

    assert "| one |" in fill_results(text, "| one |")
