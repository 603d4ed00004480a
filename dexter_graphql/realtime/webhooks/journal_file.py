"""One file of the journal: encrypted records one after the other, and up to where they were taken out.

A record begins with a marker, and is authenticated together with its number and the id of the file. So damage costs the
records that it touches, a file that ends in the middle of a record has all records before it, and records of another
file or key are not read. The methods block: call them in a thread.
"""

import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    # cryptography takes memory, and most servers have no journal.
    from dexter_graphql.sentry.redis.encryption import Cipher

SUFFIX = ".journal"
DAMAGED_SUFFIX = ".damaged"
"""Suffix of files that were not read completely; they are kept, and never opened again."""
PRIVATE = 0o600
MAGIC = b"DXJOURN1"
ID_BYTES = 16
HEADER = struct.Struct(f">8s{ID_BYTES}s20sQQ")
"""Magic, id of the file, what tells its key, and twice the offset up to which its records were taken out."""
TAKEN = struct.Struct(">QQ")
TAKEN_OFFSET = HEADER.size - TAKEN.size
MARKER = b"\xdeDXR"
RECORD = struct.Struct(">4sQI")
"""Marker, number of the record, and length of its encrypted content."""
MAX_RECORD_BYTES = 2 * 1024 * 1024
"""More than the largest record: that of a webhook of 1 MiB."""


class Batch(NamedTuple):
    """Contents of some records, the offset after them, and the number of damaged places before that."""

    contents: tuple[bytes, ...]
    end: int
    damaged: int


class JournalFile:
    """A file that this process alone has open: it holds a lock on it, which ends with the process."""

    def __init__(self, path: Path, descriptor: int, file_id: bytes, taken: int, cipher: "Cipher") -> None:
        self.path = path
        self.taken = taken
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        self._id = file_id.hex()
        self._cipher = cipher
        self._next_number = 0

    def __repr__(self) -> str:
        return f"<JournalFile {self.path.name}, {self.size - self.taken} bytes>"

    @classmethod
    def create(cls, folder: Path, cipher: "Cipher") -> Self:
        """A new file with a name of its own. Raises OSError."""
        file_id = os.urandom(ID_BYTES)
        path = folder / f"{file_id.hex()}{SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, PRIVATE)
        try:
            _lock(descriptor)
            _write(descriptor, HEADER.pack(MAGIC, file_id, _key_mark(file_id, cipher), HEADER.size, HEADER.size), 0)
            os.fsync(descriptor)
            _sync_folder(folder)
            return cls(path, descriptor, file_id, HEADER.size, cipher)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def adopt(cls, path: Path, cipher: "Cipher") -> Self | None:
        """The file of a process that has ended; None while the process runs.

        Raises OSError, and ValueError for what is no file of a journal of this key.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if _is_locked(path, descriptor):
                os.close(descriptor)
                return None
            file_id, taken = _read_header(descriptor, cipher)
            file = cls(path, descriptor, file_id, taken, cipher)
        except BaseException:
            os.close(descriptor)
            raise
        if not HEADER.size <= taken <= file.size:
            file.taken = HEADER.size
        return file

    @property
    def written_at(self) -> float:
        """When the file was written last, in seconds since the epoch."""
        return os.fstat(self._descriptor).st_mtime

    @property
    def is_empty(self) -> bool:
        """True when all records were taken out."""
        return self.taken >= self.size

    def append(self, contents: Iterable[bytes]) -> None:
        """Write records and wait until they are on the disk. Raises OSError; the file is then as before."""
        first, records = self._next_number, [self._encrypt(content) for content in contents]
        try:
            _write(self._descriptor, b"".join(records), self.size)
            os.fsync(self._descriptor)
        except OSError:
            self._next_number = first
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += sum(map(len, records))

    def read(self, max_records: int, max_bytes: int) -> Batch:
        """The next records that were not taken out, at least one if there is one that can be read. Raises OSError."""
        contents: list[bytes] = []
        position, damaged = 0, 0
        window = os.pread(self._descriptor, max_bytes + MAX_RECORD_BYTES, self.taken)
        if not window:
            return Batch((), self.size, int(not self.is_empty))
        while position < min(len(window), max_bytes) and len(contents) < max_records:
            end = _end_of_record(window, position)
            content = None if end is None else self._decrypt(window[position:end])
            if end is not None and content is not None:
                contents.append(content)
                position = end
                continue
            following = window.find(MARKER, position + 1)
            # A process that ended while it wrote leaves a last record that is cut, and was never answered.
            damaged += following >= 0 or end is not None or not MARKER.startswith(window[position : position + 4])
            position = following if following >= 0 else len(window)
        return Batch(tuple(contents), self.taken + position, damaged)

    def take(self, end: int) -> None:
        """Remember that the records before an offset were taken out; an empty file shrinks. Raises OSError."""
        self.taken = end
        if self.is_empty:
            # Cut first: when the process ends in between, an offset beyond the end is read as that of an empty file.
            os.ftruncate(self._descriptor, HEADER.size)
            self.size = self.taken = HEADER.size
        _write(self._descriptor, TAKEN.pack(self.taken, self.taken), TAKEN_OFFSET)

    def remove(self) -> None:
        """Delete the file and close it."""
        with suppress(OSError):
            self.path.unlink()
        self.close()

    def put_aside(self) -> Path:
        """Keep the file under another name, where it is not opened again; return that name."""
        aside = self.path.with_suffix(DAMAGED_SUFFIX)
        with suppress(OSError):
            self.path.rename(aside)
        self.close()
        return aside

    def close(self) -> None:
        """Close the file, which ends the lock."""
        os.close(self._descriptor)

    def _encrypt(self, content: bytes) -> bytes:
        number = self._next_number
        self._next_number += 1
        encrypted = self._cipher.encrypt(self._name(number), content)
        return RECORD.pack(MARKER, number, len(encrypted)) + encrypted

    def _decrypt(self, record: bytes) -> bytes | None:
        _, number, _ = RECORD.unpack_from(record)
        return self._cipher.decrypt(self._name(number), record[RECORD.size :])

    def _name(self, number: int) -> str:
        return f"journal:{self._id}:{number}"


def _end_of_record(window: bytes, position: int) -> int | None:
    """The offset after the record at an offset; None when there is no complete one."""
    if len(window) - position < RECORD.size:
        return None
    marker, _, length = RECORD.unpack_from(window, position)
    end: int = position + RECORD.size + length
    return end if marker == MARKER and end <= len(window) else None


def _read_header(descriptor: int, cipher: "Cipher") -> tuple[bytes, int]:
    """Id of a file, and the offset up to which its records were taken out; raises ValueError when it has none."""
    header = os.pread(descriptor, HEADER.size, 0) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    if len(header) == HEADER.size:
        magic, file_id, mark, taken, taken_again = HEADER.unpack(header)
        if magic == MAGIC and mark == _key_mark(file_id, cipher):
            return file_id, taken if taken == taken_again else 0
    raise ValueError("not a journal of this server")


def _key_mark(file_id: bytes, cipher: "Cipher") -> bytes:
    """What differs for each key, and does not tell it."""
    return bytes.fromhex(cipher.key_name("journal", file_id.hex()).rpartition(":")[2])


def _is_locked(path: Path, descriptor: int) -> bool:
    """Lock a file for this process; True when another one has it, or had it and has removed it."""
    try:
        _lock(descriptor)
        return not os.path.samestat(path.lstat(), os.fstat(descriptor))
    except (BlockingIOError, FileNotFoundError):
        return True


def _lock(descriptor: int) -> None:
    """Lock a file for this process; raises OSError when another one has it."""
    import fcntl  # noqa: PLC0415  # not on Windows

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write(descriptor: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
