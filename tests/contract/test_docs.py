"""The documents for users tell the truth: every setting, code, command and query in them is held against the code."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from dexter_graphql.cli import SUMMARIES
from dexter_graphql.errors import ErrorCode
from dexter_graphql.settings import Settings, load_settings, variable
from support.server import running_site

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(document, language):
    """Bodies of the fenced blocks of one language."""
    return [body for word, body in FENCE.findall(document.read_text()) if word == language]


def cells(document):
    """Rows of all tables of a document, each a list of cells."""
    rows = [line for line in document.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name, monkeypatch):
    """The table has the variable, with the default that the code has."""
    monkeypatch.delenv(variable(name), raising=False)
    rows = {row[0].strip("`"): row[1].strip("`") for row in cells(ROOT / "docs/configuration.md") if len(row) == 3}

    told = rows[variable(name)]

    default = getattr(load_settings(), name)
    if name == "secret":
        assert told == "random at each start"
    elif default in (None, ()):
        assert told == "none"
    elif isinstance(default, bool):
        assert told == str(default).lower()
    elif isinstance(default, tuple):
        assert told == ",".join(default)
    elif isinstance(default, str):
        assert told == str(default)
    else:
        assert float(told) == default


def test_no_setting_is_documented_that_is_not_there():
    """A variable in the documents is one that is read."""
    known = {variable(name) for name in Settings.model_fields}
    told = set().union(*(re.findall(r"\b(?:DEXTER|SENTRY|REDIS)_[A-Z_]+\b", one.read_text()) for one in DOCUMENTS))

    assert told - known == set()


def test_every_error_code_is_documented():
    """The table of errors is the closed list of codes, and nothing else."""
    told = {row[0].strip("`") for row in cells(ROOT / "docs/errors.md") if re.fullmatch(r"`[A-Z_]+`", row[0])}

    assert told == set(ErrorCode)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_produced(code):
    """Some module answers with the code, and some test beside those of the list of codes expects it in an answer."""
    own = [path.read_text() for path in (ROOT / "dexter_graphql").rglob("*.py")]
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_errors.py"]

    assert any(f"ErrorCode.{code}" in text for text in own)
    assert any(f'"{code}"' in text for text in tests)


@pytest.mark.parametrize("name", sorted(SUMMARIES))
def test_every_command_is_documented(name):
    """Each command of the command line has its line."""
    assert f"`dexter {name}`" in (ROOT / "docs/configuration.md").read_text()


def test_links_lead_somewhere():
    """Every relative link of a document names a file."""
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if one.stem != "architecture"], ids=lambda one: one.stem)
def test_queries_of_the_documents_are_valid(document, graph):
    """What a reader copies is accepted by the schema; the examples of the architecture page extend it first."""
    for body in blocks(document, "graphql"):
        for part in re.split(r"\n(?=subscription \{)", body):
            assert validate(graph.schema, parse(part)) == [], part


def test_operations_of_the_example_are_valid(graph):
    """The operations and fragments of the example front end are accepted by the schema, together."""
    sources = [path.read_text() for path in sorted((ROOT / "examples/triage/src").glob("*.ts*"))]
    parts = [part for source in sources for part in re.findall(r"graphql\(`(.*?)`\)", source, re.DOTALL)]

    assert validate(graph.schema, parse("\n".join(parts))) == []
    assert len(parts) > 5


async def test_queries_of_the_tour_give_answers():
    """Each query of the tour runs over the sandbox without an error."""
    async with running_site() as site:
        data = await site.data('{ organization(slug: "acme") { releases(first: 1) { nodes { version } } } }')
        version = data["organization"]["releases"]["nodes"][0]["version"]
        for body in blocks(ROOT / "docs/schema-tour.md", "graphql"):
            answer = await site.data(body, org="acme", version=version)

            assert next(iter(answer.values()))


def test_every_support_module_is_listed():
    """The README of the tests' support modules has one line for each of them, in order."""
    folder = ROOT / "tests" / "support"
    listed = [row[0].strip("`") for row in cells(folder / "README.md") if row[0].startswith("`")]

    assert listed == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
