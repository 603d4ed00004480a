"""No form of a credential survives redaction, wherever it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.telemetry.redact import HIDDEN, SECRET, redacted

HEX = "0123456789abcdef" * 4
ORGANIZATION_TOKEN = "sntrys_eyJpYXQiOjE3MDAwMDAwMDAuMCwidXJsIjpudWxsfQ==_" + "aB3/+xY" * 6 + "z"
CREDENTIALS = {
    "user token": f"sntryu_{HEX}",
    "organization token": ORGANIZATION_TOKEN,
    "application token": f"sntrya_{HEX}",
    "integration token": f"sntryi_{HEX}",
    "old token": HEX,
    "bearer": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
    "bearer in capitals": "BEARER 0123456789abcdef",
    "old key": "Basic MDEyMzQ1Njc4OWFiY2RlZjo=",
    "DSN": "DSN https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1",
    "key of Dexter": "dxk_aB3-xY_9",
}


@pytest.fixture(params=CREDENTIALS.values(), ids=CREDENTIALS.keys())
def credential(request):
    """Every form in which a credential is written."""
    return request.param


def test_text_loses_it_and_keeps_the_rest(credential):
    """What stands around a credential stays readable."""
    assert redacted(f"asked with '{credential}' twice") == f"asked with '{HIDDEN}' twice"


@pytest.mark.parametrize("around", ['{"token":"%s"}', "token=%s&x=1", "(%s)", "a,%s,b", "_%s_", "%s"])
def test_old_token_is_found_in_any_surroundings(around):
    """A token without a prefix is told by its form alone, whatever stands beside it."""
    assert redacted(around % HEX) == around % HIDDEN


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text.encode(),
        lambda text: [[text]],
        lambda text: ("x", (text,)),
        lambda text: {"a": {"b": [text]}},
        lambda text: {text: 1},
        lambda text: {text},
        ValueError,
        lambda text: [(b"x-token", text.encode())],
        lambda text: bytearray(text.encode()),
    ],
)
def test_nothing_hides_it(credential, wrap):
    """Bytes, keys, sets, exceptions and nested values are looked into."""
    assert credential not in str(redacted(wrap(credential)))


@pytest.mark.parametrize("name", ["Authorization", "cookie", "SET-COOKIE", "proxy-authorization"])
def test_secret_headers_are_hidden_by_name(name):
    """A value that looks harmless is hidden in a header that holds secrets, as map, as pairs and as raw pairs."""
    raw = [(name.lower().encode(), b"short"), (b"accept", b"text/html")]

    assert redacted({name: "short", "Accept": "text/html"}) == {name: HIDDEN, "Accept": "text/html"}
    assert redacted([(name, "short"), ("x", "y", "z")]) == [[name, HIDDEN], ["x", "y", "z"]]
    assert redacted(raw) == [[name.lower(), HIDDEN], ["accept", "text/html"]]


def test_password_in_an_address_is_hidden():
    """User and password go, host and path stay."""
    assert redacted("http://user:pass@sentry.example/x?a=b@c") == f"http://{HIDDEN}@sentry.example/x?a=b@c"


@pytest.mark.parametrize(
    "harmless",
    [
        None,
        True,
        7,
        1.5,
        "",
        "a" * 63,
        HEX[:40],
        HEX + "0",
        "the basic idea",
        "sntryx_0123",
        "https://sentry.io/organizations/acme/issues/?query=user@example.com",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    ],
)
def test_harmless_values_stay(harmless):
    """Event ids, commit hashes, addresses and prose are not mistaken for secrets."""
    assert redacted(harmless) == harmless


@given(
    st.lists(st.sampled_from([*"aF9/.:-_@ \t\n", "sntryu_", "Bearer ", "dsn http://", "dxk_", "://", "0" * 31])).map(
        "".join
    )
)
def test_texts_that_are_not_searched_hold_no_secret(text):
    """The quick check for harmless texts changes no result."""
    assert redacted(text) == SECRET.sub(HIDDEN, text)


def test_other_objects_become_text():
    """What is no plain value is written as it would print."""
    assert redacted([range(3), {1: ...}]) == ["range(0, 3)", {1: "Ellipsis"}]
