"""The `dexter` command; one module per subcommand."""

import sys

import click

from dexter_graphql import __version__
from dexter_graphql.cli.doctor import doctor
from dexter_graphql.cli.drill import drill
from dexter_graphql.cli.sandbox import sandbox
from dexter_graphql.cli.schema import schema
from dexter_graphql.cli.serve import serve
from dexter_graphql.errors import DexterError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dexter")
def commands() -> None:
    """One GraphQL graph over Sentry's REST API."""


commands.add_command(serve)
commands.add_command(sandbox)
commands.add_command(schema)
commands.add_command(doctor)
commands.add_command(drill)


def main() -> None:
    """Run a command; a mistake of the user's is one sentence and exit code 2, never a traceback."""
    try:
        commands()
    except DexterError as error:
        click.echo(f"dexter: {error}", err=True)
        sys.exit(2)
