"""Dexter keys in a file, which may be a mounted secret that is replaced as a whole."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from dexter_graphql.server.identity.key_records import KeySet, KeyStoreError, decode_keys, encode_keys
from dexter_graphql.server.identity.key_store import KeyChange

MAX_FILE_BYTES = 16 * 1024 * 1024
PRIVATE = 0o600
Version = tuple[int, int, int, int]


class KeyFile:
    """Keys in a JSON file. The last uses are in a second file beside it, because the first may be read-only."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._uses_path = Path(f"{path}.used")
        self._version: Version | None = None

    def __repr__(self) -> str:
        return f"<KeyFile {self._path}>"

    async def read(self) -> KeySet | None:
        """Return the keys of the file when it has changed since the last read, even when that failed."""
        return await asyncio.to_thread(self._read)

    async def update(self, change: KeyChange) -> None:
        """Replace the file at once, so that a reader sees all of the change or nothing."""
        await asyncio.to_thread(self._update, change)

    async def read_last_uses(self) -> Mapping[str, datetime]:
        """Return the content of the second file; nothing when it cannot be read."""
        return await asyncio.to_thread(self._read_last_uses)

    async def record_last_uses(self, uses: Mapping[str, datetime]) -> None:
        """Merge last uses into the second file."""
        await asyncio.to_thread(self._record_last_uses, uses)

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    def _read(self) -> KeySet | None:
        with _reported(self._path):
            last_version, self._version = self._version, None
            version = _version_of(self._path)
            self._version = version
            return None if version == last_version else decode_keys(_content_of(self._path))

    def _update(self, change: KeyChange) -> None:
        with _reported(self._path), _locked(self._path):
            # A link is followed, so that the file that it names is replaced.
            target = self._path.resolve()
            keys = decode_keys(_content_of(target)) if target.exists() else KeySet()
            _replace(target, encode_keys(change(keys)))

    def _read_last_uses(self) -> dict[str, datetime]:
        try:
            return msgspec.json.decode(_content_of(self._uses_path), type=dict[str, datetime])
        except (OSError, msgspec.DecodeError, KeyStoreError):
            return {}

    def _record_last_uses(self, uses: Mapping[str, datetime]) -> None:
        with _reported(self._uses_path), _locked(self._uses_path):
            _replace(self._uses_path, msgspec.json.encode(self._read_last_uses() | dict(uses)))


def _version_of(path: Path) -> Version:
    """What changes with the file, also when a link leads to another one."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _content_of(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise KeyStoreError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    return content


def _replace(path: Path, content: bytes) -> None:
    """Replace a file at once; the new one is readable by its owner only."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), PRIVATE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Exclude other processes that change the file."""
    import fcntl  # noqa: PLC0415  # not on Windows

    descriptor = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Turn errors of the operating system into KeyStoreError."""
    try:
        yield
    except OSError as error:
        raise KeyStoreError(f"{path}: {error.strerror or 'cannot be used'}") from None
