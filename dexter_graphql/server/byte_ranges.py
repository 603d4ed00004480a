"""Ranges of bytes: the `Range` header and what it means for a file of known size."""

import re
from dataclasses import dataclass

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Part of a file: positions of its first byte and after its last one."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.stop - self.start

    def cut(self, chunk: bytes, position: int) -> bytes:
        """The bytes of the range in a chunk that begins at `position` of the file."""
        start, stop = self.start - position, self.stop - position
        return chunk if start <= 0 and stop >= len(chunk) else chunk[max(0, start) : max(0, stop)]


class RangeNotSatisfiable(Exception):
    """The range begins after the end of the file."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range of a header; None for what is ignored: no header, several ranges, other units, a backward range."""
    match = RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        return _suffix(last, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return ByteRange(start, min(size, int(last) + 1) if last else size)


def _suffix(length: str, size: int) -> ByteRange | None:
    if not length:
        return None
    if int(length) == 0 or size == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(0, size - int(length)), size)
