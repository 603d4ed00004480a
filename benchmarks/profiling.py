"""Profiles of a server during a workload."""

import pstats

from benchmarks.answers import LANES
from benchmarks.child import ControlRequest
from benchmarks.measuring import WARM_UP, open_site
from benchmarks.processes import BenchmarkError
from benchmarks.workloads import Workload

LINES = 40


async def profile(workload: Workload, server: str, file: str, *, cpu_s: float) -> int:
    """Write a profile of the server's process to a file; returns the number of profiled requests.

    They take about `cpu_s` of CPU time without the overhead of cProfile.
    """
    contestant = next((entry for entry in workload.contestants if server in {entry.label, entry.server}), None)
    if contestant is None:
        labels = ", ".join(f"'{entry.label}'" for entry in workload.contestants)
        raise BenchmarkError(f"'{server}' is not part of '{workload.name}', which has {labels}")
    async with open_site(LANES) as site:
        await site.ask(workload, contestant, WARM_UP)
        sample = await site.ask(workload, contestant, WARM_UP)
        times = max(1, round(cpu_s * 1000 / sample.cpu_ms * WARM_UP / sample.requests))
        process = await site.server(workload, contestant.server)
        await process.ask(ControlRequest(is_profiling=True))
        sample = await site.ask(workload, contestant, times)
        await process.ask(ControlRequest(profile=file))
    return sample.requests


def print_profile(file: str) -> None:
    """Print the functions with the most time of their own."""
    pstats.Stats(file).sort_stats("tottime").print_stats(LINES)
