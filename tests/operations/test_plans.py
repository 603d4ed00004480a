"""Plans of the documents of the library and the benchmark: no field is delegated to graphql-core."""

from collections import Counter

import pytest
from graphql import GraphQLObjectType, get_operation_ast, parse

from benchmarks import documents
from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.resolution import Batched, Delegated, Immediate
from dexter_graphql.engine.variable_values import NO_VARIABLES
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.operations.library import load_library

FIELDS = {
    "Alert editor": (124, 2),
    "Alerts": (53, 3),
    "Assign": (8, 2),
    "Autofix state": (28, 3),
    "Bulk resolve": (9, 2),
    "Chart": (5, 2),
    "Create ticket": (7, 2),
    "Cron overview": (20, 4),
    "Dashboard table": (13, 3),
    "Issue page": (66, 6),
    "Live issues": (15, 1),
    "Most frequent issues": (6, 2),
    "Paste a link": (5, 1),
    "Project dashboard": (25, 7),
    "Release page": (27, 7),
    "Release report": (21, 6),
    "Suspect release": (14, 6),
    "Trace": (26, 3),
    "Triage list": (36, 3),
    "Two organizations": (6, 4),
    "Update alert": (71, 2),
    "Usage": (6, 2),
    "Worst issues": (26, 10),
}
"""Immediate and batched fields of each operation."""


def count_fields(level, counts):
    """Count the fields below a level by strategy, for each possible type."""
    named, schema = level.named, level.plan.schema
    for object_type in [named] if isinstance(named, GraphQLObjectType) else schema.get_possible_types(named):
        for field in level.fields(object_type.name):
            counts[type(field.strategy)] += 1
            if field.completion is not None and field.completion.level is not None:
                count_fields(field.completion.level, counts)
    return counts


MEASURED = {"LIST": (19, 2), "LIGHT": (8, 4), "EACH": (9, 4), "PAGE": (52, 3)}
"""The same for the documents of the benchmark."""
DOCUMENTS = [(document.text, FIELDS.get(document.name)) for document in load_library()]
DOCUMENTS += [(getattr(documents, name), fields) for name, fields in MEASURED.items()]


@pytest.mark.parametrize(
    ("text", "fields"), DOCUMENTS, ids=[*(document.name for document in load_library()), *MEASURED]
)
def test_document_is_planned_as_a_whole(graph, text, fields):
    """A changed declaration that makes fields slower changes these numbers."""
    parsed = parse(text)
    candidate = OperationEntry(parsed, get_operation_ast(parsed), is_pinned=True)
    compiled = Compiler(graph.schema, typename_of=record_typename).plan(candidate, NO_VARIABLES, "somebody")

    counts = count_fields(compiled.plan.root, Counter())

    assert counts[Delegated] == 0
    assert (counts[Immediate], counts[Batched]) == fields
