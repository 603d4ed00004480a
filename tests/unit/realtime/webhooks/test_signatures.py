"""Whose secret signed a body."""

import hashlib
import hmac

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.realtime.webhooks import signatures
from dexter_graphql.realtime.webhooks.signatures import Signers, signature
from dexter_graphql.sandbox import sign

BODY = b'{"action": "created",\n "data": {"text": "\xc3\xbc"}}'
PAIRS = [("acme", "one"), ("globex", "two"), ("acme", "three")]


def test_signature_is_that_of_the_raw_bytes():
    """Lower-case hexadecimal HMAC-SHA256, as a fake Sentry and the standard library write it."""
    found = signature("secret", BODY)

    assert found == hmac.new(b"secret", BODY, hashlib.sha256).hexdigest() == sign("secret", BODY)


@pytest.mark.parametrize(("organization", "secret"), PAIRS)
def test_secret_that_verifies_names_the_organization(organization, secret):
    """An organization may have several secrets while one replaces the other."""
    assert Signers(PAIRS).organization_of(BODY, signature(secret, BODY)) == organization


@pytest.mark.parametrize(
    "given",
    [
        "",
        signature("four", BODY),
        signature("one", BODY + b" "),
        signature("one", BODY.replace(b"\n", b"")),
        signature("one", BODY).upper(),
        signature("one", BODY)[:-1],
        f" {signature('one', BODY)}",
        f"sha256={signature('one', BODY)}",
        "ü" * 64,
        "\ud800",
        "0" * 100_000,
    ],
)
def test_anything_else_is_nobody_s(given):
    """Another secret, other bytes or another form: no organization, and no exception."""
    assert Signers(PAIRS).organization_of(BODY, given) is None


def test_without_secrets_nobody_signs():
    """A server that was told no secret takes no webhook."""
    assert Signers([]).organization_of(BODY, signature("", BODY)) is None


def test_every_secret_is_compared_in_constant_time(monkeypatch):
    """The time it takes tells neither how much of a signature was right nor whose secret it was."""
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(signatures.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or compare(a, b))

    Signers(PAIRS).organization_of(BODY, signature("one", BODY))

    assert [a for a, _ in compared] == [signature(secret, BODY).encode() for _, secret in PAIRS]


def test_same_pair_twice_is_one():
    """Telling a secret again for the same organization is no mistake."""
    assert repr(Signers([("acme", "one"), ("acme", "one")])) == "<Signers of acme>"


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("acme", "")], "secret of 'acme' is empty"),
        ([("acme", "hunter2"), ("globex", "hunter2")], "'globex' and 'acme' have the same"),
    ],
)
def test_secret_that_names_nobody_is_refused(pairs, words):
    """A secret must say one organization; it is not shown."""
    with pytest.raises(SettingsError, match=words) as refused:
        Signers(pairs)

    assert "hunter2" not in str(refused.value)


def test_signers_never_print_a_secret():
    """Logs may show who signs."""
    assert repr(Signers(PAIRS)) == "<Signers of acme, globex>"
    assert repr(Signers([])) == "<Signers of no organization>"
