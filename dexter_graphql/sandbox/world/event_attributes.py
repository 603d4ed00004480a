"""Attributes derived from an event's variant: user, tags, browser, operating system, device and trace."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.world.model import Event, Organization, Release
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES, Language

_BROWSERS = (("Chrome", "126.0"), ("Firefox", "128.0"), ("Safari", "17.5"), ("Edge", "125.0"))
_SYSTEMS = (("Windows", "11"), ("macOS", "14.5"), ("Linux", "6.8"), ("iOS", "17.5"), ("Android", "14"))
_DEVICES = ("Desktop", "iPhone 15", "Pixel 8", "ThinkPad", "MacBook Pro")
_TIERS = ("free", "team", "business")
_COUNTRIES = (("DE", "Berlin"), ("US", "Austin"), ("BR", "Recife"), ("JP", "Osaka"), ("IN", "Pune"))
_FLAGS = ("new-checkout", "fast-search")

TAG_NAMES: Mapping[str, str] = MappingProxyType(
    {"browser": "Browser", "browser.name": "Browser Name", "os": "OS", "os.name": "OS Name", "level": "Level",
     "environment": "Environment", "release": "Release", "user": "User", "url": "URL", "transaction": "Transaction",
     "handled": "Handled", "mechanism": "Mechanism", "device": "Device", "runtime": "Runtime",
     "server_name": "Server", "customer.tier": "Customer.Tier", "replayId": "Replayid"}
)  # fmt: skip
"""Display names of tag keys."""

SERVER_LANGUAGES: Final = frozenset({"python", "go", "java", "ruby", "csharp"})


@dataclass(frozen=True, slots=True)
class EndUser:
    """An end user of a project."""

    id: str
    email: str
    username: str
    ip_address: str
    country: str
    city: str


def get_language(event: Event) -> Language:
    """The language of the event's project."""
    return LANGUAGES[event.issue.project.language]


def get_end_user(event: Event) -> EndUser | None:
    """The end user of the event; None without one."""
    return make_end_user(event.person) if event.person >= 0 else None


def make_end_user(number: int) -> EndUser:
    """The end user with that number."""
    country, city = _COUNTRIES[number % len(_COUNTRIES)]
    name = f"person{number}"
    return EndUser(str(50_000 + number), f"{name}@customers.example", name, f"203.0.113.{number % 250}", country, city)


def get_browser(event: Event) -> tuple[str, str]:
    """Name and version of the browser."""
    return _BROWSERS[event.variant % len(_BROWSERS)]


def get_os(event: Event) -> tuple[str, str]:
    """Name and version of the operating system; servers run Linux."""
    if event.issue.project.language in SERVER_LANGUAGES:
        return _SYSTEMS[2]
    return _SYSTEMS[event.variant // 4 % len(_SYSTEMS)]


def get_device(event: Event) -> str:
    """Model of the device."""
    return _DEVICES[event.variant // 20 % len(_DEVICES)]


def get_flags(event: Event) -> dict[str, bool]:
    """Feature flags at the time of the event."""
    return {name: bool(event.variant >> bit & 1) for bit, name in enumerate(_FLAGS, 5)}


def get_url(event: Event) -> str:
    """URL of the request that caused the event."""
    path = event.issue.transaction.split(" ")[-1].replace(":id", str(event.variant % 1000)).lstrip("/")
    return f"https://{event.issue.project.slug}.example/{path}"


def get_trace_id(event: Event) -> str:
    """Id of the event's trace."""
    return f"{zlib.crc32(event.id.encode()):08x}" * 4


def get_span_id(event: Event) -> str:
    """Id of the event's span."""
    return event.id[:16]


def get_replay_id(event: Event) -> str | None:
    """Id of the event's replay; only some browser events have one."""
    is_browser = event.issue.project.language == "javascript"
    return event.id[16:] + event.id[:16] if is_browser and event.variant % 3 == 0 else None


def get_tags(event: Event) -> dict[str, str]:
    """Tags of an event, sorted by key."""
    language = get_language(event)
    system, system_version = get_os(event)
    tags = {
        "customer.tier": _TIERS[event.variant % len(_TIERS)],
        "environment": event.environment,
        "handled": "no" if event.issue.is_unhandled else "yes",
        "level": event.issue.level,
        "mechanism": language.mechanism,
        "os": f"{system} {system_version}",
        "os.name": system,
        "transaction": event.issue.transaction,
        "url": get_url(event),
    }
    if event.release is not None:
        tags["release"] = event.release.version
    if event.person >= 0:
        tags["user"] = f"id:{make_end_user(event.person).id}"
    if event.issue.project.language in SERVER_LANGUAGES:
        tags["server_name"] = f"{event.issue.project.slug}-{event.variant % 6}"
        tags["runtime"] = f"{language.runtime} {language.runtime_version}"
    else:
        name, version = get_browser(event)
        tags |= {"browser": f"{name} {version}", "browser.name": name, "device": get_device(event)}
    replay = get_replay_id(event)
    if replay:
        tags["replayId"] = replay
    return dict(sorted(tags.items()))


def find_newest_releases(organization: Organization) -> dict[str, Release]:
    """The newest release by project id, which is the meaning of `release:latest`."""
    newest: dict[str, Release] = {}
    for release in sorted(organization.releases, key=lambda release: (release.date_created, release.id)):
        newest.update((project.id, release) for project in release.projects)
    return newest
