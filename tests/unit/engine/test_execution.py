"""Execution of plans: one await for each field and level, located failures, nothing fetched twice."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import pytest

from dexter_graphql.engine import arguments as arguments_module
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.resolution import RESOLUTION
from support.declared import Both, Context, attribute, context_free, deferred, immediate, run, schema_of

SDL = """
  type Query { items(n: Int = 3): [Item], one: Item!, grid: [[Item!]], plain: String, now: Int }
  type Mutation { first: Int, second: Item, third: Int }
  type Item {
    id: ID!, name: String, size: Int, strict: Int!, owner: Owner, must: Owner!, tags: [String!], twin: Item
    by(n: Int): Int, foreign: String, extra: String
  }
  type Owner { name: String!, items: [Item] }
"""


@dataclass(eq=False)
class Item:
    """A row."""

    id: str
    name: object = "x"
    size: object = 1
    strict: object = 1
    tags: object = ()
    twin: object = None


@dataclass(eq=False)
class Bare(Item):
    """A row that lacks a member."""


class Owners:
    """A batched field that records its calls."""

    def __init__(self):
        self.asked = []
        self.answer = lambda row: Item(row.id, f"owner of {row.id}")

    async def __call__(self, rows, _arguments):
        self.asked.append([row.id for row in rows])
        await asyncio.sleep(0)
        return [self.answer(row) for row in rows]


@pytest.fixture
def owners():
    """The owners of items."""
    return Owners()


@pytest.fixture
def rows():
    """The rows of the list."""
    return [Item(str(n), tags=["a"]) for n in range(3)]


@pytest.fixture
def written():
    """Effects of mutations, in order."""
    return []


@pytest.fixture
def both(owners, rows, written):
    """Both engines over a schema with every kind of field."""

    def write(name, value):
        async def writing(_rows, _arguments):
            written.append(f"{name} begins")
            await asyncio.sleep(0)
            written.append(f"{name} ends")
            return [value]

        return deferred(writing, is_repeatable=False)

    async def later(parents, _arguments):
        await asyncio.sleep(0)
        return [rows for _ in parents]

    schema = schema_of(
        SDL,
        Query_items=deferred(lambda parents, given: [rows[: given["n"]] for _ in parents]),
        Query_one=deferred(lambda parents, _: [rows[0] for _ in parents]),
        Query_grid=deferred(lambda parents, _: [[rows, None, rows[:1]] for _ in parents]),
        Query_plain=context_free(lambda _: "plain"),
        Item_id=attribute("id"),
        Item_name=attribute("name"),
        Item_size=attribute("size"),
        Item_strict=attribute("strict"),
        Item_tags=attribute("tags"),
        Item_twin=attribute("twin"),
        Item_owner=deferred(owners),
        Item_must=deferred(owners),
        Item_by=immediate(lambda row, n=0: int(row.id) + n),
        Item_extra=context_free(lambda row: row.extra, lacking=(Bare,), hydrate=hydrated),
        Owner_name=attribute("name"),
        Owner_items=deferred(later),
        Mutation_first=write("first", 1),
        Mutation_second=write("second", rows[0]),
        Mutation_third=write("third", ValueError("no")),
    )
    schema.type_map["Item"].fields["foreign"].resolve = foreign
    schema.query_type.fields["now"].resolve = lambda *_: 7
    return Both(schema)


def hydrated(row):
    """The whole row."""
    whole = Item(row.id)
    whole.extra = f"extra {row.id}"
    return whole


async def foreign(row, info):
    """A resolver without a declaration."""
    await asyncio.sleep(0)
    if row.id == "1":
        raise ValueError("not this one")
    return f"{row.id} at {'.'.join(map(str, info.path.as_list()))}"


class TestLevels:
    """Awaits for each level."""

    async def test_field_is_resolved_once_for_all_rows(self, both, owners):
        """Two aliases are two fields; each is resolved for all rows of its level."""
        await both.ask("{ items { owner { name } again: owner { name } } }")

        assert both.outcome is Outcome.FAST
        assert owners.asked == [["0", "1", "2"]] * 2

    async def test_rows_of_several_lists_are_one_level(self, both, owners):
        """Also for lists of lists; nulls stay null."""
        answer = await both.agreed("{ grid { id owner { name } } }")

        assert [None if row is None else len(row) for row in answer["data"]["grid"]] == [3, None, 1]
        assert owners.asked[0] == ["0", "1", "2", "0"]

    async def test_levels_do_not_wait_for_each_other(self, both, owners):
        """Fields below a resolved field are executed while its neighbour is pending."""
        gate = asyncio.Event()

        async def slow(rows, _arguments):
            await gate.wait()
            return [1 for _ in rows]

        schema = both.compiled.schema
        schema.query_type.fields["now"].extensions["engine-resolution"] = deferred(slow)
        asking = asyncio.ensure_future(
            run(Both(schema).compiled, "{ now items { owner { items { owner { name } } } } }")
        )
        for _ in range(30):
            await asyncio.sleep(0)
        assert len(owners.asked) == 2
        gate.set()

        assert (await asking)["data"]["now"] == 1

    async def test_empty_list_resolves_nothing(self, both, owners):
        """There is no row below it."""
        assert await both.agreed("{ items(n: 0) { owner { name } } }") == {"data": {"items": []}}
        assert owners.asked == []

    async def test_keys_are_in_document_order(self, both):
        """The order in which fields resolve does not matter."""
        answer = await both.agreed("{ one { owner { name } z: id by(n: 2) __typename a: name } plain }")

        assert list(answer["data"]["one"]) == ["owner", "z", "by", "__typename", "a"]

    async def test_arguments_come_from_the_request(self, both):
        """One plan serves requests with different variables."""
        text = "query ($n: Int) { one { by(n: $n) } }"

        answers = [await both.agreed(text, {"n": n}) for n in (1, 2)]

        assert [answer["data"]["one"]["by"] for answer in answers] == [1, 2]

    async def test_row_that_lacks_a_member_is_hydrated(self, both, rows):
        """The other rows of the level are not."""
        rows[1] = Bare("1")
        rows[0].extra = rows[2].extra = "own"

        answer = await both.agreed("{ items { extra } }")

        assert [item["extra"] for item in answer["data"]["items"]] == ["own", "extra 1", "own"]
        assert both.outcome is Outcome.FAST


class TestFailures:
    """Errors of fields."""

    async def test_failed_values_are_null_at_their_paths(self, both, owners):
        """The other values of the level are there, and nothing is executed again."""
        owners.answer = lambda row: ValueError(f"no {row.id}") if row.id == "1" else Item(row.id)

        answer = await both.agreed("{ items { id owner { name } } }")

        assert both.outcome is Outcome.FAST
        assert [error["path"] for error in answer["errors"]] == [["items", 1, "owner"]]

    async def test_lookup_that_raises_fails_for_every_row(self, both, owners):
        """Each row has an error."""

        def broken(_row):
            raise ValueError("all")

        owners.answer = broken

        assert len((await both.agreed("{ items { owner { name } } }"))["errors"]) == 3
        assert both.outcome is Outcome.FAST

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"size": "text"}, "{ items { id size } }"),
            ({"size": 2**31}, "{ items { id size } }"),
            ({"size": True}, "{ items { size } }"),
            ({"name": ValueError("as a value")}, "{ items { name id } }"),
            ({"strict": None}, "{ items { id strict } }"),
            ({"strict": ValueError("x"), "size": "y"}, "{ items { size strict name } }"),
            ({"tags": ["a", None]}, "{ items { tags } }"),
            ({"tags": [1, 2.5]}, "{ items { tags } }"),
            ({"twin": Item("9", strict=None)}, "{ items { twin { strict } } }"),
            ({"twin": Item("9", name=[1])}, "{ items { twin { id name } } }"),
            ({"strict": None}, "{ grid { strict } }"),
            ({"name": 12}, "{ items { name } }"),
        ],
    )
    async def test_invalid_value_is_one_error(self, both, rows, change, text):
        """At its path, with graphql-core's message, without a replay."""
        for name, value in change.items():
            setattr(rows[1], name, value)

        await both.agreed(text)

        assert both.outcome is Outcome.FAST

    async def test_row_that_is_an_exception_is_null(self, both, rows):
        """Also when no field of it is read."""
        rows[0] = ValueError("no row")

        assert (await both.agreed("{ items { __typename } }"))["errors"][0]["path"] == ["items", 0]

    async def test_fields_below_a_failed_row_have_no_errors(self, both, owners, rows):
        """Their path is not in the response; graphql-core does not report them either."""
        rows[1].strict = None
        owners.answer = lambda row: ValueError(f"no {row.id}")

        answer = await both.agreed("{ items { owner { name } strict } }")

        assert sorted(error["path"] for error in answer["errors"]) == [
            ["items", 0, "owner"],
            ["items", 1, "strict"],
            ["items", 2, "owner"],
        ]

    async def test_non_null_violation_is_replayed_and_not_fetched_again(self, both, owners):
        """graphql-core decides what else is null; resolved values are reused."""
        owners.answer = lambda row: None if row.id == "1" else Item(row.id)

        await both.ask("{ items { must { name } } }")
        assert both.outcome is Outcome.REPLAYED
        assert owners.asked == [["0", "1", "2"]]

        assert (await both.agreed("{ items { must { name } } }"))["data"] == {
            "items": [{"must": {"name": "x"}}, None, {"must": {"name": "x"}}]
        }

    async def test_generator_is_left_to_graphql_core(self, both, rows):
        """Only lists and tuples are completed by plans."""
        rows[0].tags = (text for text in ("a", "b"))

        answer = await both.ask("{ one { tags } }")

        assert answer == {"data": {"one": {"tags": ["a", "b"]}}}
        assert both.outcome is Outcome.REPLAYED

    async def test_invalid_argument_is_reported_by_graphql_core(self, both):
        """With its message and location."""
        text = "query ($n: Int!) { items(n: $n) { id } one { by(n: $n) } }"

        assert (await both.agreed(text, {"n": "x"}))["errors"]

    async def test_refused_arguments_fail_every_row(self, both):
        """With the exception of the declaration."""

        def refuse(_values):
            raise ValueError("refused")

        both.compiled.schema.type_map["Item"].fields["by"].extensions["engine-resolution"].prepare = refuse

        answer = await both.agreed("{ items { by(n: 1) id } }")

        assert [error["message"] for error in answer["errors"]] == ["refused"] * 3

    async def test_mistake_of_the_engine_is_answered_by_graphql_core(self, both, monkeypatch):
        """It is counted as broken and logged."""
        monkeypatch.setattr("dexter_graphql.engine.execution.Execution.errors", lambda _execution: 1 / 0)

        assert await both.ask("{ plain }") == {"data": {"plain": "plain"}}
        assert both.outcome is Outcome.BROKEN


class TestDelegated:
    """Fields without a declaration."""

    async def test_delegated_fields_are_executed_at_their_paths(self, both):
        """Row by row, beside planned fields."""
        answer = await both.agreed("{ mine: items { id f: foreign } }")

        assert both.outcome is Outcome.FAST
        assert answer["data"]["mine"][2] == {"id": "2", "f": "2 at mine.2.f"}
        assert answer["errors"][0]["path"] == ["mine", 1, "f"]

    @pytest.mark.parametrize(
        "text", ["{ now }", "{ __schema { queryType { name } } }", '{ __type(name: "Item") { name } }']
    )
    async def test_operation_of_delegated_fields_has_no_plan(self, both, text):
        """graphql-core executes all of it."""
        await both.agreed(text)

        assert both.outcome is Outcome.INTERPRETED


class TestMutations:
    """Mutations: serial at the root, planned below."""

    async def test_root_fields_run_one_after_the_other(self, both, written):
        """Each with its selection."""
        answer = await both.ask("mutation { second { owner { name } } first third }")

        assert both.outcome is Outcome.FAST
        assert written == [f"{name} {what}" for name in ("second", "first", "third") for what in ("begins", "ends")]
        assert list(answer["data"]) == ["second", "first", "third"]
        assert answer["errors"][0]["path"] == ["third"]

    async def test_replay_does_not_write_again(self, both, owners, written):
        """Results of mutations are recorded."""
        owners.answer = lambda _row: None

        answer = await both.ask("mutation { second { must { name } } first }")

        assert both.outcome is Outcome.REPLAYED
        assert written == ["second begins", "second ends", "first begins", "first ends"]
        assert answer["data"] == {"second": None, "first": 1}


class TestConditions:
    """@skip and @include."""

    TEXT = """query ($a: Boolean!, $b: Boolean = false) { one {
        id @include(if: $a) name @skip(if: $b) ...F @skip(if: $a) } }
    fragment F on Item { size }"""

    @pytest.mark.parametrize("a", [True, False])
    @pytest.mark.parametrize("b", [True, False, None])
    async def test_each_outcome_has_a_plan(self, both, a, b):
        """One plan for each outcome of the conditions."""
        variables = {"a": a} | ({} if b is None else {"b": b})

        await both.agreed(self.TEXT, variables)

        assert both.outcome is Outcome.FAST

    async def test_other_variables_make_no_plans(self, both):
        """Only variables that decide what is selected do."""
        for n in range(5):
            await both.ask("query ($n: Int, $a: Boolean!) { one { by(n: $n) id @skip(if: $a) } }", {"n": n, "a": True})

        assert both.compiler.plan_count == 1


class TestCancelling:
    """Cancelled operations."""

    async def test_everything_under_way_is_cancelled(self, both):
        """One pending field or several."""
        ended = []

        async def endless(rows, _arguments):
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(len(rows))

        items = both.compiled.schema.type_map["Item"].fields
        for name in ("owner", "must"):
            items[name].extensions["engine-resolution"] = deferred(endless)
        asking = asyncio.ensure_future(run(both.compiled, "{ items { owner { name } must { name } } }"))
        for _ in range(5):
            await asyncio.sleep(0)

        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

        assert ended == [3, 3]


class Sound(msgspec.Struct, gc=False):
    """A row that msgspec validated."""

    is_validated: ClassVar[bool] = True
    id: str
    size: int | None = None
    name: str | None = None
    tags: list[str] | None = None
    strict: int | None = None


class TestSound:
    """Rows that msgspec validated."""

    async def test_values_are_passed_on(self, both, rows):
        """Also nulls, lists and integers."""
        rows[:] = [Sound("1", 5, "n", ["a", "b"], 2), Sound("2", strict=3)]

        answer = await both.agreed("{ items { id size name tags strict } }")

        assert both.outcome is Outcome.FAST
        assert answer["data"]["items"][1] == {"id": "2", "size": None, "name": None, "tags": None, "strict": 3}

    @pytest.mark.parametrize("row", [Sound("1", 2**31), Sound("1"), Sound("1", strict=2**40)])
    async def test_limits_beyond_json_are_still_checked(self, both, rows, row):
        """Integers of 32 bits, and nulls in non-null fields."""
        rows[:] = [row]

        assert "errors" in await both.agreed("{ items { size strict } }")


async def test_context_receives_the_selection(both):
    """It is the plan's index, so that projections are computed once."""
    contexts = [Context(), Context()]
    for context in contexts:
        await both.compiled.execute(both.compiled.prepare("{ plain }"), None, context, lambda error: error.formatted)

    assert contexts[0].followed == contexts[1].followed != []


async def test_constant_arguments_are_coerced_once(both, monkeypatch):
    """They are the same for all executions of a plan, beside arguments that vary; each execution prepares its own."""
    both.compiled.schema.query_type.fields["items"].extensions[RESOLUTION].is_repeatable = False
    coerced = []
    coerce = arguments_module.get_argument_values
    monkeypatch.setattr(
        arguments_module, "get_argument_values", lambda field, *args: coerced.extend(field.args) or coerce(field, *args)
    )

    for _ in range(3):
        await both.ask("{ items(n: 1) { id } }")
    for n in range(3):
        await both.ask("query ($n: Int) { items(n: $n) { id } }", {"n": n})

    assert coerced == ["n"] + 3 * ["n"]
