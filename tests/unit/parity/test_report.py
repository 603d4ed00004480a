"""The parity report: operations read from documents, their status, results of tests, and the forms of the report."""

import json
import re

import pytest

from dexter_graphql.parity.coverage import Status, compute_coverage
from dexter_graphql.parity.features import NOT_MEASURED, Feature
from dexter_graphql.parity.health import compute_health
from dexter_graphql.parity.operations import UnreadableDocument, operation_key, read_operations
from dexter_graphql.parity.page import render_page
from dexter_graphql.parity.report import Report, render_json, render_markdown, render_text
from dexter_graphql.parity.results import UnreadableResults, read_results
from dexter_graphql.parity.routes import RouteStatus

ISSUES = "/api/0/organizations/{organization_id_or_slug}/issues/"
DOCUMENT = {
    "paths": {
        ISSUES: {
            "parameters": [],
            "get": {"operationId": "listOrganizationIssues", "tags": ["Events"]},
            "put": {"operationId": "updateOrganizationIssues", "tags": ["Events"]},
        },
        "/api/0/organizations/{organization_id_or_slug}/nothing/": {"get": {"tags": ["<Other>"]}},
    }
}
INDEX = [
    {"operationId": "newer", "tags": ["Newer"], "method": "GET", "path": "/api/0/newer/"},
    {"operationId": "again", "tags": ["Newer"], "method": "GET", "path": ISSUES},
]
ROUTES = [RouteStatus("GET", "/api/v1/a", []), RouteStatus("PUT", "/api/v1/b", ["<broken>", "odd"])]
RESULTS = """<testsuites><testsuite>
  <testcase classname="tests.parity.test_cases" name="a">
    <properties><property name="operation" value="listOrganizationIssues"/></properties>
  </testcase>
  <testcase classname="tests.parity.test_cases" name="b"><failure/>
    <properties><property name="operation" value="updateOrganizationIssues"/></properties>
  </testcase>
  <testcase classname="tests.security.test_answers" name="c"/>
</testsuite></testsuites>"""


@pytest.fixture
def coverage(graph, tmp_path):
    """The status of the operations of a document and an index, one of which is proven."""
    document, index = tmp_path / "openapi.json", tmp_path / "index.json"
    document.write_text(json.dumps(DOCUMENT))
    index.write_text(json.dumps(INDEX))
    return compute_coverage(read_operations([document, index]), graph.schema, {"listOrganizationIssues"})


@pytest.fixture
def results(tmp_path):
    """Results of a test run with a failure."""
    file = tmp_path / "results.xml"
    file.write_text(RESULTS)
    return read_results(file)


def test_operations_have_a_status_by_category(coverage):
    """Proven, declared and missing operations by category; the first document that has an operation describes it."""
    statuses = {
        (category.name, row.operation.operation_id): row.status for category in coverage for row in category.operations
    }

    assert statuses == {
        ("<Other>", "GET /organizations/{organization_id_or_slug}/nothing/"): Status.MISSING,
        ("Events", "listOrganizationIssues"): Status.PROVEN,
        ("Events", "updateOrganizationIssues"): Status.DECLARED,
        ("Newer", "newer"): Status.MISSING,
    }
    assert "Organization.issues" in next(c for c in coverage if c.name == "Events").operations[0].fields


def test_names_of_path_parameters_do_not_matter():
    """Documents and declarations name the parameters of a path differently."""
    assert operation_key("get", ISSUES) == operation_key("GET", "/organizations/{organization}/issues/")


def test_only_passed_tests_prove_operations(results):
    """A failed test proves nothing; tests of security are counted apart."""
    assert (results.tests, results.passed, results.proven) == (3, 2, {"listOrganizationIssues"})
    assert (results.security_tests, results.security_passed) == (1, 1)


def test_health_counts_and_names_what_was_not_measured(graph, coverage, results):
    """Every row is a count, or says why there is none."""
    features = [
        Feature("cache", is_on=True, measured="0 calls"),
        Feature("queue", is_on=False, measured="0 waited"),
        *NOT_MEASURED,
    ]
    measured = {row.subject: row for row in compute_health(coverage, features, ROUTES, graph.schema, results)}
    unmeasured = {row.subject: row for row in compute_health(coverage, [], [], graph.schema, None)}

    assert (measured["coverage"].count, measured["coverage"].total) == (2, 4)
    assert (measured["features"].count, measured["features"].total) == (1, 2)
    assert (measured["routes"].count, measured["routes"].total) == (1, 2)
    assert (measured["tests"].count, measured["tests"].total) == (2, 3)
    assert 0 < measured["restrictions"].count < measured["restrictions"].total
    assert measured["documentation"].count == measured["documentation"].total
    assert measured["error handling"].count == measured["error handling"].total
    assert {name for name, row in unmeasured.items() if row.total is None} == {"features", "tests", "security"}
    assert all(row.note for row in unmeasured.values() if row.total is None)


def test_forms_of_the_report(graph, coverage):
    """Bars for a terminal, JSON, an HTML page with escaped names, and a page with a line for each operation."""
    features = [Feature("cache", is_on=True, measured="0 calls"), *NOT_MEASURED]
    report = Report(coverage, features, ROUTES, compute_health(coverage, features, ROUTES, graph.schema, None))

    text, page, markdown = render_text(report), render_page(report), render_markdown(coverage)

    assert "  Events   ###############+++++++++++++++    2 of   2, 1 proven" in text
    assert re.search(r"^  GET   /api/v1/a +consistent$", text, re.MULTILINE)
    assert re.search(r"^  PUT   /api/v1/b +<broken>; odd$", text, re.MULTILINE)
    assert "not measured" in text
    assert json.loads(render_json(report))["coverage"][1]["name"] == "Events"
    assert "&lt;Other&gt;" in page
    assert ("<Other>" in page, "<broken>" in page, "&lt;broken&gt;; odd" in page) == (False, False, True)
    assert "| proven | `GET /organizations/{organization_id_or_slug}/issues/` |" in markdown


@pytest.mark.parametrize("text", ["", "[", "{}", '{"paths": []}'])
def test_unreadable_documents_are_refused(tmp_path, text):
    """A file that is no OpenAPI document is named in the error."""
    file = tmp_path / "openapi.json"
    file.write_text(text)

    with pytest.raises(UnreadableDocument, match=r"openapi\.json"):
        read_operations([file])


def test_unreadable_results_are_refused(tmp_path):
    """A file that is no XML is named in the error."""
    file = tmp_path / "results.xml"
    file.write_text("nothing")

    with pytest.raises(UnreadableResults, match=r"results\.xml"):
        read_results(file)
