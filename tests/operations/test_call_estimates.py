"""Estimated calls of operations beside those that they make with a cold cache."""

import pytest
from graphql import get_operation_ast, parse

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.graph.cost.estimate import MAX_SELECTIONS
from dexter_graphql.operations.library import load_library
from support.graph import open_graph_client

READS = {document.name: document for document in load_library() if document.text.startswith("query")}
IN_ACME = """query ($no: Boolean = false, $n: Int = 3) {{
  organization(slug: "acme") {{ {} teams(first: $n) @include(if: $no) {{ nodes {{ slug }} }} }}
}}"""
CASES = {
    "slug": 1,
    "issues(first: 100) { nodes { title } }": 2,
    "issues(first: 150) { nodes { title } }": 3,
    "issues(first: 5) { nodes { latestEvent { eventId } } }": 4,
    "issues(first: 5) { nodes { latestEvent { exceptions { type } } } }": 7,
    "issues(first: 3) { nodes { tags { key } } }": 5,
    "issues(first: $n) { edges { node { tags { key } } } }": 5,
    "issues(first: 3) { nodes { tags @include(if: $no) { key } } }": 2,
    "issues(first: 3) { nodes { ... on Issue { tags { key } } } }": 5,
    "a: issues(first: 2) { nodes { tags { key } } } b: issues(first: 3, sort: NEW) { nodes { tags { key } } }": 8,
    "issues(first: 5) { nodes { project { slug name } } }": 2,
    "projects(first: 3) { nodes { keys { nodes { label } } } }": 5,
    "issues(first: 2) { nodes { comments(first: 5) { nodes { text } } } }": 4,
    "savedQueries(first: 2) { nodes { timeSeries { name } } }": 6,
    'releases(first: 3) { nodes { thresholds(range: { last: "7d" }) { isHealthy } } }': 3,
    "releases(first: 3) { nodes { adoptionStages { stage } } }": 5,
    "usageSummary { projects { categories { total } } }": 2,
    "projects(first: 2) { nodes { issues(first: 2) { nodes { comments(first: 2) { nodes { text } } } } } }": 8,
}
"""Selections on an organization, and the calls that they cost."""


def estimate(graph, text, **variables):
    """The price of a valid document."""
    document = parse(text)
    entry = OperationEntry(document, get_operation_ast(document))
    coerced = coerce_variables(graph.schema, entry, variables)
    return graph.costs.estimate(entry, coerced)


async def measure(graph, asker, text, **variables):
    """The calls of a document with a cold cache, and the one that finds the organization, which the client knows."""
    async with open_graph_client(graph, asker.server) as client:
        answer = await client.ask(text, **variables)
    assert answer.errors == []
    return len(answer.calls) + 1


UNKNOWN_BEFORE = {"Cron overview": 21, "Suspect release": 5, "Worst issues": 19}
"""Calls more in the estimate: for lists that may be longer, and for rows that turn out to share calls."""


async def test_library_never_costs_more_than_estimated(graph, asker):
    """Each reading document of the library makes at most the estimated calls, which are few more."""
    estimated = {name: estimate(graph, document.text, **document.variables).calls for name, document in READS.items()}
    measured = {name: await measure(graph, asker, doc.text, **doc.variables) for name, doc in READS.items()}

    more = {name: estimated[name] - calls for name, calls in measured.items()}
    assert {name for name, calls in more.items() if not 0 <= calls <= UNKNOWN_BEFORE.get(name, 3)} == set()


async def test_estimates_are_the_calls_of_full_lists(graph, asker):
    """Pages, aliases, fragments, directives, variables and per-row fields count as they are executed."""
    documents = {selection: IN_ACME.format(selection) for selection in CASES}

    assert {selection: estimate(graph, text).calls for selection, text in documents.items()} == CASES
    assert {selection: await measure(graph, asker, text) for selection, text in documents.items()} == CASES


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("{ __typename }", 0),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 4),
        ('mutation { resolveIssues(input: { issues: { ids: ["a"] } }) { unmatched } }', 3),
        ('{ organization(slug: "acme") { issues(first: 0) { totalCount } } }', 2),
    ],
)
def test_other_operations_are_estimated(graph, text, calls):
    """Nodes cost one call each, writes one to look up and one to write, both besides the organization."""
    assert estimate(graph, text).calls == calls


def test_too_large_operation_has_no_estimate(graph):
    """An operation with more selections than can be looked at quickly has none."""
    fields = " ".join(
        f'f{n}: organization(slug: "acme") {{ projects {{ nodes {{ slug }} }} }}' for n in range(MAX_SELECTIONS // 2)
    )

    assert estimate(graph, f"{{ {fields} }}").calls is None


@pytest.mark.parametrize(
    ("selection", "values"),
    [
        ("slug", 1),
        ("slug name", 2),
        ("issues(first: 5) { totalCount }", 2),
        ("issues(first: 5) { nodes { title project { slug } } }", 1 + 5 * 4),
        ("issues { edges { cursor node { title } } }", 1 + 20 * 4),
        ("issues(first: $n) { nodes { id } edges { node { id } } }", 1 + 3 * 2 + 3 * 3),
        ("issues(first: 3) { nodes { tags { key } } }", 1 + 3 * (1 + 20 * 2)),
        ("projects(first: 2) { nodes { issues(first: 2) { nodes { id } } } }", 1 + 2 * (1 + 1 + 2 * 2)),
    ],
)
def test_values_of_an_answer_are_estimated(graph, selection, values):
    """Each object and each value of a leaf type counts one, in lists as often as they are long."""
    assert estimate(graph, IN_ACME.format(selection)).values == 1 + values
