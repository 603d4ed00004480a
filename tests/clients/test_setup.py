"""The packages that the scripts need, and what is said when they are not there."""

import json

import pytest

from support.node import FOLDER, installed_scripts, run


def test_missing_packages_fail_the_tests(tmp_path):
    """A test that cannot run is not left out: it says what installs what it needs."""
    with pytest.raises(AssertionError, match="`make test` installs it"):
        installed_scripts(tmp_path)


def test_missing_node_fails_the_tests(monkeypatch):
    """The same goes for Node.js itself."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(AssertionError, match="`make tools` installs it"):
        installed_scripts()


def test_lock_names_no_registry():
    """Packages come from whichever registry npm is set to; their hashes are fixed."""
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}

    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [name for name, package in locked.items() if "integrity" not in package] == []


def test_versions_are_exact():
    """The tests run the same clients everywhere."""
    wanted = json.loads((FOLDER / "package.json").read_text())["devDependencies"]
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]

    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}


@pytest.mark.parametrize("script", ["audit.mjs", "sse.mjs", "ws.mjs"])
async def test_script_without_arguments_fails(script):
    """A script that was told nothing ends with 1 and says how it is used."""
    code, out, err = await run(script)

    assert (code, out) == (1, "")
    assert f"usage: node {script} URL" in err
