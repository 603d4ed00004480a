"""The keys of a running server."""

import asyncio
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from dexter_graphql.server.identity import key_ring
from dexter_graphql.server.identity.key_files import KeyFile
from dexter_graphql.server.identity.key_records import KeyStoreError
from dexter_graphql.server.identity.key_ring import SAMPLE_S, KeyRing
from support.keys import HASHER, Keys
from support.realtime import MovableClock


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return MovableClock()


@pytest.fixture
def keys(tmp_path, clock):
    """Keys in a file, which are valid for an hour."""
    return Keys(KeyFile(str(tmp_path / "keys.json")), clock)


@pytest.fixture
def ring(keys, clock):
    """The ring of a server that reads the file."""
    return KeyRing(KeyFile(str(keys.store._path)), HASHER, clock)


async def test_only_the_exact_key_is_found(keys, ring):
    """A key with the ID of another one, or with a changed character, is not found."""
    text, key = await keys.create()
    other, _ = await keys.create()
    await ring.refresh()

    forged = text[: len("dxk_") + 10] + other[len("dxk_") + 10 :]

    assert ring.find(text) == key
    assert [ring.find(guess) for guess in (forged, text[:-1] + "~", text[:-1], text.upper(), "", key.digest)] == [
        None
    ] * 6


@pytest.mark.parametrize("guess", ["known ID", "unknown ID", "no key"])
async def test_comparison_takes_the_same_time(keys, ring, monkeypatch, guess):
    """Whether an ID exists cannot be measured: each guess is hashed and compared once, in constant time."""
    text, _ = await keys.create()
    await ring.refresh()
    compared = []
    compare = key_ring.hmac.compare_digest
    monkeypatch.setattr(key_ring.hmac, "compare_digest", lambda *pair: compared.append(pair) or compare(*pair))
    guesses = {
        "known ID": text[:-1] + ("B" if text[-1] == "A" else "A"),
        "unknown ID": f"dxk_0000000000_{'A' * 43}",
        "no key": "dxk_",
    }

    assert ring.find(guesses[guess]) is None
    assert [(len(sent), len(stored)) for sent, stored in compared] == [(64, 64)]


async def test_expired_and_revoked_keys_are_not_found(keys, ring, clock):
    """Expiry needs no change of the file."""
    (expiring, first), (revoked, second) = [await keys.create() for _ in range(2)]
    await keys.change(second, revoked_at=clock.now())
    await ring.refresh()

    before = [ring.find(expiring), ring.find(revoked)]
    clock.go_on(3600)

    assert before == [first, None]
    assert ring.find(expiring) is None
    assert [ring.has_ended(key_id) for key_id in (first.id, second.id, "unknown")] == [True] * 3


async def test_broken_file_changes_nothing_and_is_logged_once(keys, ring):
    """The last good state stays in use until the file is good again."""
    text, key = await keys.create()
    await ring.refresh()
    content = keys.store._path.read_bytes()

    with capture_logs() as entries:
        for broken in (b"{", b"{{"):
            keys.store._path.write_bytes(broken)
            await ring.refresh()
            await ring.refresh()
        keys.store._path.unlink()
        await ring.refresh()
        await ring.refresh()
        still = ring.find(text)
        keys.store._path.write_bytes(content)
        await ring.refresh()

    assert (still, ring.find(text)) == (key, key)
    problems = [entry["reason"] for entry in entries if entry["log_level"] == "error"]
    assert len(problems) == len({*problems}) <= 3
    assert entries[-1]["event"] == "keys loaded"


async def test_older_state_that_is_read_slowly_changes_nothing(ring, keys, monkeypatch):
    """A look that began before another one does not end after it with an older state."""
    text, key = await keys.create()
    read, begun, may_end = ring._store.read, asyncio.Event(), asyncio.Event()

    async def read_slowly():
        content = await read()
        begun.set()
        await may_end.wait()
        return content

    monkeypatch.setattr(ring._store, "read", read_slowly)
    slow = asyncio.ensure_future(ring.refresh())
    await begun.wait()
    await keys.revoke(key)
    monkeypatch.setattr(ring._store, "read", read)
    fast = asyncio.ensure_future(ring.refresh())
    for _ in range(100):
        await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(slow, fast)

    assert ring.find(text) is None


async def test_last_use_is_sampled(keys, ring, clock, monkeypatch):
    """Uses are recorded once per minute at most; a store that cannot record them costs one line."""
    text, key = await keys.create()
    await ring.refresh()
    for _ in range(3):
        ring.find(text)
        await ring.record_last_uses()
    early = await keys.store.read_last_uses()
    clock.go_on(SAMPLE_S)
    ring.find(text)
    await ring.record_last_uses()
    recorded = await keys.store.read_last_uses()

    async def fail(_uses):
        raise KeyStoreError("read-only")

    monkeypatch.setattr(ring._store, "record_last_uses", fail)
    with capture_logs() as entries:
        for _ in range(3):
            clock.go_on(SAMPLE_S)
            ring.find(text)
            await ring.record_last_uses()

    assert early == {}
    assert recorded == {key.id: datetime.fromtimestamp(clock.time() - 3 * SAMPLE_S, UTC)}
    assert [entry["reason"] for entry in entries] == ["read-only"]
    assert [sample.value for sample in ring.collect()] == [1, 0]
