"""`dexter tail`: the changes of an organization in a terminal, as they happen."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from types import MappingProxyType

import click

from dexter_graphql.cli.client import credential_headers, printable, running_server
from dexter_graphql.cli.following import ChangeFollower, Item, StreamRefused
from dexter_graphql.clock import Clock
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.settings import load_settings

KINDS = [kind.value for kind in Kind]
ENTITIES = ["alert", "autofix", "comment", "error", "issue", "other", "release"]

Parts = tuple[str | None, ...]


@click.command()
@click.argument("organization", metavar="ORG")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Repeatable; all by default.")
@click.option("--entity", "entities", multiple=True, type=click.Choice(ENTITIES), help="Repeatable; all by default.")
@click.option("--json", "as_json", is_flag=True, help="Print each item of the stream as one line of JSON.")
@click.option("--after", metavar="POSITION", help="Resume after this position, which --json prints.")
@click.option("--count", type=click.IntRange(min=1), help="End after this number of items.")
@click.option("--url", help="Address of the server, instead of DEXTER_URL.")
@click.option("--token", help="Credential, instead of DEXTER_TOKEN. Other users of this machine may see options.")
def tail(
    *,
    organization: str,
    kinds: tuple[str, ...],
    entities: tuple[str, ...],
    as_json: bool,
    after: str | None,
    count: int | None,
    url: str | None,
    token: str | None,
) -> None:
    """Print the changes of an organization as they happen.

    They come from a running server. After a lost connection the stream resumes where it stopped; what was missed and is
    no longer kept is shown as a gap. Ends with Ctrl-C.
    """
    settings = load_settings(dexter_url=url, dexter_token=token)
    server = running_server(settings)
    variables = {"organization": organization, "kinds": _enum_values(kinds), "entities": _enum_values(entities)}
    follower = ChangeFollower(server, credential_headers(settings, server), variables, after)
    try:
        with suppress(KeyboardInterrupt):
            for item in islice(follower.follow(_wait), count):
                click.echo(json.dumps(item) if as_json else describe(item))
    except StreamRefused as refusal:
        click.echo(f"dexter: {printable(str(refusal))}", err=True)
        sys.exit(1)


def _enum_values(words: tuple[str, ...]) -> list[str] | None:
    return [word.upper() for word in words] or None


def describe(item: Item) -> str:
    """Return an item as one line without control characters."""
    change = item["change"]
    if change is None:
        missed = (item["gap"] or {}).get("missed")
        return f"gap: {'an unknown number of' if missed is None else missed} changes were missed"
    actor = change["actor"] or {}
    author = f"by {actor['name']}" if "name" in actor else ""
    subject = "  ".join(part for part in _SUBJECTS[change["entity"]](change) if part) or change["action"]
    kinds = f"{change['entity']:<8} {change['kind']:<10}"
    return printable(f"{change['occurredAt']}  {kinds}  {subject}  {author}".rstrip())


def _issue(change: Item) -> Parts:
    issue = change["issue"] or {}
    return (issue.get("shortId"), issue.get("title"))


def _comment(change: Item) -> Parts:
    text = (change["comment"] or {}).get("text") or ""
    return ((change["issue"] or {}).get("shortId"), *text.splitlines()[:1])


def _error(change: Item) -> Parts:
    event = change["event"] or {}
    return (event.get("level"), event.get("title"), event.get("environment"))


def _alert(change: Item) -> Parts:
    alert = change["alert"] or {}
    return (alert.get("status"), alert.get("alertName"), alert.get("title"))


def _release(change: Item) -> Parts:
    release = change["release"] or {}
    return (release.get("version"), (release.get("deploy") or {}).get("environment"))


def _autofix(change: Item) -> Parts:
    autofix = change["autofix"] or {}
    issue = autofix.get("issue") or {}
    progress = "completed" if autofix.get("isCompleted") else "started"
    stage = f"{autofix['stage']} {progress}" if autofix else None
    return (issue.get("shortId"), stage, issue.get("title"))


_SUBJECTS: Mapping[str, Callable[[Item], Parts]] = MappingProxyType(
    {
        "ISSUE": _issue,
        "COMMENT": _comment,
        "ERROR": _error,
        "ALERT": _alert,
        "RELEASE": _release,
        "AUTOFIX": _autofix,
        "OTHER": lambda _change: (),
    }
)
"""What a line says about a change, by the class of the object."""


def _wait(seconds: float, reason: str) -> None:
    click.echo(f"dexter: {printable(reason)}; connecting again in {seconds:.1f} s", err=True)
    asyncio.run(Clock().sleep(seconds))
