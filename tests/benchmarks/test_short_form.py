"""The benchmark as the command that people run: processor time by ratios, calls by number."""

import asyncio
import os
import pstats
import sys

import msgspec

from benchmarks.processes import ROOT
from benchmarks.results import Run

CALLS = {
    "typename": {},
    "list": {"issues": 1},
    "n+1": {"issues": 1, "discover": 2, "projects": 1},
    "n+1-each": {"issues": 1, "event": 50, "project": 8},
    "page": {"issue": 1, "event": 1},
    "failing": {"issues": 1, "discover": 3, "event": 20},
    "burst": {"issues": 1},
    "warm": {},
}
"""Workload → calls of one request to Sentry, by route; in `burst`, of all requests together."""


async def ended(*arguments):
    """How `python -m benchmarks` ended, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks", *arguments),
        cwd=ROOT,
        # It runs nothing of the package in its own process, which the measuring of coverage would complain about.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_ratios_and_calls(tmp_path):
    """No ratio is a quarter below the committed one, and both engines make the calls that are due, and no more."""
    results = tmp_path / "results.json"

    code, printed = await ended("--short", "--check", "--json", str(results))

    assert code == 0, printed
    run = msgspec.json.decode(results.read_bytes(), type=Run)
    ours = {
        name: [contest.calls for label, contest in found.contestants.items() if label.startswith("dexter")]
        for name, found in run.workloads.items()
    }
    assert ours == {name: [calls] * len(ours[name]) for name, calls in CALLS.items()}


async def test_profile(tmp_path):
    """A profile holds what the server did while it answered, and the command shows it."""
    profile = tmp_path / "server.prof"

    code, printed = await ended("--short", "--workload", "typename", "--server", "plain", "--profile", str(profile))

    assert code == 0, printed
    functions = {name for _, _, name in pstats.Stats(str(profile)).stats}
    assert {"execute_operation", "get_context"} <= functions
    assert f"requests of 'typename' at 'plain': {profile}" in printed


async def test_profile_of_a_server_that_takes_no_part(tmp_path):
    """The refusal names those that do."""
    code, printed = await ended("--workload", "warm", "--server", "plain", "--profile", str(tmp_path / "none"))

    assert (code, printed) == (1, "Error: 'plain' takes no part in 'warm'; these do: 'dexter', 'static'\n")
