"""HTTP status of each error code."""

import re
from pathlib import Path

from dexter_graphql.errors import ErrorCode
from dexter_graphql.server.statuses import STATUSES

DOCS = Path(__file__).parents[3] / "docs" / "errors.md"


def test_every_code_has_a_documented_status():
    """The table in the docs has each code with its status, in the order of the list of codes."""
    section = DOCS.read_text().partition("## Status codes of routes")[2]

    documented = re.findall(r"^\| `(\w+)` \| (\d+) \|$", section, re.MULTILINE)
    assert documented == [(code.value, str(STATUSES[code].value)) for code in STATUSES]
    assert set(STATUSES) == set(ErrorCode)
