"""The examples of docs/architecture.md, applied to a copy of the package and executed."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
BLOCK = re.compile(r"```python\n# (?P<path>\S+\.py)(?:, (?P<place>[^\n]*))?\n(?P<code>.*?)```", re.DOTALL)
LIST = "/organizations/{organization}/dashboards/"
MAX_FILES = 6
"""Product files that a new entity with list, detail and link may touch."""
RUN = """
import asyncio, json, sys

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.schema import build_graph
from support.graph import GraphClient
from support.sandbox import StillClock, running_sandbox


async def answers():
    async with running_sandbox(clock := StillClock()) as server:
        asker = GraphClient(build_graph(), server, clock)
        variables = {"id": encode_id("Dashboard", asker.acme.id, "7")}
        for document in json.load(sys.stdin):
            told = await asker.ask(document, **(variables if "$id" in document else {}))
            assert told.errors == [], told.errors
            yield told.data, told.routes
        told = await asker.ask("query ($id: ID!) { node(id: $id) { id } }", **variables)
        yield told.data == {"node": variables}, told.routes
        await asker.client.close()


async def main():
    json.dump([answer async for answer in answers()], sys.stdout)


asyncio.run(main())
"""


def blocks(language):
    """The code blocks of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def apply(package, path, place, code):
    """Write a block: a new file, or additions to an existing one at a place."""
    file = package / path
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
        return
    imports = "".join(line + "\n" for line in code.splitlines() if re.match(r"(from|import) ", line))
    rest = "".join(line + "\n" for line in code.splitlines() if not re.match(r"(from|import) ", line))
    lines = file.read_text().splitlines(keepends=True)
    tree = ast.parse("".join(lines))
    if place is None:
        lines.append("\n\n" + rest)
    elif name := re.fullmatch(r"in class (\w+)", place):
        lines.insert(class_named(tree, name[1]).end_lineno, rest)
    elif name := re.fullmatch(r"bases of (\w+)", place):
        added = class_named(tree, name[1])
        names = re.findall(r"import (\w+)", imports)
        last = added.bases[-1]
        line = lines[last.end_lineno - 1]
        lines[last.end_lineno - 1] = f"{line[: last.end_col_offset]}, {', '.join(names)}{line[last.end_col_offset :]}"
    else:
        pytest.fail(f"{path}: unknown place {place!r}")
    first_import = next(node.lineno for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
    lines.insert(first_import - 1, imports)
    file.write_text("".join(lines))


def class_named(tree, name):
    """The definition of a class."""
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package with all examples in it."""
    copy = tmp_path_factory.mktemp("examples") / "dexter_graphql"
    shutil.copytree(ROOT / "dexter_graphql", copy, ignore=shutil.ignore_patterns("__pycache__", "build"))
    for match in BLOCK.finditer(PAGE):
        apply(copy, match["path"], match["place"], match["code"])
    return copy


def test_every_block_of_code_names_its_file():
    """Otherwise it would not be tested."""
    assert len(BLOCK.findall(PAGE)) == len(blocks("python"))


def test_examples_give_the_documented_answers(package):
    """The schema is built with the examples, and the queries of the page have the answers of the page."""
    environment = os.environ | {"PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT / 'tests'}"}
    queries = blocks("graphql")

    ended = subprocess.run(  # noqa: S603  # our own interpreter and script
        [sys.executable, "-c", RUN],
        input=json.dumps(queries),
        env=environment,
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    *answers, (is_found_by_id, _) = json.loads(ended.stdout)
    assert [data for data, _ in answers] == [json.loads(answer) for answer in blocks("json")]
    assert is_found_by_id
    assert [route for route in answers[0][1] if "dashboards" in route] == [LIST, f"{LIST}{{dashboard}}/"]


def test_entity_touches_few_files():
    """Endpoints, loaders, types, and the type that lists it."""
    start, end = PAGE.index("## Example: add an endpoint"), PAGE.index("## Example: add a field")
    files = {match["path"] for match in BLOCK.finditer(PAGE[start:end])}

    assert len({file for file in files if not file.startswith("sandbox/")}) <= MAX_FILES
