"""Trusted documents on disk: folders, and the manifests of three clients."""

import json
import re

import pytest

from dexter_graphql.operations.manifests import DocumentsError, read_documents
from dexter_graphql.operations.trusted import TrustedDocuments, hash_of

TEXT = "query A { a }"
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "1f", "name": "A", "type": "query", "body": TEXT}],
}


def test_folder_gives_paths_without_suffix(tmp_path):
    """All documents below a folder are read, and no other file."""
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "list.graphql").write_text(TEXT)
    (tmp_path / "one.gql").write_text("{ b }")
    (tmp_path / "notes.md").write_text("no document")

    assert read_documents(tmp_path).by_id == {"issues/list": TEXT, "one": "{ b }"}


@pytest.mark.parametrize("content", [APOLLO, {"1f": TEXT}], ids=["Apollo", "Relay and GraphQL Code Generator"])
def test_manifest_gives_its_ids(tmp_path, content):
    """The manifests of Apollo, Relay and GraphQL Code Generator are recognized by their content."""
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(content))

    assert read_documents(path).by_id == {"1f": TEXT}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`"),
        ('{"1f": 7}', "Expected `str`"),
        ("{}", "has no documents"),
        (json.dumps(APOLLO | {"version": 2}), "version 2"),
        (json.dumps(APOLLO | {"operations": [{"id": "1f"}]}), "missing required field `body`"),
    ],
)
def test_unreadable_manifest_is_named_with_the_reason(tmp_path, content, reason):
    """The error names the file and what is wrong in it."""
    path = tmp_path / "documents.json"
    path.write_text(content)

    with pytest.raises(DocumentsError, match=f"{re.escape(str(path))}.*{re.escape(reason)}"):
        read_documents(path)


def test_missing_path_is_named(tmp_path):
    """A path that does not exist is an error that names it."""
    with pytest.raises(DocumentsError, match=r"nowhere: No such file or directory"):
        read_documents(tmp_path / "nowhere")


def test_document_is_found_by_id_and_by_hash():
    """A document has the id of its manifest and the hash of its text."""
    trusted = TrustedDocuments({"1f": TEXT})

    assert [trusted.find(name) for name in ("1f", hash_of(TEXT), "2f")] == [TEXT, TEXT, None]
    assert (trusted.has_text(TEXT), trusted.has_text(TEXT + " ")) == (True, False)


def test_own_documents_keep_their_ids():
    """A document of the library does not replace one of the operator with the same id."""
    trusted = TrustedDocuments({"a": "{ own }"}).with_others({"a": "{ other }", "b": "{ b }"})

    assert trusted.by_id == {"a": "{ own }", "b": "{ b }"}
