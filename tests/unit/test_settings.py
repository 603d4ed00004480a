"""Settings: where they come from, what they refuse and what they never print."""

import os
import re

import pytest
from pydantic import ValidationError

from dexter_graphql.errors import SettingsError
from dexter_graphql.settings import Settings, load_settings, variable
from dexter_graphql.settings.addresses import is_loopback, is_safe_address, origin_of
from dexter_graphql.settings.identity import Mode

SECRET = "do-not-print-me-0123456789"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """No setting of whoever runs the tests is seen by them."""
    for name in os.environ:
        if name.upper().startswith(("DEXTER_", "SENTRY_")):
            monkeypatch.delenv(name)


def test_defaults_need_nothing():
    """Without a single variable there are settings that stay on the loopback and refuse writes."""
    settings = load_settings()

    assert (settings.host, settings.port, settings.mode) == ("127.0.0.1", 8000, (Mode.OPEN,))
    assert (settings.sentry_url, settings.sentry_auth_token) == ("https://sentry.io", None)
    assert settings.allow_writes is False


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_is_named_and_described(name):
    """Every setting has a sentence for its documentation and a variable in our name, or in that of Sentry's tools."""
    field = Settings.model_fields[name]

    assert re.fullmatch(r"[A-Z`].+\.", field.description)
    assert re.fullmatch(r"DEXTER_[A-Z]+(_[A-Z]+)*|SENTRY_URL|SENTRY_AUTH_TOKEN|REDIS_URL", variable(name))


def test_variables_differ():
    """No two settings are read from the same variable."""
    names = [variable(name) for name in Settings.model_fields]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("SENTRY_URL", "http://sentry.internal:9000", "sentry_url", "http://sentry.internal:9000"),
        ("DEXTER_PORT", "0", "port", 0),
        ("DEXTER_PORT", "65535", "port", 65535),
        ("DEXTER_MODE", "passthrough", "mode", (Mode.PASSTHROUGH,)),
        ("DEXTER_ALLOW_WRITES", "true", "allow_writes", True),
        ("DEXTER_LOG_LEVEL", "WARNING", "log_level", "warning"),
        ("DEXTER_LOG_FORMAT", "Json", "log_format", "json"),
        ("DEXTER_DEADLINE_SECONDS", "0.5", "deadline_s", 0.5),
        ("DEXTER_DRAIN_SECONDS", "0", "drain_s", 0.0),
        ("DEXTER_MAX_DEPTH", "100", "max_depth", 100),
        ("DEXTER_ALLOWED_HOSTS", "a.example, b.example ,,", "allowed_hosts", ("a.example", "b.example")),
        ("DEXTER_ALLOWED_HOSTS", " , ", "allowed_hosts", ()),
        ("DEXTER_SENTRY_HOSTS", "https://us.example,https://de.example", "sentry_hosts", 2 * ("",)),
    ],
)
def test_environment_is_read(monkeypatch, name, text, field, value):
    """Each variable sets its field; lists are separated by commas, spaces and empty words do not count."""
    monkeypatch.setenv(name, text)

    found = getattr(load_settings(), field)

    assert found == (("https://us.example", "https://de.example") if field == "sentry_hosts" else value)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("SENTRY_URL", "HTTPS://Sentry.IO:443/", "sentry_url", "https://sentry.io"),
        ("SENTRY_URL", "http://sentry.example/api/0/", "sentry_url", "http://sentry.example"),
        ("DEXTER_ALLOWED_ORIGINS", "https://Dash.example.org/", "allowed_origins", ("https://dash.example.org",)),
        (
            "DEXTER_ALLOWED_ORIGINS",
            "http://[::1]:80,https://a:444",
            "allowed_origins",
            ("http://[::1]", "https://a:444"),
        ),
        (
            "DEXTER_ALLOWED_ORIGINS",
            "https://b\u00fccher.example",
            "allowed_origins",
            ("https://xn--bcher-kva.example",),
        ),
        ("DEXTER_ALLOWED_ORIGINS", "capacitor://localhost", "allowed_origins", ("capacitor://localhost",)),
    ],
)
def test_addresses_are_kept_as_browsers_write_them(monkeypatch, name, text, field, value):
    """Case, a final slash and the default port do not count."""
    monkeypatch.setenv(name, text)

    assert getattr(load_settings(), field) == value


@pytest.mark.parametrize("name", ["SENTRY_AUTH_TOKEN", "DEXTER_PORT", "DEXTER_HOST", "DEXTER_ALLOWED_HOSTS"])
def test_empty_variable_is_no_setting(monkeypatch, name):
    """Tools that write all variables out leave some empty; those have their defaults."""
    monkeypatch.setenv(name, "")

    assert load_settings(secret="x") == load_settings(secret="x", port=8000)
    assert load_settings().sentry_auth_token is None


@pytest.mark.parametrize("name", ["HOST", "PORT", "SECRET", "MODE", "LOG_LEVEL", "host", "port"])
def test_names_of_others_are_not_read(monkeypatch, name):
    """Shells and platforms set HOST and PORT for their own purposes."""
    monkeypatch.setenv(name, "7777")

    settings = load_settings()

    assert (settings.host, settings.port, settings.mode, settings.log_level) == (
        "127.0.0.1",
        8000,
        (Mode.OPEN,),
        "info",
    )
    assert settings.secret.get_secret_value() != "7777"


def test_overrides_come_first(monkeypatch):
    """An option of the command line beats the environment; one that was not given does not."""
    monkeypatch.setenv("DEXTER_PORT", "9001")
    monkeypatch.setenv("DEXTER_MODE", "passthrough")

    settings = load_settings(port=9002, mode=None, host="0.0.0.0")  # noqa: S104  # nobody listens

    assert (settings.port, settings.mode, settings.host) == (9002, (Mode.PASSTHROUGH,), "0.0.0.0")  # noqa: S104  # as above


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("SENTRY_URL", "sentry.io", "https://sentry.io"),
        ("SENTRY_URL", "ftp://sentry.io", "https://sentry.io"),
        ("SENTRY_URL", f"https://user:{SECRET}@sentry.io", "without user and password"),
        ("SENTRY_URL", "https://", "https://sentry.io"),
        ("SENTRY_URL", "http://[", "https://sentry.io"),
        ("SENTRY_URL", "http://a:99999", "https://sentry.io"),
        ("SENTRY_URL", "http://sentry.example/sentry", "must not have a path"),
        ("SENTRY_URL", "http://sentry.example/api/0/sentry/", "must not have a path"),
        ("SENTRY_URL", "http://sentry.example/?a=1", "must not have a path"),
        ("DEXTER_SENTRY_HOSTS", "https://us.example/api/1/", "must not have a path"),
        ("DEXTER_ALLOWED_ORIGINS", "dash.example.org", "https://dash.example.org"),
        ("DEXTER_ALLOWED_ORIGINS", "*", "wildcard"),
        ("DEXTER_ALLOWED_ORIGINS", "null", "a scheme"),
        ("DEXTER_ALLOWED_ORIGINS", "https://*.example.org", "wildcard"),
        ("DEXTER_ALLOWED_ORIGINS", "https://dash.example.org/app", "no path"),
        ("DEXTER_ALLOWED_ORIGINS", "https://user@dash.example.org", "a host"),
        ("DEXTER_SENTRY_HOSTS", "https://a.example,b.example", "https://sentry.io"),
        ("DEXTER_PORT", "-1", "greater than or equal to 0"),
        ("DEXTER_PORT", "65536", "less than or equal to 65535"),
        ("DEXTER_PORT", "http", "valid integer"),
        ("DEXTER_MODE", "closed", "'passthrough'"),
        ("DEXTER_ALLOW_WRITES", "perhaps", "valid boolean"),
        ("DEXTER_WEBHOOK_SECRETS", SECRET, "acme=0123abcd"),
        ("DEXTER_LEGACY_WEBHOOK_SECRETS", SECRET, "acme=0123abcd"),
        ("DEXTER_LEGACY_WEBHOOK_SECRETS", "acme=short", "32 to 200 characters"),
        ("DEXTER_LEGACY_WEBHOOK_SECRETS", "acme=" + "/" * 32, "32 to 200 characters"),
        ("DEXTER_LEGACY_WEBHOOK_SECRETS", "acme=" + "x" * 201, "32 to 200 characters"),
        ("DEXTER_LEGACY_WEBHOOK_SECRETS", f"acme={'x' * 32},globex={'x' * 32}", "used once"),
        ("DEXTER_JOURNAL_MIB", "0", "greater than or equal to 1"),
        ("DEXTER_WEBHOOK_SECRETS", f"={SECRET}", "acme=0123abcd"),
        ("DEXTER_WEBHOOK_SECRETS", f"acme={SECRET},acme=", "acme=0123abcd"),
        ("DEXTER_DEADLINE_SECONDS", "0", "greater than 0"),
        ("DEXTER_DEADLINE_SECONDS", "601", "less than or equal to 600"),
        ("DEXTER_DEADLINE_SECONDS", "nan", "finite"),
        ("DEXTER_HEARTBEAT_SECONDS", "inf", "finite"),
        ("DEXTER_HEARTBEAT_SECONDS", "0", "greater than 0"),
        ("DEXTER_ATTEMPT_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("DEXTER_SENTRY_CONNECTIONS", "3", "greater than or equal to 4"),
        ("DEXTER_PROXY_FROM_ENVIRONMENT", "perhaps", "valid boolean"),
        ("DEXTER_CALL_BUDGET", "0", "greater than or equal to 1"),
        ("DEXTER_CACHE_MIB", "-1", "greater than or equal to 0"),
        ("DEXTER_MAX_BODY_BYTES", "1023", "greater than or equal to 1024"),
        ("DEXTER_MAX_TOKENS", "9", "greater than or equal to 10"),
        ("DEXTER_MAX_DEPTH", "101", "less than or equal to 100"),
        ("DEXTER_MAX_DEPTH", "0", "greater than or equal to 1"),
        ("DEXTER_MAX_ALIASES", "-1", "greater than or equal to 0"),
        ("DEXTER_MAX_ROOT_FIELDS", "0", "greater than or equal to 1"),
        ("DEXTER_MAX_FIELDS", "0", "greater than or equal to 1"),
        ("DEXTER_MAX_SOCKET_OPERATIONS", "0", "greater than or equal to 1"),
        ("DEXTER_DRAIN_SECONDS", "301", "less than or equal to 300"),
        ("DEXTER_LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("DEXTER_LOG_FORMAT", "xml", "text, json"),
        ("DEXTER_SANDBOX_SEED", "-1", "greater than or equal to 0"),
        ("DEXTER_SANDBOX_VINTAGE", "19.1", "20.12, 23.7, 24.1, 26.7, saas"),
        ("DEXTER_HOST", "0.0.0.0", "DEXTER_HOST=127.0.0.1"),  # noqa: S104  # refused
    ],
)
def test_bad_value_names_variable_and_fix(monkeypatch, name, text, hint):
    """The message begins with the variable, says what is allowed, and never shows what may be secret."""
    monkeypatch.setenv(name, text)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    message = str(refused.value)
    assert re.match("DEXTER_MODE" if name == "DEXTER_HOST" else name, message)
    assert hint in message
    assert SECRET not in message
    assert "\n" not in message


def test_all_bad_values_are_named_at_once(monkeypatch):
    """Whoever mends the first is not told of the second only then."""
    monkeypatch.setenv("DEXTER_PORT", "x")
    monkeypatch.setenv("DEXTER_MAX_DEPTH", "0")

    with pytest.raises(SettingsError) as refused:
        load_settings()

    named = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    assert named == {"DEXTER_PORT", "DEXTER_MAX_DEPTH"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://login.example.org/realms/acme", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://login.example.org", False),
        ("https://", False),
        ("http://[", False),
        ("file:///etc/passwd", False),
    ],
)
def test_safe_address_is_https_or_local(url, expected):
    """Nothing on the way can change what comes from there."""
    assert is_safe_address(url) is expected


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_open_mode_listens_on_the_loopback(host):
    """Where nobody is asked who they are, only this machine may come."""
    assert load_settings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com", " ", "127.1"])  # noqa: S104  # refused
def test_open_mode_listens_nowhere_else(host):
    """Any other address needs a mode that asks; that mode may listen there."""
    with pytest.raises(SettingsError, match=r"DEXTER_MODE: .*loopback only"):
        load_settings(host=host)

    assert load_settings(host=host, mode="passthrough").host == host


@pytest.mark.parametrize("show", [repr, str, lambda one: repr(one.model_dump(mode="json")["secret"])])
def test_secrets_never_print(show):
    """Token, key, webhook secrets and the password of the proxy are not in what settings look like."""
    settings = load_settings(
        sentry_auth_token=SECRET,
        secret=SECRET,
        webhook_secrets=f"acme={SECRET}",
        legacy_webhook_secrets=f"acme={SECRET * 2}",
        http_proxy=f"http://user:{SECRET}@proxy.example.org",
    )

    assert SECRET not in show(settings)


def test_secret_is_random_when_unset():
    """Positions and hashes of one start mean nothing to another, unless a key is set."""
    one, other = load_settings(), load_settings(secret="")

    assert len(one.secret.get_secret_value()) == 64
    assert one.secret != other.secret
    assert load_settings(secret=SECRET).secret.get_secret_value() == SECRET


def test_journal_needs_a_secret():
    """A journal that is encrypted with a random key cannot be read after the next start."""
    with pytest.raises(SettingsError, match=r"^DEXTER_SECRET: the journal \(DEXTER_JOURNAL\) is encrypted"):
        load_settings(journal="/journal")

    assert load_settings(journal="/journal", secret="s" * 32).journal == "/journal"


def test_legacy_secrets_name_their_organization():
    """Several secrets of one organization allow for a change of the path."""
    settings = load_settings(legacy_webhook_secrets=f"acme={'a' * 32},acme={'b' * 32},globex={'c' * 32}")

    assert settings.organizations_by_path_secret == {"a" * 32: "acme", "b" * 32: "acme", "c" * 32: "globex"}


def test_webhook_secrets_name_their_organization():
    """An organization may have several; a secret may hold an equals sign."""
    settings = load_settings(webhook_secrets="acme=one, acme=two=2,globex=three")

    assert settings.secrets_by_organization == (("acme", "one"), ("acme", "two=2"), ("globex", "three"))


def test_hosts_are_the_loopback_s_names_and_what_was_added():
    """Names are compared in lower case; an address of IPv6 stands in brackets as in the header."""
    settings = load_settings(host="::1", allowed_hosts="Dexter.Example")

    assert settings.hosts == {"localhost", "127.0.0.1", "[::1]", "dexter.example"}


def test_settings_are_frozen():
    """Nobody changes a setting after the start."""
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1


@pytest.mark.parametrize(("host", "expected"), [("localhost", True), ("", False), ("[::1", True)])
def test_loopback_is_told_from_the_text(host, expected):
    """No name is looked up."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "expected"), [("http://[::1]:9", "http://[::1]:9"), ("//a", None), ("https://a:0", None)]
)
def test_origin_is_read_from_a_url(url, expected):
    """An origin has a scheme, a host and a port that can be connected to."""
    assert origin_of(url) == expected


def test_redis_needs_a_secret(monkeypatch):
    """Data in Redis is encrypted with a key that is set and has at least 32 characters."""
    monkeypatch.delenv("DEXTER_SECRET", raising=False)

    for secret in (None, "s" * 31):
        with pytest.raises(SettingsError, match=r"^DEXTER_SECRET: .*REDIS_URL.*at least 32 characters"):
            load_settings(redis_url="redis://localhost/0", secret=secret)
    assert load_settings(redis_url="redis://localhost/0", secret="s" * 32).redis_url is not None


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis:/x"])
def test_redis_address_is_checked(url):
    """Another kind of address is refused, without showing it."""
    with pytest.raises(SettingsError, match=r"^REDIS_URL: must begin with redis://") as refused:
        load_settings(redis_url=url, secret="s" * 32)

    assert url not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("127.0.0.1:8001", ("127.0.0.1", 8001)),
        ("[::1]:9", ("::1", 9)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),  # noqa: S104  # parsed only
        ("off", None),
        ("OFF", None),
    ],
)
def test_admin_address_is_parsed(value, expected):
    """The admin address is a host and a port, or off."""
    assert load_settings(admin_listen=value).admin_address == expected


@pytest.mark.parametrize("value", ["8001", ":8001", "localhost", "localhost:http", "localhost:70000", "localhost:²"])
def test_admin_address_is_checked(value):
    """Anything else is refused by name."""
    with pytest.raises(SettingsError, match=r"^DEXTER_ADMIN_LISTEN: must be HOST:PORT"):
        load_settings(admin_listen=value)


def test_trusted_proxies_are_networks():
    """A proxy is an address or a network; a name is refused."""
    assert load_settings(trusted_proxies=("10.0.0.0/8", "::1")).trusted_proxies == ("10.0.0.0/8", "::1")
    with pytest.raises(SettingsError, match=r"^DEXTER_TRUSTED_PROXIES: "):
        load_settings(trusted_proxies=("proxy.example",))


@pytest.mark.parametrize("mode", ["open", "passthrough", "keys", "jwt", "passthrough,keys"])
def test_defaults_are_stricter_for_a_company(mode):
    """Where Dexter keys or a company login are accepted, nothing tells about the schema and documents are smaller."""
    identity = {"keys_file": "keys.json", "jwt_issuer": "https://login.example.org", "jwt_audience": "dexter"}
    settings = load_settings(mode=mode, secret=SECRET * 2, **identity)

    is_company = not {"keys", "jwt"}.isdisjoint(mode.split(","))
    assert (settings.has_introspection, settings.has_suggestions) == (not is_company, not is_company)
    limits = (settings.max_tokens, settings.max_aliases, settings.max_root_fields, settings.max_fields)
    assert limits == ((2500, 30, 10, 1000) if is_company else (5000, 50, 20, 2000))


def test_given_values_stand_in_every_mode():
    """A value that the environment has is used whatever the mode."""
    given = {"has_introspection": True, "has_suggestions": True, "max_fields": 3000}
    settings = load_settings(mode="keys", secret=SECRET * 2, keys_file="keys.json", **given)

    assert (settings.has_introspection, settings.has_suggestions, settings.max_fields) == (True, True, 3000)


def test_secrets_are_read_from_files(monkeypatch, tmp_path):
    """A file has the name of its variable, in any case; the environment comes first, and line ends do not count."""
    for name, text in {"sentry_auth_token": SECRET, "DEXTER_ALLOWED_HOSTS": "a,b", "DEXTER_PORT": "7"}.items():
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setenv("DEXTER_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DEXTER_PORT", "8")

    settings = load_settings()

    assert settings.sentry_auth_token.get_secret_value() == SECRET
    assert (settings.allowed_hosts, settings.port) == (("a", "b"), 8)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("folder", ["missing", "file", "folder"])
def test_unreadable_secrets_stop_the_start(monkeypatch, tmp_path, folder):
    """No folder, a file in its place, and a secret that is no text are errors that name the variable alone."""
    (tmp_path / "file").write_text(SECRET)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "DEXTER_SECRET").write_bytes(SECRET.encode() + b"\xff")
    monkeypatch.setenv("DEXTER_SECRETS_DIR", str(tmp_path / folder))

    with pytest.raises(SettingsError, match=r"\ADEXTER_SECRETS_DIR: ") as caught:
        load_settings()

    assert SECRET not in str(caught.value)
