"""Schema rules of graphql-eslint: its recommended set and the Relay set."""

import json
import shutil

import pytest
import pytest_asyncio

from support.node import installed_scripts, run


async def lint(folder, sdl):
    """Findings in a schema as pairs of rule and the text on its line."""
    modules = installed_scripts()
    (folder / "schema.graphql").write_text(sdl, encoding="utf-8")
    shutil.copy(modules / "eslint.config.mjs", folder)
    (folder / "node_modules").symlink_to(modules / "node_modules")
    eslint = modules / "node_modules" / "eslint" / "bin" / "eslint.js"

    code, out, err = await run(eslint, "schema.graphql", "--format", "json", cwd=folder)

    assert code in {0, 1}, err or out
    [report] = json.loads(out)
    lines = sdl.splitlines()
    return [
        (str(finding["ruleId"]).removeprefix("@graphql-eslint/"), lines[finding["line"] - 1])
        for finding in report["messages"]
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def findings(tmp_path_factory, graph):
    """Findings in the schema of the code."""
    return await lint(tmp_path_factory.mktemp("lint"), graph.sdl())


WITHOUT_IDENTITY = ("AIConversation", "AIConversationSpan", "AppComponent", "CheckIn", "DiscoverRow")
WITHOUT_IDENTITY += ("ExploreAttribute", "IssueHash", "TagValue", "TraceError", "TraceSpan")


@pytest.mark.asyncio(loop_scope="module")
async def test_schema_keeps_the_rules(findings):
    """The schema has no findings, except the kinds of items that have no identity at Sentry."""
    assert findings == [("relay-edge-types", f"type {name}Edge {{") for name in WITHOUT_IDENTITY]


async def test_broken_rules_are_found(tmp_path):
    """A schema that breaks the rules has findings."""
    sdl = """
        type Query { rows(first: Int, after: String): RowConnection }
        type RowConnection { edges: [RowEdge] }
        type RowEdge { cursor: String! node: [bad_name] }
        type bad_name { id: ID! }
    """

    rules = {rule for rule, _ in await lint(tmp_path, sdl)}

    assert rules >= {
        "naming-convention",
        "relay-arguments",
        "relay-connection-types",
        "relay-edge-types",
        "relay-page-info",
        "require-description",
    }
