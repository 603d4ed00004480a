"""`dexter documents check`: validity and cost of trusted documents."""

import json

import pytest
from click.testing import CliRunner

from dexter_graphql.cli import documents as module
from dexter_graphql.cli.documents import documents

LIST = 'query List($n: Int = 7) { organization(slug: "acme") { issues(first: $n) { nodes { title } } } }'
DEEP = '{ organization(slug: "acme") { issues(first: 1000) { nodes { comments { nodes { text } } } } } }'


@pytest.fixture
def check(graph, tmp_path, monkeypatch):
    """A function that checks documents by their names; returns exit code and lines of the output."""
    monkeypatch.setattr(module, "build_graph", lambda: graph)

    def run(**texts):
        path = tmp_path / "documents.json"
        path.write_text(json.dumps(texts))
        result = CliRunner().invoke(documents, ["check", str(path)])
        return result.exit_code, result.output.splitlines()

    return run


def test_valid_documents_have_their_cost(check):
    """Each operation has a line with its calls and values, for the defaults of its variables."""
    two = "query A { __typename } query B($id: ID!) { issue(id: $id) { title } }"

    code, lines = check(list=LIST, two=two)

    assert code == 0
    assert lines[0].startswith("ok    list  query List: calls 2, values ")
    assert [line.partition(":")[0] for line in lines[1:]] == ["ok    two  query A", "ok    two  query B"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{", "Syntax Error"),
        ("fragment A on Issue { id }", "Fragment 'A' is never used"),
        ("{ __typename } { __typename }", "This anonymous operation must be the only defined operation"),
        ("{" * 200, "brackets inside of each other"),
        (DEEP, "DEXTER_CALL_BUDGET is 100"),
    ],
)
def test_what_cannot_be_executed_fails(check, text, reason):
    """The reason stands in the document's line; the others are checked all the same."""
    code, lines = check(bad=text, list=LIST)

    assert (code, lines[0].startswith("FAIL  bad"), reason in lines[0]) == (1, True, True)
    assert lines[-1].startswith("ok    list")
