"""Published operations of Sentry, read from OpenAPI documents."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dexter_graphql.errors import DexterError

PREFIX = "/api/0"
PARAMETER = re.compile(r"{[^}]*}")
METHODS = {"get", "post", "put", "patch", "delete"}
NO_CATEGORY = "Other"


class UnreadableDocument(DexterError):
    """A file is no OpenAPI document."""


class OperationKey(NamedTuple):
    """Method and path without the names of its parameters, which differ between documents."""

    method: str
    path: str


def operation_key(method: str, path: str) -> OperationKey:
    """The key of an operation by its method and its path, with or without the API's root."""
    return OperationKey(method.upper(), PARAMETER.sub("{}", path.removeprefix(PREFIX)))


@dataclass(frozen=True, slots=True)
class PublishedOperation:
    """An operation of an OpenAPI document; the category is its first tag."""

    operation_id: str
    category: str
    method: str
    path: str

    @property
    def key(self) -> OperationKey:
        """Key by which endpoints are compared with operations."""
        return operation_key(self.method, self.path)


def read_operations(files: Iterable[Path]) -> list[PublishedOperation]:
    """The operations of all documents by category, path and method; the first document that has one describes it."""
    operations: dict[OperationKey, PublishedOperation] = {}
    for file in files:
        for operation in _operations_of(_parse(file), file):
            operations.setdefault(operation.key, operation)
    return sorted(operations.values(), key=lambda operation: (operation.category, operation.path, operation.method))


def _parse(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{file} cannot be read as JSON: {error}") from None


def _operations_of(document: Any, file: Path) -> Iterator[PublishedOperation]:
    """Those of an OpenAPI document, or of a list of operations with their methods and paths."""
    if isinstance(document, list):
        yield from (_operation(row, row["method"], row["path"]) for row in document)
        return
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise UnreadableDocument(f"{file} has no member `paths`")
    for path, item in document["paths"].items():
        yield from (_operation(body, method, path) for method, body in item.items() if method in METHODS)


def _operation(body: dict[str, Any], method: str, path: str) -> PublishedOperation:
    category = next(iter(body.get("tags") or ()), NO_CATEGORY)
    short_path = path.removeprefix(PREFIX)
    operation_id = body.get("operationId") or f"{method.upper()} {short_path}"
    return PublishedOperation(operation_id, category, method.upper(), short_path)
