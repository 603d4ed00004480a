"""The scripts of the GraphiQL page, held against the rules of ESLint."""

import json
import shutil

from dexter_graphql.server.console import CONSOLE
from support.node import installed_scripts, run


async def lint(folder, scripts):
    """Findings in scripts, as triples of file, rule and line."""
    modules = installed_scripts()
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(modules / "page.eslint.config.mjs", folder / "eslint.config.mjs")
    (folder / "node_modules").symlink_to(modules / "node_modules")
    eslint = modules / "node_modules" / "eslint" / "bin" / "eslint.js"

    code, out, err = await run(eslint, *scripts, "--format", "json", cwd=folder)

    assert code in {0, 1}, err or out
    reports = {report["filePath"].rpartition("/")[2]: report["messages"] for report in json.loads(out)}
    assert reports.keys() == scripts.keys()
    return [(name, found["ruleId"], found["line"]) for name, messages in reports.items() for found in messages]


async def test_scripts_keep_the_rules(tmp_path):
    """The scripts of the page have no findings."""
    scripts = {path.name: path.read_text() for path in CONSOLE.glob("*.js")}

    assert len(scripts) > 10
    assert await lint(tmp_path, scripts) == []


async def test_broken_rules_are_found(tmp_path):
    """Unknown names, unused variables and loose comparisons are findings."""
    findings = await lint(tmp_path, {"a.js": "let a = 1;\nif (b == 2) window.open();\n"})

    assert {rule for _, rule, _ in findings} == {"no-undef", "no-unused-vars", "eqeqeq", "prefer-const"}
