"""The vocabulary: names that earlier versions used for standard terms do not come back, in code or in public text."""

import ast
import re
from pathlib import Path

import click
import pytest
from graphql import DirectiveDefinitionNode, StringValueNode, parse, visit
from graphql.language import Visitor

import dexter_graphql
from dexter_graphql.cli import commands

PACKAGE = Path(dexter_graphql.__file__).parent
ROOT = PACKAGE.parent
SOURCES = {path.relative_to(PACKAGE): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

MODULES = {
    "backends", "binding", "bound", "doors", "forms", "generations", "hooks", "kept", "kernels", "kinship", "leaves",
    "line", "manners", "news", "nodes", "notices", "odd", "paging", "people", "permits", "ranges", "regions", "repeats",
    "shape", "sharing", "stretches", "tallies", "ticket", "vault", "ways", "windows", "wire",
}  # fmt: skip
CLASSES = {
    "Asked", "Batches", "Candidate", "Deferred", "Deviation", "Doors", "Echoes", "Failed", "Figure", "Followed",
    "Foreign", "Found", "Inline", "Intake", "Irregular", "Kept", "Kernel", "Kinded", "Known", "Lasting", "Ledger",
    "Life", "Line", "Listing", "Located", "Lookup", "Misfit", "News", "Opener", "Organizations", "Permits", "Piece",
    "Place", "Proceed", "Purse", "Question", "Refusal", "Refused", "Region", "Repeats", "Room", "Run", "Said",
    "Scope", "Seal", "Seen", "Shape", "Shaper", "Shared", "Sharing", "Span", "Stored", "Stretch", "Tally", "Teller",
    "Telling", "Ticket", "Times", "Told", "Tolerance", "Undecoded", "Variants", "Vault", "Waiting", "Walker", "Way",
    "Wire", "Written",
}  # fmt: skip
FUNCTIONS = {
    "bad", "careful", "company", "everywhere", "hand_out", "hydrating", "is_news", "is_sound", "is_told",
    "judge", "know", "listing", "noun", "place", "quick", "raise_", "refusal", "remembered", "salvage", "same_until",
    "sealed", "settle", "sights", "spare_the_collector", "stamp", "together", "told", "untold", "verdict", "written",
}  # fmt: skip
WORDS = (
    "anew", "floors", "ill", "kinship", "mend", "mends", "misfit", "nobody", "noun", "nouns", "so many",
    "somebody", "stretch", "stretches", "told", "vault", "whatever", "whoever",
)  # fmt: skip
"""Words that public text replaces by a noun or a standard term."""
BANNED = re.compile(rf"\b(?!nobody: true)({'|'.join(WORDS)})\b", re.IGNORECASE)
"""`nobody: true` is a value of the API."""


def definitions(kinds):
    """Paths and names of classes or functions."""
    return {
        (str(path), node.name) for path, tree in SOURCES.items() for node in ast.walk(tree) if isinstance(node, kinds)
    }


def docstring_nodes(tree):
    """The constants that are docstrings, also of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def literals(tree):
    """Sentences in the code that are no docstrings: messages, descriptions, helps."""
    docstrings = {id(node) for node in docstring_nodes(tree)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()
        if is_text and id(node) not in docstrings:
            yield node.value


def schema_descriptions():
    """Every description in schema.graphql but that of GraphQL's own directives."""
    descriptions = []

    class Collect(Visitor):
        def enter_string_value(self, node: StringValueNode, key, parent, *_):
            is_ours = not isinstance(parent, DirectiveDefinitionNode) or parent.name.value == "sentry"
            if key == "description" and is_ours:
                descriptions.append(node.value)

    visit(parse((ROOT / "schema.graphql").read_text()), Collect())
    return descriptions


def helps(command):
    """Help texts of a command, its options and its subcommands."""
    yield command.help or ""
    yield from (getattr(parameter, "help", None) or "" for parameter in command.params)
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            yield from helps(subcommand)


def banned(texts):
    """The texts that contain a banned word, with the word."""
    return [(match[0], text) for text in texts if (match := BANNED.search(text))]


def test_modules_have_standard_names():
    """A file listing is read without a dictionary."""
    assert [str(path) for path in SOURCES if MODULES & {*path.parts[:-1], path.stem}] == []


def test_classes_have_standard_names():
    """Terms of GraphQL, HTTP, asyncio and Sentry can be searched for."""
    assert sorted(found for found in definitions(ast.ClassDef) if found[1].lstrip("_") in CLASSES) == []


def test_functions_have_standard_names():
    """Functions are verbs."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)

    assert sorted(found for found in definitions(kinds) if found[1].lstrip("_") in FUNCTIONS) == []


def test_docstrings_say_what_is_there():
    """A docstring is about the code, not about what it knows."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

    assert [
        f"{path}:{getattr(node, 'name', '')}"
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, kinds) and (ast.get_docstring(node) or "").startswith("Knows")
    ] == []


def test_schema_is_described_in_standard_terms():
    """Descriptions are the API's documentation; none is a single word."""
    descriptions = schema_descriptions()

    assert len(descriptions) > 500
    assert banned(descriptions) == []
    assert [text for text in descriptions if len(text.split()) == 1] == []


def test_messages_are_written_in_standard_terms():
    """Errors, settings, metrics and log events."""
    assert [(str(path), *found) for path, tree in SOURCES.items() for found in banned(literals(tree))] == []


def test_command_line_is_described_in_standard_terms():
    """`dexter --help` and the help of every command."""
    assert banned(helps(commands)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_documents_are_written_in_standard_terms(document):
    """The README and docs/."""
    assert banned(document.read_text().splitlines()) == []
