"""Small schemas with plain resolvers, executed by graphql-core and by every strategy of the compiled engine.

Each schema is executed four times: by graphql-core, and by the compiled engine without declarations, with all fields
immediate, and with all fields batched. All results must be equal.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import isawaitable, iscoroutine
from types import SimpleNamespace
from typing import Any

import msgspec
from graphql import GraphQLObjectType, build_schema, default_field_resolver

from dexter_graphql.engine.documents import PreparedDocument
from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.engine.resolution import RESOLUTION, Batched, Immediate
from support.engines import ADDRESS, Outcome, assert_agreement, assert_sound, engines, outcome


@dataclass(frozen=True)
class Agreed:
    """The common result. Errors are (path, message), sorted; `raised` is an exception instead of a response."""

    data: Any
    errors: list
    raised: str | None = None


class Operation:
    """An operation without extensions, or the items of a subscription."""

    caller = "test"
    groups_events = False

    def for_events(self, _count):
        return self

    def begin_answer(self, event):
        pass

    async def close(self):
        pass

    def extensions(self):
        return {}

    def use_selection(self, selection_index, variables):
        pass


class NotImmediate(Exception):
    """A resolver of an immediate field returned an awaitable."""


class Declared:
    """A field declared by its plain resolver."""

    def __init__(self, name, resolve, *, is_write):
        self._name, self._resolve = name, resolve
        self.is_repeatable = not is_write

    def prepare_arguments(self, values):
        return values

    def needs_hydration(self, _row_class):
        return False

    def _answered(self, row, arguments, context):
        return self._resolve(row, SimpleNamespace(field_name=self._name, context=context), **arguments)


class ImmediateField(Declared):
    """An immediate field."""

    def strategy(self, _selection):
        return Immediate(lambda arguments, context: partial(self._read, arguments=arguments, context=context))

    def _read(self, row, arguments, context):
        value = self._answered(row, arguments, context)
        if any(map(isawaitable, value if isinstance(value, (list, tuple)) else [value])) or hasattr(value, "__aiter__"):
            for one in value if isinstance(value, list) else [value]:
                if iscoroutine(one):
                    one.close()
            raise NotImmediate
        return value


class BatchedField(Declared):
    """A batched field."""

    def strategy(self, _selection):
        return Batched(self._all)

    async def _all(self, rows, arguments, context):
        return [await self._one(row, arguments, context) for row in rows]

    async def _one(self, row, arguments, context):
        value = await _settled(self._answered, row, arguments, context)
        return [await _settled(lambda one=one: one) for one in value] if isinstance(value, list) else value


async def _settled(make, *given):
    """The awaited result of a function, or the exception that it raises."""
    try:
        value = make(*given)
        return await value if isawaitable(value) else value
    except Exception as error:  # noqa: BLE001  # a field or an item fails for itself
        return error


def small(sdl, *, fields=None, types=None, **roots):
    """A schema. `roots` are the values of the fields of Query, or functions that create them for each execution;
    `fields` are resolvers by `Type.field`, `types` functions that change a type, by its name.
    """
    schema = build_schema(sdl, assume_valid_sdl=True)
    for name, value in roots.items():
        schema.query_type.fields[name].resolve = _root(value)
    for place, resolve in (fields or {}).items():
        kind, _, name = place.partition(".")
        schema.type_map[kind].fields[name].resolve = resolve
    for name, change in (types or {}).items():
        change(schema.type_map[name])
    return schema


def _root(value):
    return lambda _root, _info, **arguments: value(**arguments) if callable(value) else value


def declare(schema, kind):
    """Declare every field of the schema with that strategy, or none when it is None."""
    for graphql_type in list(schema.type_map.values()):
        if isinstance(graphql_type, GraphQLObjectType) and not graphql_type.name.startswith("__"):
            is_write = graphql_type is schema.mutation_type
            for name, field in graphql_type.fields.items():
                field.extensions.pop(RESOLUTION, None)
                if kind is not None:
                    resolve = field.resolve or default_field_resolver
                    field.extensions[RESOLUTION] = kind(name, resolve, is_write=is_write)


@lru_cache(maxsize=8)
def prepared(schema, text):
    """The prepared document."""
    return Pipeline(schema).prepare(text)


async def agreed(schema, text, variables=None, *, typename_of=None):
    """The result of a document on which all engines and strategies agree."""
    document = prepared(schema, text)
    expected = await executed(Pipeline(schema), document, variables)
    for kind in (None, ImmediateField, BatchedField):
        declare(schema, kind)
        both = engines(schema, typename_of=typename_of)
        found = await executed(both.compiled, without_plans(document), variables)
        if not any(error.startswith(NotImmediate.__name__) for error in found.unforeseen):
            assert_agreement(found, expected, kind, text, variables)
            assert_sound(both)
    errors = [msgspec.json.decode(error) for error in expected.errors.elements()]
    places = sorted(((error.get("path", []), error["message"]) for error in errors), key=repr)
    return Agreed(expected.decoded, places, expected.raised)


def without_plans(document):
    """The document with a new operation entry."""
    operation_entry = document.operation_entry
    return (
        document
        if operation_entry is None
        else PreparedDocument(OperationEntry(operation_entry.document, operation_entry.operation))
    )


async def executed(pipeline, document, variables=None):
    """The outcome of a document on one engine, also when it raises."""
    unforeseen = []
    try:
        answer = await pipeline.execute(document, variables, Operation(), partial(located, unforeseen=unforeseen))
    except Exception as error:  # noqa: BLE001  # whatever one engine raises, the other one must raise
        return Outcome(raised=ADDRESS.sub("0x", f"{type(error).__name__}: {error}"))
    return outcome(answer, unforeseen=unforeseen)


async def subscribed(pipeline, document, variables=None):
    """The outcomes of the items of a subscription, in order."""
    unforeseen = []
    answers = pipeline.subscribe(document, variables, Operation(), partial(located, unforeseen=unforeseen))
    async for answer in answers:
        yield outcome(answer, unforeseen=unforeseen)
        unforeseen.clear()


def located(error, *, unforeseen):
    """A formatted error; its cause is recorded for comparison."""
    if error.original_error is not None:
        unforeseen.append(error.original_error)
    return {**error.formatted, "extensions": {"code": type(error.original_error).__name__, **(error.extensions or {})}}
