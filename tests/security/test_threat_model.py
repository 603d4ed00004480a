"""The threat model in docs/security.md names a test for each line, and every test of this folder is named there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = [
    line for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| threat |"))
]
LINES = [row for row in ROWS if not row.startswith("| what |")]
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[1].strip()[:60])
def test_line_names_tests_that_exist(line):
    """Each line ends with the tests that hold it: files that exist, and functions that they define."""
    references = REFERENCE.findall(line.rstrip("| ").rpartition("|")[2])

    assert references
    for path, name in references:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, f"{path} has no {name}"


def test_every_module_is_named():
    """No module of tests/security is missing in the threat model."""
    named = {path for path, _ in REFERENCE.findall(DOCUMENT)}
    present = {f"tests/security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}

    assert present - {"tests/security/test_threat_model.py"} <= named
