"""Dexter keys in a file."""

import asyncio
import os
import stat
from datetime import UTC, datetime

import pytest

from dexter_graphql.clock import Clock
from dexter_graphql.server.identity import key_files
from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.server.identity.key_records import KeySet, KeyStoreError, encode_keys
from support.keys import HASHER, Keys, grant

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Path of a file that does not exist yet."""
    return tmp_path / "keys.json"


async def test_file_is_private_and_read_when_it_changed(path):
    """A change makes the next read return all keys; without one there is nothing new."""
    store, reader = KeyFile(str(path)), KeyFile(str(path))
    _, key = await Keys(store).create()

    first, second = await reader.read(), await reader.read()
    _, other = await Keys(store).create()
    third = await reader.read()

    assert [first.keys, second, third.keys] == [(key,), None, (key, other)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


async def test_mounted_secret_is_swapped(tmp_path):
    """A link that leads to another folder is a change, as when an orchestrator replaces a mounted secret."""
    (_, first), (_, second) = (HASHER.create(grant(), Clock().now()) for _ in range(2))
    for name, key in (("v1", first), ("v2", second)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "keys.json").write_bytes(encode_keys(KeySet(keys=(key,))))
    data, path = tmp_path / "data", tmp_path / "keys.json"
    data.symlink_to("v1")
    path.symlink_to("data/keys.json")
    store = KeyFile(str(path))

    before = await store.read()
    new = tmp_path / "new"
    new.symlink_to("v2")
    new.replace(data)
    after = await store.read()

    assert (before.keys, after.keys) == ((first,), (second,))


async def test_change_goes_through_a_link(tmp_path, path):
    """The file that a link names is replaced, and the link stays."""
    target = tmp_path / "target.json"
    path.symlink_to(target)

    await Keys(KeyFile(str(path))).create()

    assert path.is_symlink()
    assert target.exists()


async def test_changes_at_the_same_time_are_all_kept(path):
    """Each change starts from the result of the one before."""
    await asyncio.gather(*(Keys(KeyFile(str(path))).create(str(number)) for number in range(20)))

    keys = await KeyFile(str(path)).read()

    assert {key.name for key in keys.keys} == set(map(str, range(20)))
    assert keys.revision == 20


async def test_missing_or_broken_file_is_an_error_each_time_it_changed(path):
    """The message names the file; an unchanged broken file is reported once."""
    store = KeyFile(str(path))
    with pytest.raises(KeyStoreError, match=r"keys\.json"):
        await store.read()
    path.write_text("{")
    with pytest.raises(KeyStoreError):
        await store.read()

    assert await store.read() is None


async def test_huge_file_is_refused(path, monkeypatch):
    """The memory for keys is bounded."""
    monkeypatch.setattr(key_files, "MAX_FILE_BYTES", 100)
    path.write_bytes(b" " * 101)

    with pytest.raises(KeyStoreError, match="larger than 100 bytes"):
        await KeyFile(str(path)).read()


async def test_failed_write_leaves_the_file_as_it_was(path, monkeypatch):
    """An error while the new file is written removes it; the keys stay, and no part of a file is left."""
    _, key = await Keys(KeyFile(str(path))).create()

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyStoreError, match="No space left"):
        await Keys(KeyFile(str(path))).create()

    assert (await KeyFile(str(path)).read()).keys == (key,)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


async def test_last_uses_are_beside_the_keys(path):
    """They are merged, and an unreadable file of them is none."""
    store = KeyFile(str(path))
    assert await store.read_last_uses() == {}

    await store.record_last_uses({"a": NOW})
    await store.record_last_uses({"b": NOW})
    recorded = await store.read_last_uses()
    (path.parent / "keys.json.used").write_text("[")

    assert recorded == {"a": NOW, "b": NOW}
    assert await store.read_last_uses() == {}
