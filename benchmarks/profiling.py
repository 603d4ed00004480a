"""Tells where a server's processor time goes while it answers a workload."""

import pstats

from benchmarks.measuring import WARM_UP, opened
from benchmarks.processes import BenchmarkError
from benchmarks.workloads import Workload

CPU_MS = 3000.0
"""How long the profile takes, roughly, before it slows the server down."""
LINES = 40


async def profile(workload: Workload, server: str, file: str) -> int:
    """Write what cProfile saw in the server's process to a file; the number of requests that it saw."""
    contestant = next((one for one in workload.contestants if server in {one.label, one.server}), None)
    if contestant is None:
        labels = ", ".join(f"'{one.label}'" for one in workload.contestants)
        raise BenchmarkError(f"'{server}' takes no part in '{workload.name}'; these do: {labels}")
    async with opened() as site:
        await site.ask(workload, contestant, WARM_UP)
        sample = await site.ask(workload, contestant, WARM_UP)
        times = max(1, round(CPU_MS / sample.cpu_ms / workload.clients))
        process = await site.server(workload, contestant.server)
        await process.ask(is_profiling=True)
        sample = await site.ask(workload, contestant, times)
        await process.ask(profile=file)
    return sample.requests


def show(file: str) -> None:
    """Print the functions that took most of the time themselves."""
    pstats.Stats(file).sort_stats("tottime").print_stats(LINES)
