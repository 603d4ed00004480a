"""`dexter schema`: prints or writes the schema, or compares a file with it."""

import difflib
import sys
from pathlib import Path

import click

from dexter_graphql.graph.schema import build_graph


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write or check.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file differs.")
def schema(*, output: Path | None, check: bool) -> None:
    """Print the schema, sorted; write it with --output, compare it with --check."""
    text = build_graph().sdl()
    if check:
        sys.exit(_differs(text, output or Path("schema.graphql")))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _differs(text: str, path: Path) -> int:
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written == text:
        return 0
    before, after = written.splitlines(), text.splitlines()
    for line in difflib.unified_diff(before, after, str(path), "the code", lineterm="", n=2):
        click.echo(line)
    click.echo(f"{path} differs from the code; write it with: dexter schema --output {path}", err=True)
    return 1
