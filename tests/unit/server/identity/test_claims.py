"""What the claims of a token permit."""

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.identity.claims import MAX_VALUES, ClaimsMapping
from dexter_graphql.server.responses import RequestRejected
from dexter_graphql.settings import load_settings

READ, TRIAGE, ADMIN = AccessLevel


def mapping(**settings):
    """The mapping of some settings."""
    return ClaimsMapping.of(load_settings(**{f"jwt_{name}": value for name, value in settings.items()}))


GROUPS = {"access_claim": "groups", "access": "dev=triage,sre=admin,all=read"}


@pytest.mark.parametrize(
    ("settings", "claims", "level"),
    [
        ({}, {}, READ),
        ({"default_access": "triage"}, {"groups": ["sre"]}, TRIAGE),
        (GROUPS, {"groups": ["dev"]}, TRIAGE),
        (GROUPS, {"groups": ["all", "sre", "dev"]}, ADMIN),
        (GROUPS, {"groups": "sre"}, ADMIN),
        (GROUPS, {"groups": "dev sre"}, READ),
        (GROUPS, {"groups": ["SRE", "sre ", 1, None, ["sre"]]}, READ),
        (GROUPS, {"groups": {"sre": True}}, READ),
        (GROUPS, {"groups": ["x"] * MAX_VALUES + ["sre"]}, READ),
        ({"access_claim": "scope", "access": "dexter:write=admin"}, {"scope": "openid dexter:write"}, ADMIN),
        ({"access_claim": "realm.roles", "access": "a=admin"}, {"realm": {"roles": ["a"]}}, ADMIN),
        ({"access_claim": "https://x.example/roles", "access": "a=admin"}, {"https://x.example/roles": ["a"]}, ADMIN),
        ({"access_claim": "realm.roles", "access": "a=admin"}, {"realm": "roles"}, READ),
        ({"access_claim": "dn", "access": "cn=ops=admin"}, {"dn": ["cn=ops"]}, ADMIN),
    ],
)
def test_highest_matching_value_decides_on_access(settings, claims, level):
    """Values match exactly; without a match the default counts."""
    assert mapping(**settings).reach_of(claims).access is level


def test_caller_without_access_is_refused():
    """With the default `none`, a token without a matching value is refused."""
    with pytest.raises(RequestRejected) as refused:
        mapping(**GROUPS, default_access="none").reach_of({"groups": ["guests"]})

    assert (refused.value.status, refused.value.code) == (403, "FORBIDDEN")


TEAMS = {"projects_claim": "teams", "projects": "web=acme/web,web=acme/api,boss=*"}


@pytest.mark.parametrize(
    ("settings", "claims", "projects"),
    [
        ({}, {}, None),
        (TEAMS, {"teams": ["web"]}, {"acme/web", "acme/api"}),
        (TEAMS, {"teams": ["web", "boss"]}, None),
        (TEAMS, {"teams": ["acme/web", "*"]}, set()),
        (TEAMS, {}, set()),
        ({"projects_claim": "projects"}, {"projects": ["acme/web", "web", "acme/*", 1]}, {"acme/web"}),
        ({"projects_claim": "projects"}, {"projects": "*"}, None),
        ({"projects_claim": "projects"}, {}, set()),
    ],
)
def test_projects_follow_the_claim(settings, claims, projects):
    """A token without the claim reaches no project, as one with an unknown value."""
    assert mapping(**settings).reach_of(claims).projects == projects


def test_equal_reach_has_one_key():
    """Two callers with the same access and projects share answers; stored documents are a part of the reach."""
    team = mapping(**TEAMS)

    keys = {team.reach_of({"teams": ["web"], "sub": subject}).key for subject in ("u1", "u2")}

    assert len(keys) == 1
    assert mapping(documents_only=True).reach_of({}).documents_only is True


def test_caller_has_a_name_and_an_address():
    """They are taken from claims whose names can be set; what cannot be shown, or is not verified, is left out."""
    claims = {"sub": "u1", "name": "A", "email": "a@acme.example", "oid": "42", "upn": "b@acme.example"}

    caller = mapping().caller_of(claims)
    other = mapping(subject_claim="oid", email_claim="upn", name_claim="none").caller_of(claims)
    odd = mapping().caller_of({"sub": "u1", "name": "a\nb", "email": 5})
    unverified = mapping().caller_of(claims | {"email_verified": False})

    assert (caller.subject, caller.name, caller.email) == ("jwt:u1", "A", "a@acme.example")
    assert (other.subject, other.name, other.email) == ("jwt:42", None, "b@acme.example")
    assert (odd.name, odd.email) == (None, None)
    assert (unverified.name, unverified.email) == ("A", None)


@pytest.mark.parametrize("subject", [None, "", 7, "a\nb", "x" * 201, ["u1"]])
def test_subject_is_required(subject):
    """Limits and the audit log need one that can be written."""
    with pytest.raises(RequestRejected) as refused:
        mapping().caller_of({"sub": subject})

    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEXTER_JWT_ISSUER", "login.example.org"),
        ("DEXTER_JWT_ISSUER", "http://login.example.org"),
        ("DEXTER_JWT_ISSUER", "https://login.example.org/?a=b"),
        ("DEXTER_JWT_ALGORITHMS", "HS256"),
        ("DEXTER_JWT_ALGORITHMS", "RS256,none"),
        ("DEXTER_JWT_ALGORITHMS", ","),
        ("DEXTER_JWT_LEEWAY_SECONDS", "301"),
        ("DEXTER_JWT_ACCESS", "sre"),
        ("DEXTER_JWT_ACCESS", "sre=owner"),
        ("DEXTER_JWT_ACCESS", "=admin"),
        ("DEXTER_JWT_DEFAULT_ACCESS", "some"),
        ("DEXTER_JWT_PROJECTS", "web=web"),
        ("DEXTER_JWT_PROJECTS", "acme/web"),
    ],
)
def test_mistakes_in_settings_stop_the_start(monkeypatch, variable, value):
    """The message names the variable: symmetric algorithms, plain http and half a mapping are refused."""
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings()


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"jwt_audience": "dexter"}, "DEXTER_JWT_ISSUER"),
        ({"jwt_issuer": "https://login.example.org"}, "DEXTER_JWT_AUDIENCE"),
    ],
)
def test_issuer_and_audience_are_required(settings, variable):
    """Without them tokens that were made for others would be accepted."""
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        load_settings(mode="jwt", **settings)
