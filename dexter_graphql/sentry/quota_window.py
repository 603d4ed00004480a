"""The budget of a caller in one window of time, as replicas share it."""

from typing import NamedTuple


class QuotaWindow(NamedTuple):
    """The budget of a caller in one window of time, which is removed after `ttl_s` seconds."""

    caller: str
    number: int
    limit: int
    ttl_s: int


class Grant(NamedTuple):
    """What a replica was granted, and what all of them have taken since."""

    granted: int
    taken: int
