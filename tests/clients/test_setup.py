"""Packages of the Node.js scripts, and messages when they are missing."""

import json

import pytest

from support.checkout import ROOT
from support.node import FOLDER, installed_scripts, run

FOLDERS = [FOLDER, ROOT / "examples" / "triage"]


def test_missing_packages_fail_the_tests(tmp_path):
    """Missing packages fail the test with a message about their installation."""
    with pytest.raises(AssertionError, match="`make test` installs it"):
        installed_scripts(tmp_path)


def test_missing_node_fails_the_tests(monkeypatch):
    """A missing Node.js fails the test with a message about its installation."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(AssertionError, match="`make tools` installs it"):
        installed_scripts()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_lock_names_no_registry(folder):
    """Packages come from the registry that npm is configured with, and have hashes."""
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}

    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [name for name, package in locked.items() if "integrity" not in package] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_versions_are_exact(folder):
    """Every package has an exact version."""
    package = json.loads((folder / "package.json").read_text())
    versions = package.get("dependencies", {}) | package["devDependencies"]
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]

    assert versions == {name: packages[f"node_modules/{name}"]["version"] for name in versions}


@pytest.mark.parametrize("script", ["apollo.mjs", "audit.mjs", "sse.mjs", "urql.mjs", "ws.mjs"])
async def test_script_without_arguments_fails(script):
    """A script without arguments exits with 1 and prints its usage."""
    code, out, err = await run(script)

    assert (code, out) == (1, "")
    assert f"usage: node {script} URL" in err
