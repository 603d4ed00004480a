"""The whole report, and its forms for machines, terminals and the documentation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from dexter_graphql.parity.coverage import CategoryStatus, OperationStatus, Status
from dexter_graphql.parity.features import Feature
from dexter_graphql.parity.health import HealthRow
from dexter_graphql.parity.routes import RouteStatus

BAR_WIDTH = 30
INTRODUCTION = """# Parity with Sentry's API

Operations of Sentry's API by category, as `dexter parity` computes them from the schema and the published API:

- **proven**: a test executes a document, and checks that the request arrives with its arguments and is answered.
- **declared**: a field or mutation declares that it calls the operation.
- **missing**: no field or mutation calls the operation.

`make parity` runs the tests and writes this page.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """Coverage by category, features of the client, consistency of the routes, and the health table."""

    coverage: Sequence[CategoryStatus]
    features: Sequence[Feature]
    routes: Sequence[RouteStatus]
    health: Sequence[HealthRow]


def render_json(report: Report) -> str:
    """The report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def render_text(report: Report) -> str:
    """The report with a bar for each category."""
    blocks = [_coverage_lines(report.coverage), _feature_lines(report.features), _route_lines(report.routes)]
    return "\n\n".join("\n".join(lines) for lines in [*blocks, _health_lines(report.health)] if lines)


def render_markdown(coverage: Sequence[CategoryStatus]) -> str:
    """A page with a section for each category and a line for each operation."""
    return "\n".join([INTRODUCTION, *(line for category in coverage for line in _section(category))])


def state_of(feature: Feature) -> str:
    """Whether a feature worked, in one or two words."""
    return {True: "on", False: "OFF", None: "not measured"}[feature.is_on]


def consistency_of(route: RouteStatus) -> str:
    """Whether a route follows the rules of all, or which it breaks."""
    return "; ".join(route.problems) or "consistent"


def figure_of(row: HealthRow) -> str:
    """The figure of a row of the health table."""
    return f"not measured: {row.note}" if row.total is None else f"{row.count} of {row.total}"


def _coverage_lines(coverage: Sequence[CategoryStatus]) -> list[str]:
    width = max((len(category.name) for category in coverage), default=0)
    return ["Operations: # proven, + declared, . missing", *(_bar_line(category, width) for category in coverage)]


def _bar_line(category: CategoryStatus, width: int) -> str:
    total = len(category.operations)
    proven, declared = category.count(Status.PROVEN), category.count(Status.DECLARED)
    full, reached = round(BAR_WIDTH * proven / total), round(BAR_WIDTH * (proven + declared) / total)
    bar = "#" * full + "+" * (reached - full) + "." * (BAR_WIDTH - reached)
    return f"  {category.name:<{width}}  {bar}  {proven + declared:>3} of {total:>3}, {proven} proven"


def _feature_lines(features: Sequence[Feature]) -> list[str]:
    lines = [f"  {feature.name:<22}  {state_of(feature):<12}  {feature.measured}" for feature in features]
    return ["Features of the client", *lines] if lines else []


def _route_lines(routes: Sequence[RouteStatus]) -> list[str]:
    return ["Routes", *(f"  {route.method:<4}  {route.path:<42}  {consistency_of(route)}" for route in routes)]


def _health_lines(health: Sequence[HealthRow]) -> list[str]:
    return [
        "Health",
        *(f"  {row.subject:<15}  {figure_of(row)} {row.meaning if row.total else ''}".rstrip() for row in health),
    ]


def _section(category: CategoryStatus) -> Iterator[str]:
    yield f"## {category.name}\n"
    yield "| status | operation |"
    yield "| --- | --- |"
    yield from (_row(operation) for operation in category.operations)
    yield ""


def _row(status: OperationStatus) -> str:
    return f"| {status.status} | `{status.operation.method} {status.operation.path}` |"
