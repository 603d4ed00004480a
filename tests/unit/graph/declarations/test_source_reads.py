"""Attributes that functions read of an argument, found in their source."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest

from dexter_graphql.graph.declarations import source_reads
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.declarations.source_reads import attributes_read
from dexter_graphql.sentry.parents import OrganizationRef


def version_of(row):
    """Read one member."""
    return row.version


def recursive(row, depth=0):
    """Pass the row to itself."""
    return recursive(row, depth + 1) if depth else row.leaf


class ThingKey(NamedTuple):
    """A key of two members."""

    organization: OrganizationRef
    first: str
    second: str


reader = EntityKey(ThingKey)
helpers = SimpleNamespace(version_of=version_of)


def direct(row):
    """Read members in a condition, in a comprehension and by calling one."""
    return [item for item in row.items if item.name or row.title] or row.names()


def by_name(row):
    """Read a member by a constant name."""
    return getattr(row, "kind", None)


def through_helpers(row):
    """Pass the row on, by position and by keyword, by name and below a name."""
    return version_of(row), helpers.version_of(row=row), reader(row), isinstance(row, str)


def through_nested(row):
    """Pass the row to a function of the enclosing scope."""
    offset = version_of

    def inner(row):
        return offset(row)

    return inner


def other_parameter(row, other):
    """Read members of two parameters."""
    return row.mine, other.theirs


@pytest.mark.parametrize(
    ("function", "attrs"),
    [
        (direct, {"items", "title", "names"}),
        (by_name, {"kind"}),
        (through_helpers, {"version", "first", "second"}),
        (through_nested(None), {"version"}),
        (recursive, {"leaf"}),
        (reader, {"first", "second"}),
        (lambda row: row.key, {"key"}),
        (other_parameter, {"mine"}),
        (len, set()),
        (None, set()),
    ],
)
def test_reads_are_found(function, attrs):
    """In the function and in what it calls with the argument; what cannot be looked into reads nothing."""
    assert attributes_read(function) == attrs


def test_any_parameter_may_be_asked_for():
    """By position or by name; a parameter that is not there reads nothing."""
    assert attributes_read(other_parameter, 1) == attributes_read(other_parameter, "other") == {"theirs"}
    assert attributes_read(other_parameter, 2) == set()


def test_function_without_source_reads_nothing():
    """Functions made at run time have no file."""
    names = {}
    exec("def made(row):\n    return row.x", names)  # noqa: S102  # the fact under test

    assert attributes_read(names["made"]) == set()


def test_several_lambdas_on_a_line_are_not_told_apart():
    """Which of them is meant cannot be known from line and name."""
    first, second = (lambda row: row.a), (lambda row: row.b)

    assert attributes_read(first) == attributes_read(second) == set()


def test_every_function_of_the_graph_has_source(graph):
    """The check of declarations is not skipped for the product's own functions."""
    files = {
        field.declaration.function.__code__.co_filename
        for bound in graph.binder._entities.values()
        for field in bound.fields.values()
        if getattr(field.declaration, "function", None) is not None
    }

    assert files
    assert all(source_reads._functions_in(file) for file in files)
