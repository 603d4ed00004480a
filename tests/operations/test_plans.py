"""How the engine runs each document of the library and of the benchmark: nothing is left to graphql-core unnoticed."""

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
    "Alerts": (52, 3),
    "Assign": (8, 2),
    "Bulk resolve": (9, 2),
    "Issue page": (66, 6),
    "Live issues": (15, 1),
    "Paste a link": (5, 1),
    "Project dashboard": (20, 7),
    "Release report": (19, 6),
    "Triage list": (36, 3),
    "Two organizations": (6, 4),
    "Usage": (6, 2),
}
"""Operation → fields that are told from their row, and fields that are waited for once per level."""


def planned(level, found):
    """Counts all fields below a level, of an abstract type for each of its objects."""
    named, schema = level.named, level.plan.schema
    for one in [named] if isinstance(named, GraphQLObjectType) else schema.get_possible_types(named):
        for field in level.fields(one.name):
            found[type(field.strategy)] += 1
            if field.completion is not None and field.completion.level is not None:
                planned(field.completion.level, found)
    return found


MEASURED = {"LIST": (19, 2), "LIGHT": (9, 4), "EACH": (10, 4), "PAGE": (52, 3)}
"""The same of the documents of the benchmark."""
DOCUMENTS = [(one.text, FIELDS.get(one.name)) for one in load_library()]
DOCUMENTS += [(getattr(documents, name), fields) for name, fields in MEASURED.items()]


@pytest.mark.parametrize(("text", "fields"), DOCUMENTS, ids=[*(one.name for one in load_library()), *MEASURED])
def test_document_is_planned_as_a_whole(graph, text, fields):
    """Field by field; who changes a declaration sees here what became slower."""
    parsed = parse(text)
    candidate = OperationEntry(parsed, get_operation_ast(parsed), is_pinned=True)
    compiled = Compiler(graph.schema, typename_of=record_typename).plan(candidate, NO_VARIABLES, "somebody")

    found = planned(compiled.plan.root, Counter())

    assert found[Delegated] == 0
    assert (found[Immediate], found[Batched]) == fields
