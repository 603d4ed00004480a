"""Limits of transfers of files, and how transfers end."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Limits of one transfer: its bytes, its time, and the time in which the client must take or send the next part."""

    size_bytes: int
    duration_s: float
    stall_s: float


class Direction(StrEnum):
    """Which way the content goes; unknown until the address was verified."""

    DOWNLOAD = "download"
    UPLOAD = "upload"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a transfer ended, as metrics and logs name it."""

    COMPLETE = "complete"
    REFUSED = "refused"
    CLIENT_LEFT = "client_left"
    UPSTREAM_CUT = "upstream_cut"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    CREDENTIAL_REJECTED = "credential_rejected"


class TransferCut(Exception):
    """Ends a transfer before all of its content was transferred."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome
