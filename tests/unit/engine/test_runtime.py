"""Operations run by plans: one await per field and level, failures in their places, nothing fetched twice."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import pytest

from dexter_graphql.engine.counters import Outcome
from support.declared import Both, Context, attribute, deferred, inline, run, schema_of, told

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
    """A row that lacks something."""


class Owners:
    """A lookup that counts how it is asked."""

    def __init__(self):
        self.asked = []
        self.answer = lambda row: Item(row.id, f"owner of {row.id}")

    async def __call__(self, rows, _arguments):
        self.asked.append([row.id for row in rows])
        await asyncio.sleep(0)
        return [self.answer(row) for row in rows]


@pytest.fixture
def owners():
    """Whoever owns the items."""
    return Owners()


@pytest.fixture
def rows():
    """What the list has."""
    return [Item(str(n), tags=["a"]) for n in range(3)]


@pytest.fixture
def written():
    """What mutations did, in order."""
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

    async def later(found, _arguments):
        await asyncio.sleep(0)
        return [rows for _ in found]

    schema = schema_of(
        SDL,
        Query_items=deferred(lambda found, given: [rows[: given["n"]] for _ in found]),
        Query_one=deferred(lambda found, _: [rows[0] for _ in found]),
        Query_grid=deferred(lambda found, _: [[rows, None, rows[:1]] for _ in found]),
        Query_plain=inline(lambda _: "plain"),
        Item_id=attribute("id"),
        Item_name=attribute("name"),
        Item_size=attribute("size"),
        Item_strict=attribute("strict"),
        Item_tags=attribute("tags"),
        Item_twin=attribute("twin"),
        Item_owner=deferred(owners),
        Item_must=deferred(owners),
        Item_by=told(lambda row, n=0: int(row.id) + n),
        Item_extra=inline(lambda row: row.extra, lacking=(Bare,), hydrate=hydrated),
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
    """A resolver that the engine knows nothing of."""
    await asyncio.sleep(0)
    if row.id == "1":
        raise ValueError("not this one")
    return f"{row.id} at {'.'.join(map(str, info.path.as_list()))}"


class TestLevels:
    """How often something is waited for."""

    async def test_a_field_is_found_once_for_all_rows(self, both, owners):
        """Two aliases are two fields; each is asked for all rows of its level."""
        await both.ask("{ items { owner { name } again: owner { name } } }")

        assert both.outcome is Outcome.FAST
        assert owners.asked == [["0", "1", "2"]] * 2

    async def test_rows_of_several_lists_are_one_level(self, both, owners):
        """Lists of lists too; what was null stays null."""
        answer = await both.agreed("{ grid { id owner { name } } }")

        assert [None if row is None else len(row) for row in answer["data"]["grid"]] == [3, None, 1]
        assert owners.asked[0] == ["0", "1", "2", "0"]

    async def test_levels_do_not_wait_for_each_other(self, both, owners):
        """What is below one field goes on while its neighbour is still waited for."""
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

    async def test_empty_list_asks_for_nothing(self, both, owners):
        """There is no row below it."""
        assert await both.agreed("{ items(n: 0) { owner { name } } }") == {"data": {"items": []}}
        assert owners.asked == []

    async def test_order_of_the_answer_is_the_document_s(self, both):
        """Whatever came first."""
        answer = await both.agreed("{ one { owner { name } z: id by(n: 2) __typename a: name } plain }")

        assert list(answer["data"]["one"]) == ["owner", "z", "by", "__typename", "a"]

    async def test_arguments_from_variables_are_the_request_s(self, both):
        """The plan is the same, the arguments are not."""
        text = "query ($n: Int) { one { by(n: $n) } }"

        answers = [await both.agreed(text, {"n": n}) for n in (1, 2)]

        assert [answer["data"]["one"]["by"] for answer in answers] == [1, 2]

    async def test_row_that_lacks_something_is_completed_first(self, both, rows):
        """The others of the level are not."""
        rows[1] = Bare("1")
        rows[0].extra = rows[2].extra = "own"

        answer = await both.agreed("{ items { extra } }")

        assert [item["extra"] for item in answer["data"]["items"]] == ["own", "extra 1", "own"]
        assert both.outcome is Outcome.FAST


class TestFailures:
    """Errors of fields, in the fast way as far as that goes."""

    async def test_failed_values_are_null_at_their_places(self, both, owners):
        """The others of the level are there, and nothing is run again."""
        owners.answer = lambda row: ValueError(f"no {row.id}") if row.id == "1" else Item(row.id)

        answer = await both.agreed("{ items { id owner { name } } }")

        assert both.outcome is Outcome.FAST
        assert [error["path"] for error in answer["errors"]] == [["items", 1, "owner"]]

    async def test_lookup_that_raises_fails_for_every_row(self, both, owners):
        """An error each."""

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
    async def test_value_that_does_not_fit_is_one_error(self, both, rows, change, text):
        """At its place, with graphql-core's words, without a replay."""
        for name, value in change.items():
            setattr(rows[1], name, value)

        await both.agreed(text)

        assert both.outcome is Outcome.FAST

    async def test_row_that_is_an_exception_is_null(self, both, rows):
        """Even when nothing of it is read."""
        rows[0] = ValueError("no row")

        assert (await both.agreed("{ items { __typename } }"))["errors"][0]["path"] == ["items", 0]

    async def test_what_hangs_below_a_failed_row_tells_no_error(self, both, owners, rows):
        """Nobody can see its place any more; graphql-core keeps quiet about it too."""
        rows[1].strict = None
        owners.answer = lambda row: ValueError(f"no {row.id}")

        answer = await both.agreed("{ items { owner { name } strict } }")

        assert sorted(error["path"] for error in answer["errors"]) == [
            ["items", 0, "owner"],
            ["items", 1, "strict"],
            ["items", 2, "owner"],
        ]

    async def test_null_where_none_may_be_is_replayed_and_not_fetched_again(self, both, owners):
        """graphql-core decides what else is null; the values that were found are kept."""
        owners.answer = lambda row: None if row.id == "1" else Item(row.id)

        await both.ask("{ items { must { name } } }")
        assert both.outcome is Outcome.REPLAYED
        assert owners.asked == [["0", "1", "2"]]

        assert (await both.agreed("{ items { must { name } } }"))["data"] == {
            "items": [{"must": {"name": "x"}}, None, {"must": {"name": "x"}}]
        }

    async def test_generator_is_left_to_graphql_core(self, both, rows):
        """Only lists and tuples surely are lists."""
        rows[0].tags = (text for text in ("a", "b"))

        answer = await both.ask("{ one { tags } }")

        assert answer == {"data": {"one": {"tags": ["a", "b"]}}}
        assert both.outcome is Outcome.REPLAYED

    async def test_argument_that_does_not_fit_is_graphql_core_s_business(self, both):
        """Its message and its place."""
        text = "query ($n: Int!) { items(n: $n) { id } one { by(n: $n) } }"

        assert (await both.agreed(text, {"n": "x"}))["errors"]

    async def test_arguments_that_are_refused_fail_for_every_row(self, both):
        """By what the declaration says of them."""

        def refuse(_values):
            raise ValueError("refused")

        both.compiled.schema.type_map["Item"].fields["by"].extensions["engine-resolution"].prepare = refuse

        answer = await both.agreed("{ items { by(n: 1) id } }")

        assert [error["message"] for error in answer["errors"]] == ["refused"] * 3

    async def test_mistake_of_ours_is_answered_by_graphql_core(self, both, monkeypatch):
        """And counted, so that somebody looks."""
        monkeypatch.setattr("dexter_graphql.engine.execution.Execution.errors", lambda _execution: 1 / 0)

        assert await both.ask("{ plain }") == {"data": {"plain": "plain"}}
        assert both.outcome is Outcome.BROKEN


class TestForeign:
    """Fields that are not declared."""

    async def test_they_are_executed_one_by_one_at_their_paths(self, both):
        """Beside fields that are planned."""
        answer = await both.agreed("{ mine: items { id f: foreign } }")

        assert both.outcome is Outcome.FAST
        assert answer["data"]["mine"][2] == {"id": "2", "f": "2 at mine.2.f"}
        assert answer["errors"][0]["path"] == ["mine", 1, "f"]

    @pytest.mark.parametrize(
        "text", ["{ now }", "{ __schema { queryType { name } } }", '{ __type(name: "Item") { name } }']
    )
    async def test_operation_of_nothing_else_has_no_plan(self, both, text):
        """It would only be in the way."""
        await both.agreed(text)

        assert both.outcome is Outcome.INTERPRETED


class TestMutations:
    """Serial at the root, planned below."""

    async def test_root_fields_run_one_after_the_other(self, both, written):
        """Each with all that hangs below it."""
        answer = await both.ask("mutation { second { owner { name } } first third }")

        assert both.outcome is Outcome.FAST
        assert written == [f"{name} {what}" for name in ("second", "first", "third") for what in ("begins", "ends")]
        assert list(answer["data"]) == ["second", "first", "third"]
        assert answer["errors"][0]["path"] == ["third"]

    async def test_replay_writes_nothing_again(self, both, owners, written):
        """What was done is on record."""
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
        """Of its own."""
        variables = {"a": a} | ({} if b is None else {"b": b})

        await both.agreed(self.TEXT, variables)

        assert both.outcome is Outcome.FAST

    async def test_values_of_other_variables_make_no_plan(self, both):
        """Only those that decide what is selected."""
        for n in range(5):
            await both.ask("query ($n: Int, $a: Boolean!) { one { by(n: $n) id @skip(if: $a) } }", {"n": n, "a": True})

        assert both.compiler.plan_count == 1


class TestCancelling:
    """Whoever asked has gone."""

    async def test_everything_under_way_is_cancelled(self, both):
        """Also when several fields are."""
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
    """Decoded, and nothing amiss."""

    is_validated: ClassVar[bool] = True
    id: str
    size: int | None = None
    name: str | None = None
    tags: list[str] | None = None
    strict: int | None = None


class TestSound:
    """Rows whose members were checked when they were decoded."""

    async def test_values_are_passed_on(self, both, rows):
        """Null, lists and whole numbers among them."""
        rows[:] = [Sound("1", 5, "n", ["a", "b"], 2), Sound("2", strict=3)]

        answer = await both.agreed("{ items { id size name tags strict } }")

        assert both.outcome is Outcome.FAST
        assert answer["data"]["items"][1] == {"id": "2", "size": None, "name": None, "tags": None, "strict": 3}

    @pytest.mark.parametrize("row", [Sound("1", 2**31), Sound("1"), Sound("1", strict=2**40)])
    async def test_what_json_cannot_tell_is_still_looked_at(self, both, rows, row):
        """Whole numbers of 32 bits, and null where none may be."""
        rows[:] = [row]

        assert "errors" in await both.agreed("{ items { size strict } }")


async def test_context_is_told_what_is_selected(both):
    """By the walker of the plan, so that shapes are computed once."""
    contexts = [Context(), Context()]
    for context in contexts:
        await both.compiled.execute(both.compiled.prepare("{ plain }"), None, context, lambda error: error.formatted)

    assert contexts[0].followed == contexts[1].followed != []
