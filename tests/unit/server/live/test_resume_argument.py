"""The `after` argument of a subscription."""

import pytest
from graphql import OperationDefinitionNode, parse

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.server.live.resume_argument import ResumeArguments


def argument_of(text):
    """The argument of a document with one operation."""
    document = parse(text)
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return ResumeArguments()(OperationEntry(document, operation))


@pytest.mark.parametrize(
    ("text", "variables", "position"),
    [
        ("subscription { changed { id } }", None, None),
        ('subscription { changed(after: "p") { id } }', None, "p"),
        ("subscription { changed(after: null) { id } }", None, None),
        ("subscription ($a: String) { changed(after: $a) { id } }", {"a": "p"}, "p"),
        ("subscription ($a: String) { changed(after: $a) { id } }", None, None),
        ("subscription ($a: String) { changed(after: $a) { id } }", {"a": 7}, None),
        ('subscription ($a: String = "d") { changed(after: $a) { id } }', {}, "d"),
        ('subscription ($a: String = "d") { changed(after: $a) { id } }', {"a": None}, None),
        ('subscription { ...F } fragment F on Subscription { changed(after: "p") { id } }', None, "p"),
        ('subscription { ... { changed(after: "p") { id } } }', None, "p"),
        ('subscription { changed { list(after: "cursor") { id } } }', None, None),
    ],
)
def test_position_is_that_of_the_root_field(text, variables, position):
    """The position comes from the argument, the variable or its default, wherever the root field is written."""
    assert argument_of(text).value(variables) == position


@pytest.mark.parametrize(
    ("text", "variables", "rest"),
    [
        ("subscription ($a: String, $b: Int) { changed(after: $a, size: $b) { id } }", {"a": "p", "b": 1}, {"b": 1}),
        ("subscription ($a: String) { changed(after: $a) { id } }", {"a": 7}, {"a": 7}),
        ("subscription ($a: String) { changed(after: $a, search: $a) { id } }", {"a": "p"}, {"a": "p"}),
        ("subscription ($a: String) { changed(after: $a) { list(after: $a) { id } } }", {"a": "p"}, {"a": "p"}),
        ('subscription ($a: String) { changed(after: "p") { list(after: $a) { id } } }', {"a": "p"}, {"a": "p"}),
    ],
)
def test_variables_without_the_position(text, variables, rest):
    """The variable is left out only when it holds a position and is used for nothing else."""
    assert argument_of(text).without(variables) == rest
