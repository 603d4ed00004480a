"""Resident memory of this process, now and at most; read from `/proc`, zero on systems without it."""

from pathlib import Path

import msgspec

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
PEAK = "5"
"""What, written to `clear_refs`, makes the present memory the peak."""
KIBIBYTES_PER_MEBIBYTE = 1024


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory in MiB. The peak counts from the start or from the last reset."""

    now_mib: float = 0.0
    peak_mib: float = 0.0


def read_memory() -> Memory:
    """The memory of this process."""
    if not STATUS.exists():
        return Memory()
    values = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return Memory(now_mib=_mebibytes(values["VmRSS"]), peak_mib=_mebibytes(values["VmHWM"]))


def reset_peak() -> None:
    """Count the peak from now on."""
    if CLEAR_REFS.exists():
        CLEAR_REFS.write_text(PEAK)


def _mebibytes(value: str) -> float:
    return int(value.split(maxsplit=1)[0]) / KIBIBYTES_PER_MEBIBYTE
