"""Dependencies: upper bounds in pyproject.toml, exact versions and hashes in the constraints."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
DEVELOPMENT = PROJECT["project"]["optional-dependencies"]["dev"]
FILES = ("constraints.txt", "constraints-dev.txt")
ENTRY = re.compile(
    r"(?P<name>[a-z0-9.-]+)(?:\[[a-z,-]+\])?==(?P<version>\S+)(?: ; [^\\]+)?"
    r"(?P<hashes>(?:\s*--hash=sha256:[0-9a-f]{64})+)"
)


def entries(file):
    """Each locked version by its package."""
    text = (ROOT / file).read_text().replace("\\\n", "\n")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    matches = [ENTRY.fullmatch(entry) for entry in re.split(r"\n(?=\S)", "\n".join(lines).strip())]
    assert all(matches), f"{file} has an entry without an exact version or without hashes"
    return {match["name"]: match["version"] for match in matches}


@pytest.mark.parametrize("text", RUNTIME + DEVELOPMENT)
def test_each_dependency_has_an_upper_bound(text):
    """A new major release of a dependency is adopted on purpose."""
    operators = {specifier.operator for specifier in Requirement(text).specifier}

    assert operators & {"<", "<=", "==", "~="}


@pytest.mark.parametrize(("file", "texts"), [("constraints.txt", RUNTIME), ("constraints-dev.txt", DEVELOPMENT)])
def test_locked_versions_are_inside_the_bounds(file, texts):
    """Each dependency is locked, with hashes, at a version that pyproject.toml allows."""
    locked = entries("constraints.txt") | entries(file)

    for requirement in map(Requirement, texts):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier


def test_no_package_is_locked_twice():
    """The development file holds only what it adds."""
    assert entries("constraints.txt").keys() & entries("constraints-dev.txt").keys() == set()


@pytest.mark.parametrize("file", FILES)
def test_locks_name_no_index(file):
    """Packages come from the index that pip is configured with."""
    assert re.search(r"://|--index|--find-links|--trusted", (ROOT / file).read_text()) is None


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_installs_check_hashes(file):
    """Every installation of a locked file checks its hashes; the project itself is installed without dependencies."""
    text = (ROOT / file).read_text()
    installs = [line for line in text.splitlines() if re.search(r"\$\(PIP_INSTALL\) |/pip install ", line)]

    assert installs
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
