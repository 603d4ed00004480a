"""Tells where a server's processor time goes while it answers a workload."""

import pstats

from benchmarks.answers import LANES
from benchmarks.child import Question
from benchmarks.measuring import WARM_UP, opened
from benchmarks.processes import BenchmarkError
from benchmarks.workloads import Workload

LINES = 40


async def profile(workload: Workload, server: str, file: str, *, cpu_s: float) -> int:
    """Write what cProfile sees in the server's process to a file; the number of requests that it saw.

    They take about `cpu_s`, and more under the eyes of cProfile.
    """
    contestant = next((one for one in workload.contestants if server in {one.label, one.server}), None)
    if contestant is None:
        labels = ", ".join(f"'{one.label}'" for one in workload.contestants)
        raise BenchmarkError(f"'{server}' takes no part in '{workload.name}'; these do: {labels}")
    async with opened(LANES) as site:
        await site.ask(workload, contestant, WARM_UP)
        sample = await site.ask(workload, contestant, WARM_UP)
        times = max(1, round(cpu_s * 1000 / sample.cpu_ms / (workload.burst or site.clients)))
        process = await site.server(workload, contestant.server)
        await process.ask(Question(is_profiling=True))
        sample = await site.ask(workload, contestant, times)
        await process.ask(Question(profile=file))
    return sample.requests


def show(file: str) -> None:
    """Print the functions that took most of the time themselves."""
    pstats.Stats(file).sort_stats("tottime").print_stats(LINES)
