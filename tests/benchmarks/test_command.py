"""The short benchmark as a command: ratios of CPU time and numbers of upstream calls."""

import asyncio
import os
import pstats
import sys

import msgspec

from benchmarks.processes import ROOT
from benchmarks.results import BenchmarkRun

CALLS = {
    "typename": {},
    "list": {"issues": 1},
    "n+1": {"issues": 1, "discover": 2, "projects": 1},
    "n+1-each": {"issues": 1, "event": 50, "project": 8},
    "page": {"issue": 1, "event": 1},
    "failing": {"issues": 1, "discover": 3, "event": 20},
    "burst": {"issues": 1},
    "warm": {},
    "distinct": {"issues": 1},
    "filling": {"issues": 1},
}
"""Upstream calls per request by workload and route; in `burst`, of all requests together."""


async def run_benchmark(*arguments):
    """Exit code and output of `python -m benchmarks`."""
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
    """No ratio is a quarter below its reference, and both engines make exactly the expected calls."""
    results = tmp_path / "results.json"

    code, printed = await run_benchmark("--short", "--check", "--json", str(results))

    assert code == 0, printed
    run = msgspec.json.decode(results.read_bytes(), type=BenchmarkRun)
    calls_by_workload = {
        name: [contestant.calls for label, contestant in result.contestants.items() if label.startswith("dexter")]
        for name, result in run.workloads.items()
    }
    assert calls_by_workload == {name: [calls] * len(calls_by_workload[name]) for name, calls in CALLS.items()}


async def test_profile(tmp_path):
    """The profile contains the server's functions, and the command prints them."""
    profile = tmp_path / "server.prof"

    code, printed = await run_benchmark(
        "--short", "--workload", "typename", "--server", "plain", "--profile", str(profile)
    )

    assert code == 0, printed
    functions = {name for _, _, name in pstats.Stats(str(profile)).stats}
    assert {"execute_operation", "get_context"} <= functions
    assert f"requests of 'typename' on 'plain': {profile}" in printed


async def test_profile_of_a_server_that_is_not_part_of_the_workload(tmp_path):
    """The error lists the servers of the workload."""
    code, printed = await run_benchmark("--workload", "warm", "--server", "plain", "--profile", str(tmp_path / "none"))

    assert (code, printed) == (1, "Error: 'plain' is not part of 'warm', which has 'dexter', 'static'\n")


async def test_transport_benchmark_starts():
    """The benchmark of one call declares a valid endpoint and prints its options."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.transport", "--help"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()

    assert process.returncode == 0
    assert "--serve" in printed.decode()
