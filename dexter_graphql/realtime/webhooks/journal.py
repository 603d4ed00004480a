"""Journal of verified webhooks on the local disk, for the time in which the broker cannot be reached.

Webhooks that wait at the same time are written together and wait for one fsync. The journal is bounded; what it holds
survives the process, and is taken out in order when the broker is back. No two processes have the same file.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

import msgspec

from dexter_graphql.errors import DexterError, SettingsError
from dexter_graphql.realtime.brokers.base import Report
from dexter_graphql.realtime.changes import Change
from dexter_graphql.realtime.webhooks.journal_file import SUFFIX, JournalFile
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Sample

if TYPE_CHECKING:
    # cryptography takes memory, and most servers have no journal.
    from dexter_graphql.sentry.redis.encryption import Cipher

BATCH_BYTES = 1024 * 1024
"""Bound of what is taken out at a time."""
PRIVATE_FOLDER = 0o700
P = ParamSpec("P")
T = TypeVar("T")


class JournalFull(DexterError):
    """A webhook does not fit into the journal, or the disk does not take it."""


class JournalEntry(msgspec.Struct, frozen=True, array_like=True):
    """A report on the disk."""

    change: Change
    body_hash: bytes | None


class WaitingEntry(NamedTuple):
    """An encoded entry that is to be written, and what is resolved when it is on the disk."""

    content: bytes
    is_written: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """Reports at the beginning of the journal, their file, and the offset after them."""

    reports: tuple[Report, ...]
    file: JournalFile
    end: int


class Journal:
    """The files of this process: one that it writes, and those of ended processes, which it only takes out."""

    def __init__(self, folder: Path, cipher: "Cipher", max_bytes: int) -> None:
        self._folder = folder
        self._cipher = cipher
        self._max_bytes = max_bytes
        self._adopted: list[JournalFile] = []
        self._damaged: set[Path] = set()
        self._ignored: set[Path] = set()
        self._waiting: list[WaitingEntry] = []
        self._waiting_bytes = 0
        self._has_waiting = asyncio.Event()
        self._has_entries = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "journal")
        self._counts = dict.fromkeys(("written", "taken", "damaged", "refused"), 0)
        self._log = get_log("dexter.webhooks")
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._own = JournalFile.create(folder, cipher)
        except OSError as error:
            raise SettingsError(f"DEXTER_JOURNAL: cannot write to {folder} ({error.strerror})") from None
        self._adopt()

    def __repr__(self) -> str:
        return f"<Journal {self._own!r}, {len(self._adopted)} files of other processes>"

    @property
    def has_entries(self) -> bool:
        """True while reports were not taken out. Later ones follow them into the journal, so that the order stays."""
        return self._waiting_bytes > 0 or any(not file.is_empty for file in self._files())

    async def append(self, report: Report) -> None:
        """Return when the report is on the disk; raises JournalFull when it cannot be."""
        content = msgspec.msgpack.encode(JournalEntry(report.change, report.body_hash))
        if self._own.size + self._waiting_bytes + len(content) > self._max_bytes:
            self._counts["refused"] += 1
            raise JournalFull("the journal is full (DEXTER_JOURNAL_MIB)")
        waiting = WaitingEntry(content, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._waiting_bytes += len(content)
        self._has_waiting.set()
        await waiting.is_written

    async def write(self) -> None:
        """Write the reports that are appended, as long as the server runs."""
        while True:
            await self._has_waiting.wait()
            self._has_waiting.clear()
            await self._write_waiting()

    async def next_batch(self, max_records: int) -> JournalBatch:
        """The reports at the beginning of the journal; waits while it is empty."""
        while True:
            file = next((file for file in self._files() if not file.is_empty), None)
            if file is not None:
                return await self._in_thread(self._read, file, max_records)
            self._has_entries.clear()
            await self._has_entries.wait()

    async def take(self, batch: JournalBatch) -> None:
        """Take a batch out of the journal, after all of its reports were published."""
        await self._in_thread(self._take, batch)

    async def adopt(self) -> None:
        """Take over the files of processes that have ended since."""
        await self._in_thread(self._adopt)
        self._has_entries.set()

    async def close(self) -> None:
        """Close the files. An empty one is removed, the others are taken out after the next start."""
        await self._in_thread(self._close)
        self._thread.shutdown()

    def collect(self) -> Iterator[Sample]:
        """The metrics of the journal."""
        size = sum(file.size - file.taken for file in self._files())
        yield Sample("dexter_journal_bytes", "Webhooks in the journal, in bytes.", size)
        for outcome, count in self._counts.items():
            yield Sample("dexter_journal_entries_total", "Webhooks in the journal.", count, (("outcome", outcome),))

    def _files(self) -> Iterator[JournalFile]:
        """All files; those of ended processes first, whose entries are older."""
        yield from self._adopted
        yield self._own

    async def _write_waiting(self) -> None:
        group, self._waiting = self._waiting, []
        contents = [waiting.content for waiting in group]
        error: BaseException | None = None
        try:
            await self._in_thread(self._own.append, contents)
        except OSError as failure:
            self._log.error("journal cannot be written", reason=failure.strerror)
            error = JournalFull("the journal cannot be written (DEXTER_JOURNAL)")
        finally:
            self._waiting_bytes -= sum(map(len, contents))
        self._counts["written" if error is None else "refused"] += len(group)
        self._has_entries.set()
        for waiting in group:
            if not waiting.is_written.done():
                waiting.is_written.set_exception(error) if error else waiting.is_written.set_result(None)

    def _read(self, file: JournalFile, max_records: int) -> JournalBatch:
        batch = file.read(max_records, BATCH_BYTES)
        entries = [_decode_entry(content) for content in batch.contents]
        damaged = batch.damaged + entries.count(None)
        if damaged:
            self._counts["damaged"] += damaged
            self._damaged.add(file.path)
        return JournalBatch(tuple(Report(entry.change, entry.body_hash) for entry in entries if entry), file, batch.end)

    def _take(self, batch: JournalBatch) -> None:
        self._counts["taken"] += len(batch.reports)
        batch.file.take(batch.end)
        if batch.file.is_empty and batch.file is not self._own:
            self._drop(batch.file)

    def _adopt(self) -> None:
        known = {file.path for file in self._files()}
        opened = [self._open(path) for path in self._folder.glob(f"*{SUFFIX}") if path not in known]
        for file in sorted((file for file in opened if file is not None), key=lambda file: file.written_at):
            if file.is_empty:
                file.remove()
            else:
                # The list is replaced, because the event loop may iterate over it.
                self._adopted = [*self._adopted, file]
                self._log.info("journal of an ended process is taken over", bytes=file.size - file.taken)

    def _open(self, path: Path) -> JournalFile | None:
        """A file of an ended process; one that cannot be used stays where it is and is reported once."""
        try:
            return JournalFile.adopt(path, self._cipher)
        except (OSError, ValueError) as error:
            if path not in self._ignored:
                self._ignored.add(path)
                self._log.warning("file of the journal cannot be used", file=path.name, reason=str(error))
            return None

    def _drop(self, file: JournalFile) -> None:
        """Remove a file of which everything was taken out, or keep it when a part of it could not be read."""
        self._adopted = [other for other in self._adopted if other is not file]
        if file.path in self._damaged:
            self._damaged.remove(file.path)
            self._log.error("a part of the journal cannot be read; it is kept", file=file.put_aside().name)
        else:
            file.remove()

    def _close(self) -> None:
        for file in self._files():
            file.remove() if file.is_empty else file.close()

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what blocks in the thread of the journal, one call after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: call(*args, **kwargs))


def _decode_entry(content: bytes) -> JournalEntry | None:
    """The entry in a record; None for one that another version wrote."""
    try:
        return msgspec.msgpack.decode(content, type=JournalEntry)
    except msgspec.DecodeError:
        return None
