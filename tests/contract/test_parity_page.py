"""docs/parity.md against the cases of parity and the published operations."""

from pathlib import Path

import published
import pytest
from parity.tables import ALL_CASES

from dexter_graphql.parity.coverage import compute_coverage
from dexter_graphql.parity.operations import read_operations
from dexter_graphql.parity.report import render_markdown

PAGE = Path(__file__).parents[2] / "docs/parity.md"
FILES = (published.NEWEST, published.LEGACY[0], published.INDEX)


@pytest.mark.usefixtures("documents")
def test_page_shows_what_the_cases_prove(graph):
    """The page is what `make parity` writes when all cases pass."""
    operations = read_operations(published.directory() / name for name in FILES)
    coverage = compute_coverage(operations, graph.schema, {case.operation for case in ALL_CASES})

    assert PAGE.read_text() == render_markdown(coverage)
