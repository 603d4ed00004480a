"""Parsing of URLs of pages in Sentry's web interface."""

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dexter_graphql.errors import BadUserInput
from dexter_graphql.sentry.saas_hosts import SAAS_DOMAIN, organization_of_host

UNSUPPORTED_PAGE = "Unsupported Sentry URL: expected an issue, event, release, project or organization page"
DEFAULT_PORTS = {"http": 80, "https": 443}
NUMBER = re.compile(r"[0-9]{1,20}")
SHORT_ID = re.compile(r"[A-Za-z0-9_-]+-[0-9A-Za-z]+")
SLUG = re.compile(r"[a-z0-9_-]{1,100}")
EVENT_ID = re.compile(r"[0-9a-f]{32}")
EVENT_WORDS = frozenset({"latest", "oldest", "recommended"})
ISSUE_LISTS = frozenset({"all-views", "breached-metrics", "dynamic-groups", "errors-outages"})
"""Pages of issue lists whose names look like short IDs."""
ISSUE_TABS = frozenset(
    {
        "activity", "attachments", "autofix", "check-ins", "distributions", "feedback", "grouping", "hashes",
        "merged", "metric-issues", "open-periods", "replays", "similar", "tags", "uptime-checks",
    }
)  # fmt: skip


class WebPageKind(StrEnum):
    """What a page shows."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    ISSUE = "issue"
    RELEASE = "release"
    ISSUE_EVENT = "issue event"
    PROJECT_EVENT = "project event"


class WebPage(NamedTuple):
    """A page of an organization. `parent` is the issue or the project of an event; `value` identifies the object."""

    host: str
    """Host in lower case, with the port unless it is the scheme's own."""
    organization: str
    kind: WebPageKind
    value: str = ""
    parent: str = ""


def parse_page_url(url: str) -> WebPage:
    """The page that a URL refers to; raises BadUserInput for other URLs."""
    try:
        split = urlsplit(url.strip())
        host = _host(split)
    except ValueError:
        host = ""
    if not host:
        raise BadUserInput("'url' must be the URL of a page in Sentry, starting with https://")
    organization, path = _organization(host, [unquote(segment) for segment in split.path.split("/") if segment])
    kind, value, parent = _object(path, split.query)
    return WebPage(host, organization, kind, value, parent)


def is_saas_host(host: str) -> bool:
    """True for sentry.io and its subdomains."""
    return host == SAAS_DOMAIN or host.endswith(f".{SAAS_DOMAIN}")


def _host(split: SplitResult) -> str:
    """Host and port; empty unless the URL is an HTTP address. Raises ValueError for an invalid port."""
    if split.scheme not in DEFAULT_PORTS or not split.hostname:
        return ""
    return split.hostname if split.port in {None, DEFAULT_PORTS[split.scheme]} else f"{split.hostname}:{split.port}"


def _organization(host: str, path: list[str]) -> tuple[str, list[str]]:
    """The organization's slug, and the path below it: in its current form, with `settings` before its own pages."""
    of_host = organization_of_host(host)
    match path:
        case ["organizations", slug, *rest]:
            return slug, rest
        case ["settings", slug, *rest] if slug == of_host or (not of_host and slug != "account"):
            return slug, ["settings", *rest]
        case _ if of_host:
            return of_host, path
        case [slug, "issues", *rest] | [slug, _, "issues", *rest]:
            return slug, ["issues", *rest]
        case [slug, project, "events", *rest]:
            return slug, ["projects", project, "events", *rest]
    raise BadUserInput(UNSUPPORTED_PAGE)


def _object(path: list[str], query: str) -> tuple[WebPageKind, str, str]:
    """Kind, identifier and parent of the object on a page of an organization."""
    match path:
        case [] | ["issues"] | ["settings"]:
            return WebPageKind.ORGANIZATION, "", ""
        case ["feedback"] | ["issues", "feedback"]:
            return _issue_object([_feedback(query)])
        case ["issues", *rest]:
            return _issue_object(rest)
        case ["releases", version, *_] | ["explore", "releases", version, *_]:
            return WebPageKind.RELEASE, version, ""
        case ["explore" | "insights" | "settings", *rest]:
            return _project_object(rest)
        case _:
            return _project_object(path)


def _issue_object(path: list[str]) -> tuple[WebPageKind, str, str]:
    """Kind, identifier and parent of the object on a page of an issue."""
    match path:
        case [issue] if _is_issue(issue):
            return WebPageKind.ISSUE, issue, ""
        case [issue, "events", event, *_] if _is_issue(issue) and _event(event):
            return WebPageKind.ISSUE_EVENT, _event(event), issue
        case [issue, "events"] if _is_issue(issue):
            return WebPageKind.ISSUE, issue, ""
        case [issue, tab, *_] if _is_issue(issue) and tab in ISSUE_TABS:
            return WebPageKind.ISSUE, issue, ""
    raise BadUserInput(UNSUPPORTED_PAGE)


def _project_object(path: list[str]) -> tuple[WebPageKind, str, str]:
    """Kind, identifier and parent of the object on a page of a project."""
    match path:
        case ["projects", project, "events", event, *_]:
            return _project_event(project, event)
        case ["projects", project, *rest] if SLUG.fullmatch(project) and "events" not in rest:
            return WebPageKind.PROJECT, project, ""
        case ["discover" | "performance", slug]:
            project, _, event = slug.partition(":")
            return _project_event(project, event)
    raise BadUserInput(UNSUPPORTED_PAGE)


def _project_event(project: str, event: str) -> tuple[WebPageKind, str, str]:
    if not SLUG.fullmatch(project) or not EVENT_ID.fullmatch(_event(event)):
        raise BadUserInput(UNSUPPORTED_PAGE)
    return WebPageKind.PROJECT_EVENT, _event(event), project


def _is_issue(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None or (SHORT_ID.fullmatch(text) is not None and text not in ISSUE_LISTS)


def _event(text: str) -> str:
    """An event ID as 32 hexadecimal digits, or a word that stands for an event; empty for other text."""
    event = text.replace("-", "").lower()
    return event if EVENT_ID.fullmatch(event) or event in EVENT_WORDS else ""


def _feedback(query: str) -> str:
    """The issue ID in `feedbackSlug=project:issue`; empty when there is none."""
    number = parse_qs(query).get("feedbackSlug", [""])[0].rpartition(":")[2]
    return number if NUMBER.fullmatch(number) else ""
