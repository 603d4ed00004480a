"""`dexter documents`: checks trusted documents before they are served."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse

from dexter_graphql.app import build_pipeline
from dexter_graphql.engine.documents import PreparedDocument
from dexter_graphql.engine.pipeline import Pipeline
from dexter_graphql.engine.variable_values import default_variables
from dexter_graphql.graph.schema import Graph, build_graph
from dexter_graphql.operations.manifests import read_documents
from dexter_graphql.settings import load_settings
from dexter_graphql.telemetry.metrics import Metrics


@click.group()
def documents() -> None:
    """Check trusted documents."""


@documents.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def check(path: Path) -> None:
    """Validate the documents of a folder or a manifest, and print what each costs.

    The limits are those of the settings. Costs are the calls to Sentry that an operation makes at most while nothing is
    cached, and about how many values its answer has, with the default values of its variables. Exits with 1 when a
    document is invalid or needs more calls than one operation may make.
    """
    settings, trusted, graph = load_settings(), read_documents(path), build_graph()
    pipeline = build_pipeline(graph, settings, Metrics(), trusted)
    failures = 0
    for name, text in trusted.by_id.items():
        for prepared in prepare_all(pipeline, text):
            is_right, line = describe(graph, prepared, settings.call_budget)
            failures += not is_right
            click.echo(f"{'ok  ' if is_right else 'FAIL'}  {name}  {line}")
    sys.exit(1 if failures else 0)


def prepare_all(pipeline: Pipeline, text: str) -> Iterator[PreparedDocument]:
    """Prepare each operation of a document."""
    try:
        nodes = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    except (GraphQLSyntaxError, RecursionError):
        nodes = []
    names: list[str | None] = [node.name.value for node in nodes if node.name is not None]
    for name in names or [None]:
        yield pipeline.prepare(text, name)


def describe(graph: Graph, prepared: PreparedDocument, call_budget: int) -> tuple[bool, str]:
    """Return whether an operation can be executed, and its cost or what is wrong."""
    entry = prepared.operation_entry
    if entry is None:
        return False, "; ".join(error.message for error in prepared.errors)
    price = graph.costs.estimate(entry, default_variables(graph.schema, entry))
    kind = entry.operation.operation.value
    cost = f"{kind} {entry.operation_name or '(without name)'}: calls {price.calls}, values {price.values}"
    if price.calls is None or price.calls > call_budget:
        return False, f"{cost}; DEXTER_CALL_BUDGET is {call_budget}"
    return True, cost
