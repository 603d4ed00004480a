"""A process that is killed while it writes webhooks to its journal."""

import asyncio
import sys

from dexter_graphql.realtime.webhooks.journal import Journal
from dexter_graphql.sentry.redis.encryption import Cipher

KEY = b"key of both processes"
SCRIPT = """
import asyncio, sys
from pathlib import Path
from dexter_graphql.realtime.brokers.base import Report
from dexter_graphql.realtime.webhooks.journal import Journal
from dexter_graphql.sentry.redis.encryption import Cipher
from support.realtime import make_change

async def append(journal, number):
    await journal.append(Report(make_change(str(number), object=b"x" * 3000), b"hash"))
    print(number, flush=True)

async def write():
    journal = Journal(Path(sys.argv[1]), Cipher(sys.argv[2].encode()), 64 * 2**20)
    writing = asyncio.ensure_future(journal.write())
    number = 0
    while True:
        await asyncio.gather(*(append(journal, number + more) for more in range(8)))
        number += 8

asyncio.run(write())
"""


async def test_answered_webhooks_survive_sigkill(tmp_path):
    """Whatever was written when it was killed: every webhook that was answered is in the journal, in order."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, str(tmp_path), KEY.decode()),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    answered = [int(await process.stdout.readline()) for _ in range(100)]
    process.kill()
    answered += map(int, (await process.stdout.read()).split())
    await process.wait()

    journal, subjects = Journal(tmp_path, Cipher(KEY), 2**20), []
    while journal.has_entries:
        batch = await journal.next_batch(64)
        subjects += [int(report.change.subject) for report in batch.reports]
        await journal.take(batch)
    await journal.close()

    assert subjects == list(range(len(subjects)))
    assert set(answered) <= set(subjects)
    assert list(tmp_path.iterdir()) == []
