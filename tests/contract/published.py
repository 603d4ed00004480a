"""Knows where the published documents lie and what they say about an operation; judges no answer."""

import csv
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

NEWEST = "openapi.json"
LEGACY = ("openapi-alerts-legacy.json", "openapi-other-legacy.json")
CATALOGUE = "endpoints.csv"
INDEX = "operations-2026-11.json"
"""Names and paths of the operations of a newer document, without scopes and bodies."""

_PREFIX = "/api/0"
_PARAMETER = re.compile(r"{[^}]*}")
_SCOPE = re.compile(r"\w+:\w+")


class Key(NamedTuple):
    """An operation without the names of its path parameters, which differ between the documents."""

    method: str
    path: str


CORRECTED = frozenset(
    {
        Key("GET", "/sentry-app-installations/{}/external-requests/"),
        Key("POST", "/sentry-app-installations/{}/external-issue-actions/"),
    }
)
"""Operations of which a newer source than the list says other scopes, and that the control host serves them."""


@dataclass(frozen=True)
class Operation:
    """One operation of one document."""

    document: str
    path: str
    body: Mapping[str, Any]

    def schema(self, status: int) -> Mapping[str, Any] | None:
        """Schema of the JSON answer with this status; None where the document leaves it open."""
        content = self.body["responses"].get(str(status), {}).get("content", {})
        schema: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
        return schema

    @property
    def scopes(self) -> frozenset[str]:
        """Scopes of which one is enough; older documents print some with a stray space."""
        return frozenset(
            parents.replace(" ", "")
            for requirement in self.body.get("security", [])
            for scopes in requirement.values()
            for parents in scopes
        )


@dataclass(frozen=True)
class Documents:
    """The newest document, the retired operations, and the list of everything known to exist."""

    newest: Mapping[Key, Operation]
    legacy: Mapping[Key, Operation]
    catalogue: Mapping[Key, frozenset[str]]
    """Scopes of every operation that is listed as existing, published or not; empty where none is known."""
    operation_ids: Mapping[str, frozenset[Key]]
    """The operations by their operationId, which two documents may use for different ones."""

    def knows(self, key: Key) -> bool:
        """Whether the operation is published, was published, or is listed as existing."""
        return key in self.newest or key in self.legacy or key in self.catalogue

    def find(self, key: Key) -> Operation | None:
        """The newest word about an operation."""
        return self.newest.get(key) or self.legacy.get(key)


def key_of(method: str, path: str) -> Key:
    """The same key for `/api/0/organizations/{org}/` and `/organizations/{organization_id_or_slug}/`."""
    return Key(method.upper(), _PARAMETER.sub("{}", path.removeprefix(_PREFIX)))


def directory() -> Path:
    """Where the documents are expected: beside the checkout unless DEXTER_OPENAPI_DIR says otherwise."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "sentry"
    return Path(os.environ.get("DEXTER_OPENAPI_DIR") or default)


def load(folder: Path) -> Documents:
    """Every document of the folder; raises FileNotFoundError where one is missing."""
    legacy: dict[Key, Operation] = {}
    for name in LEGACY:
        legacy.update(_operations(folder / name))
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    catalogue: dict[Key, frozenset[str]] = {key_of(row["method"], row["path"]): frozenset() for row in index}
    with (folder / CATALOGUE).open(newline="", encoding="utf-8") as rows:
        catalogue |= {
            key_of(row["method"], row["path"]): frozenset(_SCOPE.findall(row["required_scopes_any_of"]))
            for row in csv.DictReader(rows)
        }
    catalogue |= dict.fromkeys(CORRECTED, frozenset())
    newest = _operations(folder / NEWEST)
    named = [(body.body["operationId"], key) for key, body in [*newest.items(), *legacy.items()]]
    named += [(row["operationId"], key_of(row["method"], row["path"])) for row in index]
    return Documents(newest, legacy, catalogue, _grouped(named))


def _grouped(pairs: Iterable[tuple[str, Key]]) -> dict[str, frozenset[Key]]:
    groups: dict[str, set[Key]] = {}
    for name, key in pairs:
        groups.setdefault(name, set()).add(key)
    return {name: frozenset(keys) for name, keys in groups.items()}


def _operations(file: Path) -> dict[Key, Operation]:
    document = json.loads(file.read_text(encoding="utf-8"))
    return {
        key_of(method, path): Operation(file.name, path, body)
        for path, item in document["paths"].items()
        for method, body in item.items()
        if isinstance(body, dict) and "responses" in body
    }
