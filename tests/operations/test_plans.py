"""How the engine runs each document of the library: nothing of it is left to graphql-core without anybody noticing."""

from collections import Counter

import pytest
from graphql import GraphQLObjectType, get_operation_ast, parse

from dexter_graphql.engine.compiler import Candidate, Compiler
from dexter_graphql.engine.execution import NO_VARIABLES
from dexter_graphql.engine.ways import Deferred, Foreign, Inline
from dexter_graphql.graph.fields import record_typename
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
            found[type(field.way)] += 1
            if field.completion is not None and field.completion.level is not None:
                planned(field.completion.level, found)
    return found


@pytest.mark.parametrize("document", load_library(), ids=lambda one: one.file)
def test_document_is_planned_as_a_whole(graph, document):
    """Field by field; who changes a declaration sees here what became slower."""
    parsed = parse(document.text)
    candidate = Candidate(parsed, get_operation_ast(parsed), is_pinned=True)
    plan = Compiler(graph.schema, typename_of=record_typename).plan(candidate, NO_VARIABLES, "somebody")

    found = planned(plan.root, Counter())

    assert found[Foreign] == 0
    assert (found[Inline], found[Deferred]) == FIELDS[document.name]
