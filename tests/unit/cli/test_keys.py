"""`dexter keys`."""

import asyncio
import json
import os
import re

import pytest
from click.testing import CliRunner

from dexter_graphql.cli import commands
from dexter_graphql.cli.keys import Duration
from dexter_graphql.errors import DexterError
from dexter_graphql.server.identity.key_files import KeyFile
from support.command import command_environment
from support.keys import HASHER, SECRET, Keys

KEY = re.compile(r"dxk_([0-9a-f]{10})_[\w-]{43}")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Path of the file with the keys, which the environment names."""
    for name in os.environ.keys() - command_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEXTER_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("DEXTER_SECRET", SECRET)
    return tmp_path / "keys.json"


def invoked(*arguments):
    """The result of `dexter keys` with these arguments."""
    return CliRunner().invoke(commands, ["keys", *arguments])


def created(*arguments):
    """ID of a new key."""
    result = invoked("create", "bot", *(arguments or ("--all-projects",)))
    assert result.exit_code == 0, result.output
    return KEY.search(result.stdout)[1]


def listed():
    """All keys, by ID."""
    return {key["id"]: key for key in json.loads(invoked("list", "--json").stdout)}


def test_key_is_shown_once(path):
    """Standard output is the key alone, so that a script can take it; the file has its hash."""
    result = invoked("create", "deploy bot", "--project", "acme/web", "--access", "triage", "--email", "a@acme.example")

    text = result.stdout.strip()
    assert KEY.fullmatch(text)
    assert "not shown again" in result.stderr
    assert HASHER.digest(text) in path.read_text()
    assert text not in path.read_text() + invoked("list").output + invoked("list", "--json").output


def test_list_shows_reach_and_expiry(path):
    """A line for each key; JSON has all members but the hash."""
    narrow = created("--project", "acme/web", "--project", "acme/api", "--documents-only", "--expires", "12h")
    wide = created("--all-projects", "--expires", "never", "--subject", "team")

    lines = invoked("list").stdout.splitlines()
    keys = listed()

    assert lines[0].split()[:4] == ["ID", "STATE", "ACCESS", "REACH"]
    assert re.match(rf"{narrow}  active +read +acme/api acme/web, stored documents only +\d{{4}}-", lines[1])
    assert re.match(rf"{wide}  active +read +all projects +never +never +bot", lines[2])
    assert (keys[narrow]["projects"], keys[wide]["projects"]) == (["acme/api", "acme/web"], None)
    assert (keys[narrow]["subject"], keys[wide]["subject"]) == ("bot", "team")
    assert "digest" not in keys[narrow]


def test_rotation_keeps_the_reach(path):
    """The new key has the reach and the subject of the old one, which is valid for the grace period."""
    old = created("--project", "acme/web", "--access", "triage", "--subject", "team")

    result = invoked("rotate", old, "--grace", "2h")
    keys = listed()
    new = KEY.search(result.stdout)[1]

    assert keys[old]["replacedBy"] == new
    same = ("name", "subject", "access", "projects", "documentsOnly", "email")
    assert [keys[new][name] for name in same] == [keys[old][name] for name in same]
    assert keys[old]["expiresAt"] < keys[new]["expiresAt"]
    assert f"{old}  until " in invoked("list").stdout


def test_revoked_key_ends(path):
    """It is listed as revoked, and cannot be rotated."""
    key_id = created()

    result, rotation = invoked("revoke", key_id), invoked("rotate", key_id)

    assert (result.exit_code, result.stdout) == (0, f"Revoked {key_id}.\n")
    assert f"{key_id}  revoked" in invoked("list").stdout
    assert (rotation.exit_code, "ended already" in rotation.output) == (1, True)


async def test_last_use_is_listed(path):
    """What servers recorded is shown."""
    store = Keys(KeyFile(str(path)))
    _, key = await store.create()
    await store.store.record_last_uses({key.id: key.created_at})

    shown = await asyncio.to_thread(invoked, "list")

    assert f"{key.created_at:%Y-%m-%d %H:%M}" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "bot"], "--all-projects"),
        (["create", "bot", "--all-projects", "--project", "acme/web"], "--all-projects"),
        (["create", "bot", "--project", "web"], "organization/project"),
        (["create", "bot", "--all-projects", "--access", "owner"], "--access"),
        (["create", "bot", "--all-projects", "--expires", "soon"], "24h"),
        (["create", "", "--all-projects"], "printable"),
        (["create", "a\nb", "--all-projects"], "printable"),
        (["rotate", "0123456789", "--grace", "never"], "24h"),
    ],
)
def test_mistakes_are_named(path, arguments, words):
    """A key's reach and time are given explicitly; nothing is written after a mistake."""
    result = invoked(*arguments)

    assert (result.exit_code, words in result.output) == (2, True)
    assert not path.exists()


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_unknown_key_is_an_error(path, command):
    """The message says how to find the ID."""
    created()

    assert "dexter keys list" in str(invoked(command, "0123456789").exception)


@pytest.mark.parametrize(("variable", "value"), [("DEXTER_SECRET", "short"), ("DEXTER_KEYS_FILE", "")])
def test_settings_are_required(path, monkeypatch, variable, value):
    """Without the secret of the server, or a place for the keys, no key is made."""
    monkeypatch.setenv(variable, value)

    result = invoked("create", "bot", "--all-projects")

    assert isinstance(result.exception, DexterError)
    assert variable in str(result.exception)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1w", 604800)])
def test_durations_have_units(text, seconds):
    """A number and one letter."""
    assert Duration().convert(text, None, None).total_seconds() == seconds
