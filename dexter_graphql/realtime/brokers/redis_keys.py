"""Names and contents of what the broker stores in Redis. All keys of an organization are in one hash slot."""

import hashlib
from functools import lru_cache
from typing import NamedTuple

import msgspec

from dexter_graphql.realtime.brokers.base import Report
from dexter_graphql.realtime.changes import Change, Topic
from dexter_graphql.realtime.deduplication import fingerprint, reporter_of, subject_of
from dexter_graphql.sentry.redis.encryption import Cipher

MAX_ENTRY_BYTES = 4 * 1024 * 1024
"""Larger entries were not written by us: the object of a change is at most as large as the body of a webhook."""
MAX_NAMES = 10_000
NAME_BYTES = 8
"""Length of the names of deliveries, objects and facts, which are hexadecimal digits."""


class TopicKeys(NamedTuple):
    """Keys of a topic in the order of the scripts. The deliveries belong to the organization, the rest to the topic.

    What is remembered of reports is in two hashes each: when the new one is full it replaces the old one.
    """

    head: str
    stream: str
    blocks: str
    deliveries: str
    old_deliveries: str
    subjects: str
    old_subjects: str
    facts: str
    old_facts: str


KEY_TYPES = TopicKeys("hash", "stream", "list", *["hash"] * 6)


class ReportNames(NamedTuple):
    """What recognizes a report, as stored in Redis."""

    change: str
    delivery: str
    subject: str
    fact: str
    reporter: str


class ChangeCodec:
    """Encrypts changes for their topic, and names what belongs to them."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Change)
        self.keys = lru_cache(MAX_NAMES)(self._keys)
        """The keys of a topic."""
        self._reporter_name = lru_cache(MAX_NAMES)(lambda *parts: self._name("reporter", *parts))
        self._names_key = cipher.digest("names of reports").encode()

    def encrypt(self, change: Change) -> bytes:
        """The content of the change's entry."""
        return self._cipher.encrypt(self.keys(change.topic).stream, self._encoder.encode(change))

    def decrypt(self, topic: Topic, content: bytes) -> Change | None:
        """The change in an entry; None for content that was not encrypted for this topic."""
        if len(content) > MAX_ENTRY_BYTES:
            return None
        encoded = self._cipher.decrypt(self.keys(topic).stream, content)
        try:
            return None if encoded is None else self._decoder.decode(encoded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def names(self, report: Report) -> ReportNames:
        """The names of a report."""
        change = report.change
        return ReportNames(
            change=self._name("change", change.id),
            delivery=self._name("delivery", report.key.hex()),
            subject=self._name("subject", *map(str, subject_of(change))),
            fact=self._name("fact", *map(str, fingerprint(change))),
            reporter=self._reporter_name(*reporter_of(change)),
        )

    def _name(self, kind: str, *parts: str) -> str:
        text = msgspec.json.encode((kind, parts))  # which keeps apart parts that contain separators
        return hashlib.blake2b(text, key=self._names_key, digest_size=NAME_BYTES).hexdigest()

    def _keys(self, topic: Topic) -> TopicKeys:
        owner = f"dexter:{{{self._cipher.digest('changes', topic.organization)}}}"
        names = [f"{owner}:{topic.stream}:{name}" for name in TopicKeys._fields]
        keys = TopicKeys(*names)
        return keys._replace(deliveries=f"{owner}:deliveries", old_deliveries=f"{owner}:old_deliveries")
