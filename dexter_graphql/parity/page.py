"""The report as an HTML page without scripts."""

from collections.abc import Iterable
from html import escape

from dexter_graphql.parity.coverage import CategoryStatus, Status
from dexter_graphql.parity.report import Report, consistency_of, figure_of, state_of

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.bar { display: flex; width: 16rem; height: .8rem; background: #8883; }
.proven { background: #2a7d4f; } .declared { background: #c08a1e; }
:root { color-scheme: light dark; }
"""


def render_page(report: Report) -> str:
    """The whole page."""
    parts = [
        "<h1>Parity with Sentry's API</h1>",
        "<p>Green: proven by a test. Yellow: declared by a field. Grey: missing.</p>",
        _table(("Category", "", "Reached", "Proven"), (_category_row(category) for category in report.coverage)),
        "<h2>Features of the client</h2>",
        _table(
            ("Feature", "State", "Measured"),
            ((escape(f.name), state_of(f), escape(f.measured)) for f in report.features),
        ),
        "<h2>Routes</h2>",
        _table(
            ("Route", "Consistency"),
            ((escape(f"{route.method} {route.path}"), escape(consistency_of(route))) for route in report.routes),
        ),
        "<h2>Health</h2>",
        _table(
            ("Subject", "Figure", "Meaning"),
            ((escape(row.subject), escape(figure_of(row)), escape(row.meaning)) for row in report.health),
        ),
        *(_details(category) for category in report.coverage),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Parity</title><style>{STYLE}</style>'
    return "\n".join([head, *parts, "</html>", ""])


def _category_row(category: CategoryStatus) -> tuple[str, ...]:
    total = len(category.operations)
    proven, declared = category.count(Status.PROVEN), category.count(Status.DECLARED)
    bar = (
        f'<div class="bar"><div class="proven" style="width: {100 * proven / total:.1f}%"></div>'
        f'<div class="declared" style="width: {100 * declared / total:.1f}%"></div></div>'
    )
    return escape(category.name), bar, f"{proven + declared} of {total}", str(proven)


def _details(category: CategoryStatus) -> str:
    rows = (
        (
            str(status.status),
            escape(f"{status.operation.method} {status.operation.path}"),
            escape(", ".join(status.fields)),
        )
        for status in category.operations
    )
    return f"<h2>{escape(category.name)}</h2>{_table(('Status', 'Operation', 'Fields'), rows)}"


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; the cells are HTML."""
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
