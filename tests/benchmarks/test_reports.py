"""How results look."""

import pytest

from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.reports import filled, markdown, rendered
from benchmarks.results import Contest, Figure, Found, Run

FOUND = Found(
    purpose="a list",
    contestants={
        "dexter": Contest(
            cpu_ms=Figure.of([0.5, 0.25, 1.0]), requests=8, calls={"event": 50.0, "issues": 1.0}, answer_bytes=54053
        ),
        "plain": Contest(
            cpu_ms=Figure.of([9.0, 10.0, 1200.0]),
            requests=8,
            calls={},
            answer_bytes=54053,
            last_answer_ms=Figure.of([61.0]),
        ),
    },
    ratios={"plain / dexter": Figure.of([18.0, 40.0, 1200.0])},
)


def test_terminal():
    """Each line stands under its heading, with the digits that mean something."""
    assert rendered("list", FOUND).splitlines() == [
        "list: a list",
        "                               median        least         most               calls  answer, bytes",
        "  dexter                        0.500        0.250         1.00  50 event, 1 issues         54,053",
        "  plain                         10.00         9.00        1,200                none         54,053",
        "  plain: last answer, ms        61.00        61.00        61.00",
        "  plain / dexter          40.00 times  18.00 times  1,200 times",
    ]


def test_markdown():
    """The same figures as a table, which says where they are from."""
    run = Run(python="3.11.7", machine="Linux x86_64", rounds=3, workloads={"list": FOUND})

    assert markdown(run).splitlines() == [
        "| workload |  | median | least | most | calls | answer, bytes |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
        "| `list` | dexter | 0.500 | 0.250 | 1.00 | 50 event, 1 issues | 54,053 |",
        "|  | plain | 10.00 | 9.00 | 1,200 | none | 54,053 |",
        "|  | plain: last answer, ms | 61.00 | 61.00 | 61.00 |  |  |",
        "|  | plain / dexter | 40.00 times | 18.00 times | 1,200 times |  |  |",
        "",
        "CPU ms per request; Python 3.11.7, Linux x86_64, 3 rounds.",
    ]


def test_results_take_the_place_of_earlier_ones():
    """A document is filled as often as somebody measures, and the rest of it stays."""
    document = "before\n<!-- results -->\n<!-- end of results -->\nafter\n"

    once = filled(document, "| one |")

    assert once == "before\n<!-- results -->\n\n| one |\n\n<!-- end of results -->\nafter\n"
    assert filled(once, "| two |") == once.replace("one", "two")


def test_a_document_without_a_place_for_results():
    """Nothing is written where nobody would look for it."""
    with pytest.raises(BenchmarkError, match="no place for results"):
        filled("before\n", "| one |")


def test_the_document_has_a_place_for_results():
    """The command that fills it finds it."""
    text = (ROOT / "docs" / "benchmarks.md").read_text()

    assert "| one |" in filled(text, "| one |")
