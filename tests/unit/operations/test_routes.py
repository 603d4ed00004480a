"""Documents with a route: headers, variables and results."""

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse, validate

from dexter_graphql.operations.library import LibraryError
from dexter_graphql.operations.routes import load_routes, parse_route

ROUTES = load_routes()
FAMILIES = {"alerts", "analytics", "discover", "events", "integrations", "issues", "organizations", "projects"}
FAMILIES |= {"releases", "teams"}
MAX_WIDTH = 72
DOCS = Path(__file__).parents[3] / "docs" / "rest.md"
HEADER = "# name: A\n# purpose: B\n# calls: 1\n"


@pytest.fixture(params=ROUTES, ids=lambda document: document.file)
def document(request):
    """Each document with a route."""
    return request.param


def variables_of(document):
    """Names of the variables of all operations."""
    operations = [node for node in parse(document.text).definitions if isinstance(node, OperationDefinitionNode)]
    return {variable.variable.name.value for node in operations for variable in node.variable_definitions}


def test_every_family_has_routes():
    """The families are those that front ends expect, and no two documents have one method and path."""
    assert {document.family for document in ROUTES} == FAMILIES
    assert len({(document.method, document.path) for document in ROUTES}) == len(ROUTES)
    assert len({document.id for document in ROUTES}) == len(ROUTES)


def test_document_is_valid(graph, document):
    """Every document is valid; its header names variables that it declares."""
    declared = variables_of(document)

    assert validate(graph.schema, parse(document.text)) == []
    assert {*document.variables, *document.members, *document.path_variables} <= declared
    assert max(map(len, document.text.splitlines())) <= MAX_WIDTH


def test_lists_are_paged_alike(document):
    """A document that takes a cursor takes a limit and returns where the list goes on, and the other way round."""
    is_paged = "after: $cursor" in document.text

    assert ("$limit: Int =" in document.text, "pageInfo { hasNextPage endCursor }" in document.text) == (is_paged,) * 2


def test_reads_are_gets(document):
    """Queries are served by GET and mutations by the other methods."""
    assert document.text.startswith("query" if document.method == "GET" else "mutation")


@pytest.mark.parametrize(
    "header",
    [
        "# result: a\n",
        "# route: GET /api/v1/a\n",
        "# route: GET /a\n# result: a\n",
        "# route: DELETE /api/v1/a\n# result: a\n",
    ],
)
def test_incomplete_header_is_refused(header):
    """The message names the file and the lines that are missing or wrong."""
    with pytest.raises(LibraryError, match=r"^a\.graphql has no header '# route: GET /api/v1/…' or no '# result: …'"):
        parse_route("a.graphql", HEADER + header + "query A { b }")


def test_header_is_read():
    """Path variables, the result's path, members, the operation's parameter and the status."""
    header = "# route: PUT /api/v1/a/{id}/b\n# result: c.0.d\n# members: e=f g=h\n# operation: action\n# status: 201\n"

    route = parse_route("a.graphql", HEADER + header + "query A { b }")

    assert (route.method, route.path, route.path_variables) == ("PUT", "/api/v1/a/{id}/b", ("id",))
    assert (route.result, route.members) == (("c", "0", "d"), {"e": "f", "g": "h"})
    assert (route.operation_parameter, route.status, route.family, route.id) == ("action", 201, "a", "api/a")


def test_docs_list_all_routes():
    """The table in the docs has each route with its purpose, ordered by path."""
    rows = re.findall(r"^\| `(.*)` \| (.*) \|$", DOCS.read_text(), re.MULTILINE)

    ordered = sorted(ROUTES, key=lambda document: (document.path, document.method))
    assert rows == [(f"{document.method} {document.path}", document.purpose) for document in ordered]
