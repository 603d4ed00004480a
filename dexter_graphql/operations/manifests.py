"""Trusted documents on disk: a folder of `.graphql` files, or a manifest of Apollo, Relay or GraphQL Code Generator."""

from pathlib import Path
from typing import Any

import msgspec

from dexter_graphql.errors import DexterError
from dexter_graphql.operations.trusted import TrustedDocuments

APOLLO_FORMAT = "apollo-persisted-query-manifest"
SUFFIXES = frozenset({".graphql", ".gql"})


class DocumentsError(DexterError):
    """Trusted documents cannot be read; the message names the file and the reason."""


class ApolloOperation(msgspec.Struct, frozen=True):
    """An entry of Apollo's manifest."""

    id: str
    body: str


class ApolloManifest(msgspec.Struct, frozen=True):
    """Apollo's manifest, as `generate-persisted-query-manifest` writes it."""

    version: int
    operations: tuple[ApolloOperation, ...]


def read_documents(path: Path) -> TrustedDocuments:
    """Read the documents of a folder, by their paths in it without suffix, or of a manifest, by its ids."""
    try:
        by_id = _read_folder(path) if path.is_dir() else _parse_manifest(path.read_bytes())
    except OSError as error:
        raise DocumentsError(f"{path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise DocumentsError(f"{path}: {error}") from None
    if not by_id:
        raise DocumentsError(f"{path} has no documents")
    return TrustedDocuments(by_id)


def _read_folder(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _parse_manifest(content: bytes) -> dict[str, str]:
    value: Any = msgspec.json.decode(content)
    if isinstance(value, dict) and value.get("format") == APOLLO_FORMAT:
        manifest = msgspec.convert(value, ApolloManifest)
        if manifest.version != 1:
            raise ValueError(f"version {manifest.version} of Apollo's manifest is unknown; version 1 can be read")
        return {operation.id: operation.body for operation in manifest.operations}
    # Relay and GraphQL Code Generator write one object with a text for each id.
    return msgspec.convert(value, dict[str, str])
