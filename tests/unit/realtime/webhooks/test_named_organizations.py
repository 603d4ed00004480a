"""Which members of a payload name an organization, in every form that Sentry writes."""

import msgspec
import pytest

from dexter_graphql.realtime.webhooks.named_organizations import foreign_organization
from support.webhook_payloads import PAYLOADS, damaged

IDS = {"acme": "100000", "globex": "200000"}
NAMED = {"acme": "globex", "100000": "200000"}


def foreign(data, organization="acme", ids=IDS):
    """The other organization that a payload names."""
    return foreign_organization(msgspec.json.encode(data), organization, ids.get)


def naming_members(value, path=()):
    """Paths of the members of a payload that name acme, and their values for globex."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from naming_members(member, (*path, name))
    elif isinstance(value, str | int) and not isinstance(value, bool) and path[-1] not in {"repo_name", "pr_url"}:
        text = str(value)
        renamed = text.replace("acme", "globex").replace("100000", "200000")
        if renamed != text:
            yield path, renamed if isinstance(value, str) else int(renamed)


def with_member(data, path, value):
    """A copy of a payload with another value at a path."""
    if not path:
        return value
    return {**data, path[0]: with_member(data[path[0]], path[1:], value)}


CASES = [(name, path, value) for name, data in PAYLOADS.items() for path, value in naming_members(data)]


@pytest.mark.parametrize("name", PAYLOADS)
def test_own_payloads_name_no_other(name):
    """Each payload of acme is acme's, and not that of globex when it names an organization at all."""
    assert foreign(PAYLOADS[name]) is None
    is_named = any(case[0] == name for case in CASES)
    assert (foreign(PAYLOADS[name], "globex") is not None) is is_named


@pytest.mark.parametrize(("name", "path", "value"), CASES, ids=[f"{name}:{'.'.join(path)}" for name, path, _ in CASES])
def test_each_naming_member_counts(name, path, value):
    """One address, slug or id of another organization is enough."""
    assert foreign(with_member(PAYLOADS[name], path, value)) in {"globex", "200000"}


@pytest.mark.parametrize(
    ("url", "organization"),
    [
        ("https://globex.sentry.io/issues/12/", "globex"),
        ("https://sentry.io/organizations/globex/issues/12/", "globex"),
        ("https://us.sentry.io/api/0/organizations/globex/issues/12/", "globex"),
        ("https://us.sentry.io/api/0/organizations/200000/issues/12/", "200000"),
        ("https://us.sentry.io/api/0/projects/globex/web/events/1/", "globex"),
        ("http://sentry.internal:9000/organizations/globex/issues/12/", "globex"),
        ("https://acme.sentry.io/organizations/globex/issues/12/", "globex"),
        ("https://acme.sentry.io/issues/12/", None),
        ("https://us.sentry.io/issues/12/", None),
        ("https://us.sentry.io/api/0/organizations/100000/issues/12/", None),
        ("https://us.sentry.io/api/0/issues/12/", None),
        ("https://sentry.globex.example/organizations/acme/issues/12/", None),
        ("https://globex.example/issues/12/", None),
        ("https://ACME.sentry.io/issues/12/", None),
        ("https://sentry.io/organizations/", None),
        ("//[", None),
        ("", None),
    ],
)
def test_forms_of_addresses(url, organization):
    """Addresses of the API, of pages, and of hosts that belong to one organization."""
    assert foreign({"issue": {"permalink": url}}) == organization


def test_text_of_users_names_nothing():
    """Whoever writes a comment or a title cannot set webhooks aside."""
    text = "https://sentry.io/organizations/globex/issues/12/"

    assert foreign({"comment": text, "issue": {"title": text, "culprit": text, "metadata": {"value": text}}}) is None


def test_unknown_id_is_not_compared():
    """An id says nothing while the id of the organization is not known."""
    assert foreign({"metric_alert": {"organization_id": 5}}, ids={}) is None


@pytest.mark.parametrize("name", PAYLOADS)
def test_damaged_payloads_are_read(name):
    """No value of a member ends the reading."""
    for path, data in damaged(PAYLOADS[name]):
        assert foreign(data) is None or path[-1] in {"organization_id", "id", "slug", "organizationSlug"}


@pytest.mark.parametrize("data", [None, 5, [], "text"])
def test_payload_without_members(data):
    """Data that is no object names no organization."""
    assert foreign(data) is None
