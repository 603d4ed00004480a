"""Organizations that the payload of a webhook names: in the addresses, slugs and ids of its objects.

The secret that signed a webhook decides on its organization. A payload that names another one was sent by an
integration that is configured wrongly, and is not published.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.sentry.saas_hosts import organization_of_host

IN_PATH = re.compile(r"/(?:api/0/organizations|api/0/projects|organizations)/([A-Za-z0-9_-]{1,100})/")
MAX_URL = 2048
KnownId = Callable[[str], str | None]
"""Numeric id of the organization with a slug; None while it is not known."""


class Naming(Enum):
    """How a member names an organization."""

    URL = auto()
    NAME = auto()
    """By its slug or its id."""


ISSUE: Mapping[str, Any] = MappingProxyType(dict.fromkeys(("url", "web_url", "project_url", "permalink"), Naming.URL))
EVENT: Mapping[str, Any] = MappingProxyType(dict.fromkeys(("url", "web_url", "issue_url"), Naming.URL))
ORGANIZATION: Mapping[str, Any] = MappingProxyType(dict.fromkeys(("id", "slug"), Naming.NAME))
INCIDENT: Mapping[str, Any] = MappingProxyType(
    {"organization_id": Naming.NAME, "alert_rule": {"organization_id": Naming.NAME}}
)
NAMING_MEMBERS: Mapping[str, Any] = MappingProxyType(
    {
        "issue": ISSUE,
        "error": EVENT,
        "event": EVENT,
        "metric_alert": INCIDENT,
        "alert": {"url": Naming.URL, "web_url": Naming.URL},
        "web_url": Naming.URL,
        "installation": {"organization": ORGANIZATION},
        "organization": ORGANIZATION,
        "organizationSlug": Naming.NAME,
        "organization_id": Naming.NAME,
    }
)
"""Members of the payloads of all resources that name an organization. Text of users is not among them."""


def foreign_organization(data: bytes, organization: str, known_id: KnownId) -> str | None:
    """The name of another organization in the payload of a webhook; None when it names none.

    Ids are compared only when the id of the organization is known.
    """
    for name in _named(data, NAMING_MEMBERS):
        own = known_id(organization) if name.isdecimal() else organization
        if own is not None and name.lower() != own.lower():
            return name
    return None


def _named(raw: bytes | msgspec.Raw, members: Mapping[str, Any]) -> Iterator[str]:
    for name, value in _members_of(raw).items():
        naming = members.get(name)
        if isinstance(naming, Naming):
            organization = _organization_in(value, naming)
            if organization is not None:
                yield organization
        elif naming is not None:
            yield from _named(value, naming)


def _members_of(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return {}


def _organization_in(raw: msgspec.Raw, naming: Naming) -> str | None:
    try:
        value = msgspec.json.decode(raw, type=int | str | None)
    except msgspec.DecodeError:
        return None
    text = "" if value is None else str(value)
    return (_organization_in_url(text[:MAX_URL]) if naming is Naming.URL else text[:100]) or None


def _organization_in_url(url: str) -> str | None:
    """The organization in the path of an address of the API or of a page, or else in a host of sentry.io."""
    try:
        split = urlsplit(url)
        hostname = split.hostname or ""
    except ValueError:
        return None
    in_path = IN_PATH.match(split.path)
    return in_path[1] if in_path else organization_of_host(hostname)
