"""The `dexter` command; one module per subcommand."""

import sys
from collections.abc import Mapping
from importlib import import_module

import click
from typing_extensions import override

from dexter_graphql import __version__
from dexter_graphql.errors import DexterError

SUMMARIES = {
    "doctor": "Check the configuration and the connection to Sentry.",
    "documents": "Check trusted documents.",
    "drill": "Run a fault drill with its own server and sandbox.",
    "keys": "Create, list, rotate and revoke Dexter keys.",
    "parity": "Compare the graph with Sentry's published API and measure the features of the client.",
    "sandbox": "Run a fake Sentry with generated data, webhooks and scripted faults.",
    "schema": "Print the schema, sorted; write it with --output, compare it with --check.",
    "serve": "Serve the graph, GraphiQL and the webhooks.",
    "tail": "Print the changes of an organization as they happen.",
    "webhook": "Test the webhooks of a running server.",
}
"""The subcommands, each with its line in `dexter --help`."""


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when it runs: the graph alone takes a second to import."""

    def __init__(self, summaries: Mapping[str, str], **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # as click passes them
        self._summaries = summaries

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._summaries)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._summaries:
            return None
        command: click.Command = getattr(import_module(f"dexter_graphql.cli.{cmd_name}"), cmd_name)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summaries[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, summaries=SUMMARIES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dexter")
def commands() -> None:
    """One GraphQL graph over Sentry's REST API."""


def main() -> None:
    """Run a command; a mistake of the user is one sentence and exit code 2, not a traceback."""
    try:
        commands()
    except DexterError as error:
        click.echo(f"dexter: {error}", err=True)
        sys.exit(2)
