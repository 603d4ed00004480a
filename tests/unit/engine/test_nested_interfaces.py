"""Operations that nest interfaces: planning and looking at selections costs what the document is long."""

import pytest
from graphql import OperationDefinitionNode, get_operation_ast, parse

from dexter_graphql.engine import plan as module
from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.failures import FallBack
from dexter_graphql.engine.selection import SelectionIndex, object_types
from dexter_graphql.engine.variable_values import NO_VARIABLES
from support.declared import Both, context_free, deferred, schema_of
from support.small import prepared

TYPES = ("Cron", "Metric", "Uptime", "Error", "Other")
DEPTH = 7
SDL = f"""
  type Query {{ monitor: Monitor, alert: Alert }}
  interface Monitor {{ name: String, alert(n: Int): Alert }}
  type Alert {{ name: String, monitor: Monitor, monitors: [Monitor] }}
  {" ".join(f"type {name} implements Monitor {{ name: String, alert(n: Int): Alert }}" for name in TYPES)}
"""


class Row:
    """Stands for any object."""


class Cron(Row):
    """A monitor of the first type."""


def nested(depth, inner="name"):
    """A document that alternates between an object and an interface."""
    for _ in range(depth):
        inner = f"name alert {{ name monitor {{ {inner} }} }}"
    return f"{{ monitor {{ {inner} }} }}"


def remembering(depth):
    """A document in which each path of object types selects other nodes: 5 to the power of the depth."""
    parts = ["fragment F0 on Monitor { name }"]
    for level in range(1, depth + 1):
        marks = " ".join(
            f"... on {name} {{ alert {{ monitor {{ ...M{level}{name}{level - 1} }} }} }}" for name in TYPES
        )
        parts.append(f"fragment F{level} on Monitor {{ alert {{ monitor {{ ...F{level - 1} }} }} {marks} }}")
        for name in TYPES:
            parts.append(f"fragment M{level}{name}0 on Monitor {{ name }}")
            for below in range(1, level):
                inner = f"alert {{ monitor {{ ...M{level}{name}{below - 1} }} }}"
                parts.append(f"fragment M{level}{name}{below} on Monitor {{ {inner} }}")
    return f"{{ monitor {{ ...F{depth} }} }} {' '.join(parts)}"


def schema():
    """The schema with a monitor in which every field is answered at once, but for those that lead to alerts."""
    row, cron = Row(), Cron()
    alerts = deferred(lambda rows, _arguments: [row for _ in rows])
    built = schema_of(
        SDL,
        Query_monitor=deferred(lambda rows, _arguments: [cron for _ in rows]),
        Alert_name=context_free(lambda _row: "a"),
        Alert_monitor=context_free(lambda _row: cron),
        **{f"{name}_name": context_free(lambda _row: "m") for name in TYPES},
        **{f"{name}_alert": alerts for name in TYPES},
    )
    built.type_map["Monitor"].resolve_type = lambda row, *_: typename_of(type(row))
    return built


def typename_of(row_class):
    """All rows that are not alerts are of one type."""
    return "Cron" if row_class is Cron else None


def plan_of(text):
    """The plan of a document, with all that it consists of."""
    document = prepared(schema(), text)
    compiler = Compiler(schema(), times_seen=1, typename_of=typename_of)
    return compiler.plan(document.operation_entry, NO_VARIABLES, "test").plan


def plan_everything(plan):
    """Plan what is selected on every type of every level, until there is nothing new."""
    pending, seen = [plan.root], set()
    while pending:
        level = pending.pop()
        if level in seen:
            continue
        seen.add(level)
        for kind in object_types(plan.schema, level.named):
            pending += [
                field.completion.level
                for field in level.fields(kind.name)
                if field.completion is not None and field.completion.level is not None
            ]
    return len(seen)


def test_levels_are_shared_between_paths():
    """A selection below an interface is planned once, not once for each path of object types."""
    assert plan_everything(plan_of(nested(DEPTH))) == 2 * DEPTH + 2


def test_selections_are_collected_once():
    """What an operation selects on a type names each selection set once."""
    document = parse(nested(DEPTH))
    operation = get_operation_ast(document)
    assert isinstance(operation, OperationDefinitionNode)
    selection_index = SelectionIndex(schema(), operation, {}, NO_VARIABLES)

    assert len(selection_index.all_on_type("Cron").sets) == DEPTH + 1
    assert len(selection_index.all_on_type("Alert").sets) == DEPTH


async def test_operation_with_too_many_levels_is_interpreted(monkeypatch):
    """It is answered by graphql-core, and not planned again."""
    monkeypatch.setattr(module, "MAX_LEVELS", 2 * DEPTH - 1)
    both = Both(schema(), typename_of=typename_of)

    await both.agreed(nested(DEPTH))
    assert both.outcome is Outcome.REPLAYED
    await both.agreed(nested(DEPTH))
    assert both.outcome is Outcome.INTERPRETED


async def test_operation_at_the_limit_is_planned(monkeypatch):
    """The limit itself is allowed."""
    monkeypatch.setattr(module, "MAX_LEVELS", 2 * DEPTH + 1)
    both = Both(schema(), typename_of=typename_of)

    await both.agreed(nested(DEPTH))

    assert both.outcome is Outcome.FAST


def test_levels_of_a_document_that_remembers_its_path_are_bounded(monkeypatch):
    """Planning ends at the limit, also when each path of object types selects something else."""
    monkeypatch.setattr(module, "MAX_LEVELS", 100)
    plan = plan_of(remembering(4))

    with pytest.raises(FallBack):
        plan_everything(plan)

    assert plan.is_too_large
    assert len(plan._levels) == 100
