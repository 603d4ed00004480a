"""`dexter keys`: creates, lists, rotates and revokes Dexter keys."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import click
import msgspec
from msgspec.structs import replace
from typing_extensions import override

from dexter_graphql.cli.access_report import shown_reach
from dexter_graphql.cli.running import run_in_loop
from dexter_graphql.clock import Clock
from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.key_records import MAX_TEXT, Key, KeyGrant, KeySet
from dexter_graphql.server.identity.key_store import KeyChange
from dexter_graphql.server.identity.modes import key_hasher, key_store
from dexter_graphql.settings import Settings, load_settings
from dexter_graphql.settings.fields import PROJECT
from dexter_graphql.settings.identity import MIN_SECRET_LENGTH

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = re.compile(rf"(\d{{1,6}})([{''.join(UNITS)}])")
NEVER = "never"
LEVELS = [level.value for level in AccessLevel]
COLUMNS = ("ID", "STATE", "ACCESS", "REACH", "EXPIRES", "LAST USED", "NAME")


class Duration(click.ParamType[timedelta | None]):
    """A number with a unit, such as `90d`; `never` where that is allowed."""

    name = "duration"

    def __init__(self, *, allow_never: bool = False) -> None:
        self._allow_never = allow_never

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | None:
        text = str(value)
        if text == NEVER and self._allow_never:
            return None
        match = DURATION.fullmatch(text)
        if match is None:
            self.fail(f"{text!r} is not a number with one of the units {', '.join(UNITS)}, such as 24h", param, ctx)
        return timedelta(**{UNITS[match[2]]: int(match[1])})


@click.group()
def keys() -> None:
    """Create, list, rotate and revoke Dexter keys.

    They are in the file DEXTER_KEYS_FILE or, without it, in Redis (REDIS_URL). DEXTER_SECRET must be that of the
    servers, which notice each change within seconds.
    """


@keys.command()
@click.argument("name")
@click.option("--access", type=click.Choice(LEVELS), default=LEVELS[0], show_default=True)
@click.option("--project", "projects", multiple=True, metavar="ORGANIZATION/PROJECT", help="Repeatable.")
@click.option("--all-projects", is_flag=True, help="Reach all that the server's token can see.")
@click.option("--documents-only", is_flag=True, help="Execute stored documents only.")
@click.option("--expires", type=Duration(allow_never=True), default="90d", show_default=True, help="Or 'never'.")
@click.option("--subject", help="Who uses the key, for limits and the audit log; the name by default.")
@click.option("--email", help="E-mail address of the person who uses the key.")
def create(
    *,
    name: str,
    access: str,
    projects: tuple[str, ...],
    all_projects: bool,
    documents_only: bool,
    expires: timedelta | None,
    subject: str | None,
    email: str | None,
) -> None:
    """Create a key and print it, once."""
    _check_texts(name, subject, email)
    grant = KeyGrant(
        name=name,
        subject=subject or name,
        email=email,
        access=AccessLevel(access),
        projects=_reach(projects, all_projects=all_projects),
        documents_only=documents_only,
        expires_at=None if expires is None else Clock().now() + expires,
    )
    settings = _settings()
    text, key = key_hasher(settings).create(grant, Clock().now())
    _update(settings, lambda stored: stored.add(key, Clock().now()))
    _show_once(text, key)


@keys.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, without the hashes.")
def list_keys(*, as_json: bool) -> None:
    """List all keys with their reach, expiry and last use."""
    stored, uses = _read(_settings())
    if as_json:
        click.echo(msgspec.json.encode([_as_json(key, uses) for key in stored.keys]))
        return
    now = Clock().now()
    rows = [COLUMNS, *(_row(key, uses.get(key.id), now) for key in stored.keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--grace", type=Duration(), default="24h", show_default=True, help="Time for which both keys are valid.")
@click.option("--expires", type=Duration(allow_never=True), default="90d", show_default=True, help="Or 'never'.")
def rotate(*, key_id: str, grace: timedelta, expires: timedelta | None) -> None:
    """Replace a key by a new one with the same reach, and print the new one, once."""
    settings, now = _settings(), Clock().now()
    old = _read(settings)[0].find(key_id)
    if not old.is_active(now):
        raise click.ClickException(f"The key {key_id} has ended already; create a new one")
    expires_at = None if expires is None else now + expires
    grant = KeyGrant(old.name, old.subject, old.email, old.access, old.projects, old.documents_only, expires_at)
    text, key = key_hasher(settings).create(grant, now)
    _update(settings, lambda stored: stored.rotate(stored.find(key_id), key, now, grace))
    _show_once(text, key)


@keys.command()
@click.argument("key_id", metavar="ID")
def revoke(*, key_id: str) -> None:
    """End a key at once, with all its open streams."""
    now = Clock().now()
    _update(_settings(), lambda stored: stored.replace(replace(stored.find(key_id), revoked_at=now), now))
    click.echo(f"Revoked {key_id}.")


def _settings() -> Settings:
    settings = load_settings()
    if not settings.has_strong_secret:
        message = f"DEXTER_SECRET: set it to the server's, which has at least {MIN_SECRET_LENGTH} characters"
        raise SettingsError(message)
    return settings


def _reach(projects: tuple[str, ...], *, all_projects: bool) -> tuple[str, ...] | None:
    """Return the projects of a key; what it reaches is always said explicitly."""
    if bool(projects) is all_projects:
        raise click.UsageError("Give the projects with --project, or --all-projects")
    for project in projects:
        if not PROJECT.fullmatch(project):
            raise click.UsageError(f"{project!r} is not of the form organization/project")
    return None if all_projects else tuple(sorted(set(projects)))


def _check_texts(*texts: str | None) -> None:
    if any(text is not None and (not text.isprintable() or not 0 < len(text) <= MAX_TEXT) for text in texts):
        raise click.UsageError(f"Names are printable and have at most {MAX_TEXT} characters")


def _update(settings: Settings, change: KeyChange) -> None:
    async def work() -> None:
        store = key_store(settings, Clock())
        try:
            await store.update(change)
        finally:
            await store.close()

    run_in_loop(work())


def _read(settings: Settings) -> tuple[KeySet, Mapping[str, datetime]]:
    results: list[tuple[KeySet, Mapping[str, datetime]]] = []

    async def work() -> None:
        store = key_store(settings, Clock())
        try:
            results.append((await store.read() or KeySet(), await store.read_last_uses()))
        finally:
            await store.close()

    run_in_loop(work())
    return results[0]


def _show_once(text: str, key: Key) -> None:
    click.echo(f"Key {key.id} of {key.name!r}; it is not shown again:", err=True)
    click.echo(text)


def _as_json(key: Key, uses: Mapping[str, datetime]) -> dict[str, object]:
    members = msgspec.to_builtins(key)
    del members["digest"]
    return {**members, "lastUsedAt": uses.get(key.id)}


def _row(key: Key, used_at: datetime | None, now: datetime) -> tuple[str, ...]:
    reach = shown_reach(key.projects, documents_only=key.documents_only)
    return key.id, _state(key, now), key.access, reach, _day(key.expires_at), _day(used_at), key.name


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if not key.is_active(now):
        return "expired"
    return "active" if key.replaced_by is None else f"until {_day(key.expires_at)}"


def _day(time: datetime | None) -> str:
    return "never" if time is None else f"{time:%Y-%m-%d %H:%M}"
