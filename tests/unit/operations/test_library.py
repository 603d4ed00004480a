"""Stored documents and their headers."""

import pytest
from graphql import parse, validate

from dexter_graphql.operations.library import LibraryError, load_library, parse_document

LIBRARY = load_library()
MAX_WIDTH = 72
"""Characters of a line that fit into the query editor."""


@pytest.fixture(params=LIBRARY, ids=lambda document: document.file)
def document(request):
    """Each document of the library."""
    return request.param


def test_header_is_read():
    """Names and values of the comment lines before the document; the text is what follows."""
    header = '# name: Triage list\n#purpose: For: everyone \n# variables: {"a": 1}\n# calls: 3\n# a remark\n'
    text = header + "\nquery A { b }\n# end\n\n"

    document = parse_document("a.graphql", text)

    assert (document.name, document.purpose, document.variables, document.calls) == (
        "Triage list",
        "For: everyone",
        {"a": 1},
        3,
    )
    assert document.text == "query A { b }\n# end\n"
    assert document.header.keys() == {"name", "purpose", "variables", "calls"}


def test_variables_may_be_missing():
    """A document without variables has none."""
    assert parse_document("a.graphql", "# name: A\n# purpose: B\n# calls: 1\n{ b }").variables == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{ b }",
        "# name: A\n# calls: 1\n{ b }",
        "# purpose: B\n# calls: 1\n{ b }",
        "# name: A\n# purpose: B\n{ b }",
        "# name: A\n# purpose: B\n# calls: few\n{ b }",
        "{ b }\n# name: A\n# purpose: B\n# calls: 1\n",
        "# name A\n",
    ],
)
def test_incomplete_header_is_refused(text):
    """The message has the file and the missing lines."""
    with pytest.raises(LibraryError, match=r"^a\.graphql begins without '# name: … ?'") as refused:
        parse_document("a.graphql", text)

    assert "# purpose: …" in str(refused.value)


def test_document_may_be_empty():
    """A file that ends after its header has an empty document, which the schema refuses."""
    assert parse_document("a.graphql", "# name: A\n# purpose: B\n# calls: 1").text == "\n"


def test_library_is_sorted_by_file():
    """The order is that of the file names, so that a number in front decides."""
    assert [document.file for document in LIBRARY] == sorted(document.file for document in LIBRARY)
    assert len({document.name for document in LIBRARY}) == len(LIBRARY) > 0


def test_document_is_valid(graph, document):
    """Every document is valid, and its variables are those that it declares."""
    parsed = parse(document.text)
    [operation] = parsed.definitions
    declared = {variable.variable.name.value for variable in operation.variable_definitions or ()}

    assert validate(graph.schema, parsed) == []
    assert set(document.variables) <= declared


def test_lines_fit_into_the_query_editor(document):
    """No line of a document is wider than the query editor."""
    assert max(map(len, document.text.splitlines())) <= MAX_WIDTH


def test_first_document_is_small():
    """The first document, which GraphiQL opens with, is a short query for a few issues without series."""
    first = LIBRARY[0]

    assert first.text.startswith("query ")
    assert "first: 5" in first.text
    assert "series" not in first.text
    assert (len(first.text.splitlines()) <= 12, first.calls) == (True, 1)
