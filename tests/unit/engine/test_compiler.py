"""Compiler: when operations are planned, how much time that may take, and how many plans are kept."""

import pytest
from graphql import parse

from dexter_graphql.engine import compile_budget
from dexter_graphql.engine import compiler as module
from dexter_graphql.engine.compile_budget import BURST_S, CompileBudget
from dexter_graphql.engine.compiler import BYTES_PER_FIELD, BYTES_PER_PLAN, Compiler
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.operation_entry import OperationEntry
from support.declared import Both, Context, attribute, context_free, deferred, run, schema_of

ONE_FIELD = BYTES_PER_PLAN + BYTES_PER_FIELD
"""Size of the plan of one field."""
SDL = "type Query { a: Int, row: Row } type Row { b: Int }"


class Row:
    """A row."""

    b = 1


class ManualClock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def schema():
    """A schema with something to plan."""
    return schema_of(
        SDL,
        Query_a=context_free(lambda _: 1),
        Query_row=deferred(lambda rows, _: [Row() for _ in rows]),
        Row_b=attribute("b"),
    )


class TestTimesSeen:
    """How often an operation is seen before it is planned."""

    @pytest.mark.parametrize(("times_seen", "fast"), [(1, 3), (2, 2), (3, 1), (4, 0)])
    async def test_an_operation_is_planned_when_it_comes_again(self, schema, times_seen, fast):
        """An operation that comes once is not planned."""
        both = Both(schema, times_seen=times_seen)

        for _ in range(3):
            await both.ask("{ a }")

        counters = both.compiler.counters
        assert (counters.executions(Outcome.FAST), counters.executions(Outcome.INTERPRETED)) == (fast, 3 - fast)

    async def test_a_pinned_document_is_planned_at_once(self, schema):
        """It is counted under its own name."""
        both = Both(schema, times_seen=5)
        both.compiled.pin("query Mine { a }")

        await both.ask("query Mine { a }")

        labels = [dict(sample.labels) for sample in both.compiler.collect() if sample.labels and sample.value]
        assert labels == [{"operation": "Mine"}, {"operation": "Mine", "outcome": "fast"}]


class TestBudget:
    """Time for planning and code generation."""

    def test_budget_is_refilled(self):
        """It grows by its share of the time, up to a burst."""
        now = ManualClock()
        budget = CompileBudget(share=0.1, now=now)

        budget.spend("a", BURST_S / 2)
        assert (budget.is_empty("a"), budget.is_empty("b")) == (True, False)
        budget.spend("b", BURST_S)
        assert budget.is_empty("c")
        now.now += 1000
        assert not any(budget.is_empty(name) for name in "abc")

    def test_callers_are_bounded(self, monkeypatch):
        """The bucket of the least recently used caller is dropped."""
        monkeypatch.setattr(compile_budget, "MAX_CALLERS", 3)
        budget = CompileBudget(now=ManualClock())

        for n in range(10):
            budget.spend(str(n), 0.001)

        assert len(budget._callers) == 3

    async def test_caller_over_the_budget_is_answered_without_a_plan(self, schema):
        """graphql-core executes the operation; other callers are not affected."""
        budget = CompileBudget(now=ManualClock())
        both = Both(schema, budget=budget)
        budget.spend("somebody", BURST_S / 2)

        assert await both.ask("{ a row { b } }") == {"data": {"a": 1, "row": {"b": 1}}}
        assert both.outcome is Outcome.INTERPRETED

    async def test_plan_without_functions_completes_row_by_row(self, schema):
        """The budget may end between the plan and its functions; they are generated when there is budget again."""
        both = Both(schema)
        exhausted = iter([False, False, True])
        both.compiler.is_exhausted = lambda _caller: next(exhausted, False)

        assert await both.agreed("{ a }") == {"data": {"a": 1}}
        assert (both.outcome, both.compiler.counters.functions) == (Outcome.FAST, 0)

        await both.agreed("{ a }")
        assert both.compiler.counters.functions == 1

    async def test_budget_that_ends_between_levels_ends_the_plan(self, schema):
        """graphql-core completes the operation, and the level is planned when there is budget again."""
        both = Both(schema)
        exhausted = iter([False, False, False, True])
        both.compiler.is_exhausted = lambda _caller: next(exhausted, False)

        assert await both.agreed("{ a row { b } }") == {"data": {"a": 1, "row": {"b": 1}}}
        assert both.outcome is Outcome.REPLAYED

        await both.agreed("{ a row { b } }")
        assert both.outcome is Outcome.FAST

    async def test_planning_of_levels_is_charged(self, schema):
        """A level that is planned while the operation is executed costs its caller."""
        budget = CompileBudget(now=ManualClock())
        both = Both(schema, budget=budget)
        spent = []
        budget.spend = lambda caller, seconds: spent.append((caller, seconds > 0))

        await both.ask("{ a row { b } }")

        assert spent == [("somebody", True)] * 5


class TestBounds:
    """How many plans are kept."""

    async def test_plans_are_bounded(self, schema):
        """The least recently used operation loses its plans first, a pinned one last."""
        both = Both(schema, max_bytes=3 * ONE_FIELD)
        both.compiled.pin("query Pinned { a }")
        await both.ask("query Pinned { a }")

        for n in range(10):
            await both.ask(f"{{ a{n}: a }}")

        assert both.compiler.plan_count == 3
        await both.ask("query Pinned { a }")
        assert both.outcome is Outcome.FAST
        assert len(both.compiler._entries) == 3

    async def test_conditions_are_bounded(self, schema, monkeypatch):
        """An operation with more outcomes of its conditions is not planned for the others."""
        monkeypatch.setattr(module, "MAX_PLANS_PER_OPERATION", 2)
        both = Both(schema)
        text = "query ($x: Boolean!, $y: Boolean!) { a @skip(if: $x) b: a @include(if: $y) row { b } }"

        outcomes = []
        for x, y in [(True, True), (True, False), (False, True), (True, True)]:
            await both.agreed(text, {"x": x, "y": y})
            outcomes.append(both.outcome)

        assert outcomes == [Outcome.FAST, Outcome.FAST, Outcome.INTERPRETED, Outcome.FAST]

    async def test_completers_of_a_level_are_bounded(self, schema, monkeypatch):
        """A level with rows of many classes keeps the completers of some."""
        monkeypatch.setattr("dexter_graphql.engine.completers.MAX_ROW_CLASSES", 3)
        schema.query_type.fields["row"].extensions["engine-resolution"] = deferred(
            lambda rows, _: [type("Row", (Row,), {})() for _ in rows]
        )
        both = Both(schema)

        for _ in range(6):
            await both.ask("{ row { b } }")

        (operation_entry,) = both.compiler._entries
        (compiled,) = operation_entry.plans.values()
        (row,) = compiled.plan.root.fields("Query")
        assert len(compiled.completers(row.completion.level)._by_class) == 3

    async def test_evicted_operation_loses_its_plans(self, schema):
        """The operation itself stays usable."""
        compiler = Compiler(schema, times_seen=1, max_bytes=2 * ONE_FIELD)
        documents = [parse(f"{{ a{n}: a }}") for n in range(4)]
        entries = [OperationEntry(document, document.definitions[0]) for document in documents]

        for operation_entry in entries:
            compiler.plan(operation_entry, module.VariableValues({}, {}), "somebody")

        assert [len(operation_entry.plans) for operation_entry in entries] == [0, 0, 1, 1]
        assert compiler.plan_count == 2


async def test_text_of_a_client_is_never_code(schema, monkeypatch):
    """Response keys become names of struct members and are not in the text of functions."""
    texts = []
    monkeypatch.setattr(
        "dexter_graphql.engine.codegen.compile",
        lambda text, *more: texts.append(text) or compile(text, *more),
        raising=False,
    )
    keys = ["__class__", "None", "import", "rows", "run", "S", "f0", "names", "__init__", "a" * 2000]
    both = Both(schema)
    text = "{ " + " ".join(f"{key}: a" for key in keys) + " row { " + " ".join(f"{key}: b" for key in keys) + " } }"

    answer = await both.agreed(text)

    assert list(answer["data"]) == [*keys, "row"]
    assert len(texts) == 2
    assert not any(key in text for text in texts for key in ("__class__", "import", "__init__", "aaaa"))


async def test_budget_is_that_of_the_caller(schema):
    """Each caller has its own share."""
    both = Both(schema, budget=CompileBudget(now=ManualClock()))
    both.compiler._budget.spend("greedy", BURST_S)
    await both.compiled.execute(both.compiled.prepare("{ a }"), None, Context("greedy"), lambda error: error.formatted)

    assert both.compiler.counters.executions(Outcome.INTERPRETED) == 1
    assert await run(both.interpreted, "{ a }") == {"data": {"a": 1}}
