"""Reasons for leaving the fast path, counted for a level or for the whole operation."""

import pytest

from dexter_graphql.engine import plan as plan_module
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.failures import Reason
from support.declared import Both, context_free, deferred, schema_of

SDL = """
  type Query { row: Row, rows: [Row!], must: Int!, delegated: Int!, takes(n: Int! = 1): Int, node: Node }
  type Row { text: String, number: Int!, rows: [Row!]! }
  interface Node { text: String }
"""


class Row:
    """A row whose members are those of the test."""

    def __init__(self, **members):
        self.text, self.number, self.rows = "x", 1, []
        vars(self).update(members)


def both_over(row, **more):
    """Both engines over a schema in which every object is that row."""
    schema = schema_of(
        SDL,
        Query_row=deferred(lambda rows, _: [row for _ in rows]),
        Query_rows=deferred(lambda rows, _: [[row] for _ in rows]),
        Query_must=deferred(lambda rows, _: [None for _ in rows]),
        Query_node=deferred(lambda rows, _: [row for _ in rows]),
        Row_text=context_free(lambda row: row.text),
        Row_number=context_free(lambda row: row.number),
        Row_rows=context_free(lambda row: row.rows),
    )
    schema.query_type.fields["delegated"].resolve = lambda *_: None
    schema.type_map["Node"].resolve_type = lambda *_: None
    return Both(schema, **more)


@pytest.mark.parametrize(
    ("text", "row", "fallbacks"),
    [
        ("{ row { text number } }", Row(), {}),
        ("{ row { text } }", Row(text=["x"]), {("level", Reason.VALUE): 1}),
        ("{ row { number } }", Row(number=None), {("level", Reason.NULL): 1}),
        ("{ rows { number } }", Row(number="x"), {("level", Reason.VALUE): 1}),
        (
            "{ row { rows { number } } }",
            Row(rows=[Row(number="x")]),
            {("level", Reason.VALUE): 1, ("level", Reason.FAILED_ROW): 1},
        ),
        ("{ row { rows { text } } }", Row(rows={"a"}), {("operation", Reason.NOT_A_LIST): 1}),
        ("{ must row { text } }", Row(), {("operation", Reason.NULL): 1}),
        ("{ delegated row { text } }", Row(), {("operation", Reason.DELEGATED): 1}),
        ("{ node { text } }", Row(), {("operation", Reason.ROW_CLASS): 1}),
    ],
)
async def test_reason_is_counted(text, row, fallbacks):
    """A level counts for itself; an operation counts when graphql-core has to complete it."""
    both = both_over(row, typename_of=lambda _row_class: None)

    await both.agreed(text)

    assert both.compiler.counters.fallbacks() == fallbacks
    is_fast = not any(scope == "operation" for scope, _ in fallbacks)
    assert both.outcome is (Outcome.FAST if is_fast else Outcome.REPLAYED)


async def test_plan_size_is_a_reason(monkeypatch):
    """So is a plan that would have too many levels."""
    monkeypatch.setattr(plan_module, "MAX_LEVELS", 1)
    both = both_over(Row(rows=[Row()]))

    await both.agreed("{ row { rows { text } } }")

    assert both.compiler.counters.fallbacks() == {("operation", Reason.PLAN_SIZE): 1}


async def test_budget_is_a_reason():
    """So is a budget that ends between two levels."""
    both = both_over(Row())
    exhausted = iter([False, False, False, True])
    both.compiler.is_exhausted = lambda _caller: next(exhausted, False)

    await both.agreed("{ row { text } }")

    assert both.compiler.counters.fallbacks() == {("operation", Reason.COMPILE_BUDGET): 1}


async def test_mistake_of_the_engine_is_a_reason(monkeypatch):
    """The operation is answered, and counted as broken."""
    both = both_over(Row())
    monkeypatch.setattr("dexter_graphql.engine.execution.Execution.errors", lambda _execution: 1 / 0)

    await both.agreed("{ row { text } }")

    assert both.outcome is Outcome.BROKEN
    assert both.compiler.counters.fallbacks() == {("operation", Reason.ENGINE_ERROR): 1}


async def test_fallbacks_are_a_metric():
    """With scope and reason as labels."""
    both = both_over(Row(text=["x"]))

    await both.ask("{ row { text } }")

    samples = [sample for sample in both.compiler.collect() if sample.name == "dexter_engine_fallbacks_total"]
    assert [dict(sample.labels) for sample in samples if sample.value] == [{"scope": "level", "reason": "value"}]
    assert len(samples) == 2 * len(Reason)
