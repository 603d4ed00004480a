"""Measurements of live streams: how they judge deliveries, and short runs of the same code."""

import asyncio

import pytest
from click.testing import CliRunner

from benchmarks.live.__main__ import main
from benchmarks.live.deliveries import DeliveryOptions, measure_deliveries
from benchmarks.live.fan_out import FanOutOptions, measure_fan_out
from benchmarks.live.judging import judge
from benchmarks.live.results import BARE, LiveRun, read_results, render_live, write_results
from benchmarks.live.values import percentile
from benchmarks.processes import ROOT
from benchmarks.reports import fill_results

MESSAGE = """{"id":"1","type":"next","payload":
  {"data":{"issueChanged":{"position":"x","change":{"issue":{"sentryId":"SENTRY_ID"}}}}}}"""
SENT = {"1": "200", "2": "200", "3": "refused", "4": "failed"}


def items(*issues):
    return [(f"position {number}", issue) for number, issue in enumerate(issues)]


@pytest.mark.parametrize(
    ("readers", "faults"),
    [
        ([("1", "2"), ("1", "2")], {}),
        ([("0", "1", "2", "9"), ("1", "2")], {}),
        ([("1", "2", "3", "4"), ("1", "2", "3", "4")], {"recovered": 1, "unanswered_delivered": 1}),
        ([("1", "2"), ("1",)], {"lost": 1, "differing": 1}),
        ([("1", "2"), ("2", "1")], {"differing": 1}),
        ([("1", "2"), ("1", "2", "2")], {"duplicates": 1, "differing": 1}),
    ],
    ids=["all", "others", "more", "lost", "order", "twice"],
)
def test_deliveries_are_judged(readers, faults):
    """Losses, repetitions and another order count per subscriber; items of other issues do not count."""
    judgement = judge(SENT, [items(*issues) for issues in readers])

    expected = dict.fromkeys(("recovered", "unanswered_delivered", "lost", "duplicates", "differing"), 0) | faults
    assert {name: getattr(judgement, name) for name in expected} == expected
    assert (judgement.accepted, judgement.refused, judgement.unanswered) == (2, 1, 1)
    assert judgement.is_exactly_once is not (faults.keys() & {"lost", "duplicates", "differing"} != set())


def test_repeated_position_is_a_duplicate():
    """Two items with one position count as a duplicate, whatever their issues."""
    assert judge(SENT, [[("p", "1"), ("p", "2")]]).duplicates == 1


def test_percentiles():
    """A percentile is one of the values; none of no values."""
    assert [percentile([3, 1, 2, 4], percent) for percent in (0, 25, 50, 99, 100)] == [1, 1, 2, 4, 4]
    assert percentile([], 50) == 0.0


async def test_deliveries_while_servers_and_redis_are_killed():
    """Each webhook that was answered 200 arrives once, in one order, at subscribers of both servers."""
    result = await measure_deliveries(
        DeliveryOptions(webhooks=400, per_second=200.0, subscribers=4, lanes=8, recovery_s=0.0)
    )

    judgement = result.judgement
    assert (judgement.lost, judgement.duplicates, judgement.differing, result.gaps) == (0, 0, 0, 0)
    assert (judgement.subscribers, result.errors, result.logged) == (4, [], [])
    assert judgement.accepted > 200
    assert judgement.accepted + judgement.refused + judgement.unanswered == 400


async def test_fan_out_to_some_subscribers(tmp_path):
    """Every subscriber gets every item, by Dexter and by bare uvicorn, and the figures make a table."""
    options = FanOutOptions(subscribers=30, rates=(20.0,), step_s=0.2)
    result, bare = await asyncio.gather(
        measure_fan_out(options, "documents"), measure_fan_out(options, "same", MESSAGE)
    )
    write_results(tmp_path / "live.json", LiveRun(fan_out={"documents": result, BARE: bare}))

    assert [[rate.delivered for rate in each.rates] for each in (result, bare)] == [[120], [120]]
    table = render_live(read_results(tmp_path / "live.json"))
    assert [line.split(" | ")[0] for line in table.splitlines()[2:4]] == [
        "| 30, 200 documents",
        "| 30, bare uvicorn",
    ]


def test_benchmark_document_has_the_mark():
    """The benchmark document has the markers of the live results."""
    assert "| one |" in fill_results((ROOT / "docs" / "benchmarks.md").read_text(), "| one |", "live results")


def test_commands_are_listed():
    """The command lists its measurements."""
    printed = CliRunner().invoke(main, ["--help"]).output

    assert all(name in printed for name in ("deliveries", "subscribers", "render"))
