"""`dexter parity`: what of Sentry's API the graph reaches, and which features of the client work."""

from collections.abc import Sequence
from pathlib import Path

import click

from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.graph.schema import build_graph
from dexter_graphql.operations.routes import load_routes
from dexter_graphql.parity.coverage import compute_coverage
from dexter_graphql.parity.features import Feature, measure_features
from dexter_graphql.parity.health import compute_health
from dexter_graphql.parity.operations import read_operations
from dexter_graphql.parity.page import render_page
from dexter_graphql.parity.report import Report, render_json, render_markdown, render_text
from dexter_graphql.parity.results import read_results
from dexter_graphql.parity.routes import check_routes
from dexter_graphql.telemetry.logs import configure_logs

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
WRITABLE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--openapi",
    "documents",
    type=READABLE,
    multiple=True,
    required=True,
    help="OpenAPI document of Sentry; repeatable.",
)
@click.option("--results", type=READABLE, help="Results of the tests in JUnit's format, which prove operations.")
@click.option("--run/--no-run", default=True, help="Measure the features of the client in a run over the sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of bars.")
@click.option("--html", type=WRITABLE, help="Also write an HTML page.")
@click.option("--markdown", type=WRITABLE, help="Also write a page with the status of each operation.")
def parity(
    *,
    documents: Sequence[Path],
    results: Path | None,
    run: bool,
    as_json: bool,
    html: Path | None,
    markdown: Path | None,
) -> None:
    """Compare the graph with Sentry's published API and measure the features of the client."""
    configure_logs("critical", "text")
    schema, tested = build_graph().schema, read_results(results) if results else None
    coverage = compute_coverage(read_operations(documents), schema, tested.proven if tested else ())
    features = _measured_features() if run else []
    routes = check_routes(load_routes(), schema)
    report = Report(coverage, features, routes, compute_health(coverage, features, routes, schema, tested))
    if html:
        html.write_text(render_page(report), encoding="utf-8")
    if markdown:
        markdown.write_text(render_markdown(coverage), encoding="utf-8")
    click.echo(render_json(report) if as_json else render_text(report))


def _measured_features() -> list[Feature]:
    features: list[Feature] = []

    async def measure() -> None:
        features.extend(await measure_features())

    run_in_loop(measure())
    return features
