"""Trusted documents: those that the operator stored, by id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256


def hash_of(text: str) -> str:
    """The SHA-256 hash of a document, by which clients of persisted queries name it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class TrustedDocuments:
    """Documents by the ids of their manifest or by their file names. Each is found by the hash of its text, too."""

    by_id: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """Return the text of the document with an id or a hash; None when there is none."""
        return self.by_id.get(name) or self._by_hash.get(name)

    def has_text(self, text: str) -> bool:
        """True when one of the documents has exactly this text."""
        return text in self._texts

    def with_others(self, others: Mapping[str, str]) -> "TrustedDocuments":
        """Return these documents and others by their ids; a document of this object keeps its id."""
        return TrustedDocuments({**others, **self.by_id})

    @property
    def texts(self) -> Iterable[str]:
        """The texts of all documents."""
        return self._texts

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(self.by_id.values())

    @cached_property
    def _by_hash(self) -> Mapping[str, str]:
        return {hash_of(text): text for text in self._texts}
