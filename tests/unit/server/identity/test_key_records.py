"""Dexter keys as they are stored."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dexter_graphql.server.identity.key_records import (
    KeyHasher,
    KeySet,
    KeyStoreError,
    UnknownKey,
    decode_keys,
    encode_keys,
    id_of,
)
from dexter_graphql.telemetry.redact import redacted
from support.keys import HASHER, SECRET, grant

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def created(name="bot", **different):
    """A key and its record."""
    return HASHER.create(grant(name, **{"expires_at": NOW + HOUR} | different), NOW)


def stored(*keys):
    """A set of keys."""
    keys_in_store = KeySet()
    for key in keys:
        keys_in_store = keys_in_store.add(key, NOW)
    return keys_in_store


def test_key_is_long_random_and_found_by_its_id():
    """256 bits are random; the ID in the text finds the record; only a hash of the text is stored."""
    (text, key), (other, _) = created(), created()

    assert text != other
    assert id_of(text) == key.id
    assert key.digest == HASHER.digest(text) != HASHER.digest(other)
    assert text.split("_", 2)[2] not in encode_keys(stored(key)).decode()
    assert redacted(f"key {text}") == "key [hidden]"


def test_hash_depends_on_the_secret():
    """A stored hash is of no use to a server, or a thief, with another secret."""
    text, key = created()

    assert KeyHasher(b"another secret").digest(text) != key.digest
    assert SECRET not in repr(HASHER)


@pytest.mark.parametrize("text", ["", "dxk_", "dxk_12345", "dxk_0123456789_short", "sntryu_" + "0" * 64])
def test_other_texts_have_no_id(text):
    """What is not exactly a key names none."""
    assert id_of(text) is None


def test_stored_form_is_read_again():
    """All members survive."""
    keys = stored(created()[1], created("other", projects=("acme/web",), documents_only=True)[1])

    assert decode_keys(encode_keys(keys)) == keys


def test_key_ends_when_it_expires_or_is_revoked():
    """The earlier of the two times counts; a key without either does not end."""
    _, key = created()
    endless = msgspec.structs.replace(key, expires_at=None)
    revoked = msgspec.structs.replace(key, revoked_at=NOW)

    assert [key.is_active(NOW), key.is_active(NOW + HOUR)] == [True, False]
    assert endless.is_active(NOW + 10000 * HOUR)
    assert not revoked.is_active(NOW)


def test_rotated_keys_are_both_valid_in_the_grace_period():
    """The old key names the new one and expires after the grace period, or earlier if it would have."""
    (_, old), (_, new), (_, short) = created(), created(), created(expires_at=NOW + timedelta(minutes=1))
    grace = timedelta(minutes=30)

    rotated = stored(old).rotate(old, new, NOW, grace)
    of_short = stored(short).rotate(short, new, NOW, grace)

    assert (rotated.find(old.id).expires_at, rotated.find(old.id).replaced_by) == (NOW + grace, new.id)
    assert rotated.find(new.id) == new
    assert of_short.find(short.id).expires_at == short.expires_at


def test_ended_keys_leave_the_list():
    """Keys that ended a month ago are dropped by the next change."""
    _, ended = created(expires_at=NOW - timedelta(days=31))
    _, recent = created(expires_at=NOW - timedelta(days=29))

    keys = stored(ended, recent, created()[1])

    assert [ended.id in text for text in map(str, keys.keys)].count(True) == 0
    assert keys.find(recent.id) == recent
    with pytest.raises(UnknownKey, match="dexter keys list"):
        keys.find(ended.id)


def damaged(**members):
    """The stored form of one key with other members; None removes one."""
    value = msgspec.json.decode(encode_keys(stored(created()[1])))
    value["keys"][0] |= members
    return value


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"keys": [{}]},
        {"keys": [], "format": 2},
        {"keys": [], "extra": 1},
        damaged(project=["acme/web"]),
        damaged(projects=["web"]),
        damaged(projects=["acme/*"]),
        damaged(access="owner"),
        damaged(expiresAt="2026-01-01T00:00:00"),
        damaged(documentsOnly="yes"),
        {"keys": damaged()["keys"] * 2},
    ],
    ids=range(11),
)
def test_anything_else_is_refused(value):
    """A mistake in the file stops it from being used; nothing is guessed, and no member that narrows is ignored."""
    with pytest.raises(KeyStoreError):
        decode_keys(msgspec.json.encode(value))


@pytest.mark.parametrize("member", ["projects", "documentsOnly", "access", "expiresAt", "digest"])
def test_member_that_narrows_is_required(member):
    """A key without it would reach more than its author thought."""
    value = damaged()
    del value["keys"][0][member]

    with pytest.raises(KeyStoreError, match=member):
        decode_keys(msgspec.json.encode(value))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100000], ids=["empty", "cut", "bytes", "nested"])
def test_broken_json_is_refused(content):
    """Whatever stands in the file, the answer is one error."""
    with pytest.raises(KeyStoreError):
        decode_keys(content)
