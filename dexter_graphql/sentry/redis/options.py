"""Where Redis is, and how it is used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Address of Redis, and the key that encrypts what is stored there. Neither appears in a representation."""

    url: str
    key: bytes
    keeps_events: bool = False
    """True to store event bodies there, too."""

    def __repr__(self) -> str:
        return "<RedisOptions>"
