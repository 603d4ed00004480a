"""Small schemas whose fields are declared by functions of a row, for the engine and for graphql-core."""

from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import build_schema

from dexter_graphql.engine.compiler import Compiler
from dexter_graphql.engine.counters import Outcome
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.engine.resolution import RESOLUTION, Batched, Immediate


@dataclass
class Declared:
    """A field with a strategy; rows of the classes in `lacking` are first hydrated by `hydrate`."""

    found: Any
    prepare: Any = dict
    lacking: tuple = ()
    hydrate: Any = None
    is_repeatable: bool = True

    def prepare_arguments(self, values):
        return self.prepare(values)

    def strategy(self, _selection):
        return self.found

    def needs_hydration(self, row_class):
        return row_class in self.lacking

    def with_hydration(self, strategy):
        async def resolve_all(rows, arguments, context):
            return [strategy.bind(arguments, context)(self.hydrate(row)) for row in rows]

        return Batched(resolve_all)

    def resolve(self, row, info, **values):
        """The resolver for graphql-core."""
        strategy = self.with_hydration(self.found) if self.needs_hydration(type(row)) else self.found
        arguments = self.prepare_arguments(values)
        is_immediate = isinstance(strategy, Immediate)
        return (
            strategy.bind(arguments, info.context)(row)
            if is_immediate
            else self._first(strategy, row, arguments, info.context)
        )

    @staticmethod
    async def _first(strategy, row, arguments, context):
        (value,) = await strategy.resolve_all([row], arguments, context)
        return value


def context_free(read, **more):
    """A field that is `read(row)`."""
    return Declared(Immediate(lambda _arguments, _context: read, is_context_free=True), **more)


def attribute(name, *, leaf=None):
    """A field that is an attribute of the row."""
    return Declared(Immediate(lambda _arguments, _context: lambda row: getattr(row, name), attr=name, leaf=leaf))


def immediate(compute, **more):
    """A field that is `compute(row, **arguments)`."""
    return Declared(Immediate(lambda arguments, _context: lambda row: compute(row, **arguments)), **more)


def deferred(answer, **more):
    """A batched field: `answer(rows, arguments)` returns the values of all rows, or an awaitable of them."""

    async def resolve_all(rows, arguments, _context):
        if isinstance(arguments, Exception):
            return [arguments] * len(rows)
        values = answer(rows, arguments)
        return await values if isawaitable(values) else values

    return Declared(Batched(resolve_all), **more)


def schema_of(sdl, **fields):
    """A schema whose fields, named `Type_field`, are declared."""
    schema = build_schema(sdl)
    for place, declared in fields.items():
        typename, _, name = place.partition("_")
        graphql_field = schema.type_map[typename].fields[name]
        graphql_field.extensions[RESOLUTION], graphql_field.resolve = declared, declared.resolve
    return schema


@dataclass
class Context:
    """An operation with a caller."""

    caller: str = "somebody"
    followed: list = field(default_factory=list)

    def extensions(self):
        return {}

    def use_selection(self, selection_index, _variables):
        self.followed.append(selection_index)


class Both:
    """Both engines over one schema; `outcome` is that of the last operation on the compiled one."""

    def __init__(self, schema, **options):
        self.compiler = Compiler(schema, **{"times_seen": 1} | options)
        self.compiled, self.interpreted = Pipeline(schema, compiler=self.compiler), Pipeline(schema)
        self.outcome = None

    async def ask(self, text, variables=None):
        """The decoded answer of the compiled engine."""
        before = {outcome: self.compiler.counters.executions(outcome) for outcome in Outcome}
        answer = await run(self.compiled, text, variables)
        self.outcome = next((one for one in Outcome if self.compiler.counters.executions(one) > before[one]), None)
        return answer

    async def agreed(self, text, variables=None):
        """The answer that both engines give."""
        answer, expected = await self.ask(text, variables), await run(self.interpreted, text, variables)
        assert msgspec.json.encode(answer.get("data")) == msgspec.json.encode(expected.get("data"))
        assert sorted(map(repr, answer.get("errors", []))) == sorted(map(repr, expected.get("errors", [])))
        return answer


async def run(pipeline, text, variables=None):
    """The decoded answer to a document."""
    answer = await pipeline.execute(pipeline.prepare(text), variables, Context(), lambda error: error.formatted)
    return msgspec.json.decode(answer.body)
