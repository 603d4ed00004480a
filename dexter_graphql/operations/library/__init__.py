"""Stored documents: each is an example in GraphiQL and a test."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import msgspec

from dexter_graphql.errors import DexterError

HEADER = re.compile(r"# ?(?P<name>\w+): (?P<value>.*)")
MEMBER = re.compile(r"(\w+)=(\w+)")


class LibraryError(DexterError):
    """A document of the library has a header that cannot be read."""


@dataclass(frozen=True)
class Document:
    """A document and its header: name, purpose, variables and number of calls."""

    file: str
    text: str
    header: Mapping[str, str]

    @property
    def name(self) -> str:
        """Name of the document."""
        return self.header["name"]

    @property
    def id(self) -> str:
        """Its id among the stored documents: the name of its file without number and suffix."""
        return self.file.partition(".")[0].lstrip("0123456789").lstrip("_")

    @property
    def purpose(self) -> str:
        """What it is for, in one line."""
        return self.header["purpose"]

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Variables with which it works in the sandbox."""
        return msgspec.json.decode(self.header.get("variables", "{}"), type=dict[str, Any])

    @cached_property
    def members(self) -> Mapping[str, str]:
        """For variables of input objects, the member that plain text stands for, as `variable=member` in the header."""
        return dict(MEMBER.findall(self.header.get("members", "")))

    @property
    def calls(self) -> int:
        """Most calls to Sentry with a cold cache, when the organization is known."""
        return int(self.header["calls"])


def load_library() -> tuple[Document, ...]:
    """All documents, in the order of their file names."""
    documents = [item for item in files(__name__).iterdir() if item.name.endswith(".graphql")]
    documents.sort(key=lambda item: item.name)
    return tuple(parse_document(item.name, item.read_text("utf-8")) for item in documents)


def parse_document(file: str, text: str) -> Document:
    """Read a document and its header; raises LibraryError for an incomplete one."""
    lines = text.splitlines()
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header = {match["name"]: match["value"].strip() for line in lines[:count] if (match := HEADER.fullmatch(line))}
    if not {"name", "purpose", "calls"} <= header.keys() or not header["calls"].isdecimal():
        raise LibraryError(f"{file} begins without '# name: …', '# purpose: …' and '# calls: …'")
    return Document(file, "\n".join(lines[count:]).strip() + "\n", header)
