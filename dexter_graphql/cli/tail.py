"""`dexter tail`: the changes of an organization's issues in a terminal, as they happen."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

import click

from dexter_graphql.cli.client import credential_headers, printable, running_server
from dexter_graphql.cli.following import ChangeFollower, StreamRefused
from dexter_graphql.clock import Clock
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.settings import load_settings

KINDS = [kind.value for kind in Kind]


@click.command()
@click.argument("organization", metavar="ORG")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Repeatable; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print each item of the stream as one line of JSON.")
@click.option("--after", metavar="POSITION", help="Resume after this position, which --json prints.")
@click.option("--count", type=click.IntRange(min=1), help="End after this number of items.")
@click.option("--url", help="Address of the server, instead of DEXTER_URL.")
@click.option("--token", help="Credential, instead of DEXTER_TOKEN. Other users of this machine may see options.")
def tail(
    *,
    organization: str,
    kinds: tuple[str, ...],
    as_json: bool,
    after: str | None,
    count: int | None,
    url: str | None,
    token: str | None,
) -> None:
    """Print the changes of an organization's issues as they happen.

    They come from a running server. After a lost connection the stream resumes where it stopped; what was missed and is
    no longer kept is shown as a gap. Ends with Ctrl-C.
    """
    settings = load_settings(dexter_url=url, dexter_token=token)
    server = running_server(settings)
    variables = {"organization": organization, "kinds": [kind.upper() for kind in kinds] or None}
    follower = ChangeFollower(server, credential_headers(settings, server), variables, after)
    try:
        with suppress(KeyboardInterrupt):
            for item in islice(follower.follow(_wait), count):
                click.echo(json.dumps(item) if as_json else describe(item))
    except StreamRefused as refusal:
        click.echo(f"dexter: {printable(str(refusal))}", err=True)
        sys.exit(1)


def describe(item: Mapping[str, Any]) -> str:
    """Return an item as one line without control characters."""
    change = item["change"]
    if change is None:
        missed = (item["gap"] or {}).get("missed")
        return f"gap: {'an unknown number of' if missed is None else missed} changes were missed"
    issue, actor = change["issue"] or {}, change["actor"] or {}
    author = f"by {actor['name']}" if "name" in actor else ""
    short_id, title = issue.get("shortId") or "-", issue.get("title") or change["action"]
    return printable(f"{change['occurredAt']}  {change['kind']:<10}  {short_id}  {title}  {author}".rstrip())


def _wait(seconds: float, reason: str) -> None:
    click.echo(f"dexter: {printable(reason)}; connecting again in {seconds:.1f} s", err=True)
    asyncio.run(Clock().sleep(seconds))
