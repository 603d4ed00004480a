"""Lookup of objects by the URLs of their pages in Sentry: the root field `resource`."""

import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.events import IssueEventKey, issue_events
from dexter_graphql.loaders.issues.details import issue_by_short_id, issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey, ShortIdKey
from dexter_graphql.loaders.organizations import organization_details, organization_reference
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.sentry.parents import OrganizationRef

UNSUPPORTED_PAGE = "Unsupported Sentry URL: expected an issue, event, release, project or organization page"
ISSUE = r"issues/(?P<issue>[0-9]{1,20}|[A-Za-z0-9_-]+-[0-9A-Za-z]+)"
PAGE_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"/(?:(?:organizations/)?(?P<organization>[^/]+)/)??(?:[^/]+/)?{rest}/?.*"), kind)
    for rest, kind in (
        (rf"{ISSUE}/events/(?P<event>[0-9a-f]{{32}}|latest|oldest|recommended)", "event"),
        (ISSUE, "issue"),
        (r"(?:explore/)?releases/(?P<release>[^/]+)", "release"),
        (r"(?:insights/)?projects/(?P<project>[a-z0-9_-]+)", "project"),
    )
)
"""Paths of Sentry's pages. The organization is in the path, or the first label of the host."""


async def find_by_web_url(url: str, load_context: LoadContext) -> Any:
    """The object that a page of Sentry shows, or None; raises BadUserInput for pages of other kinds."""
    kind, parts = parse_web_url(url)
    organization = await load_context.organizations.find(load_context.call_context, parts["organization"])
    if organization is None:
        return None
    if kind == "organization":
        return organization_reference(organization)
    return await PAGE_LOOKUPS[kind](organization, parts, load_context)


NOT_A_URL = "'url' must be the URL of a page in Sentry, starting with https://"


def parse_web_url(url: str) -> tuple[str, dict[str, str]]:
    """The kind of a page and the identifiers in its URL; raises BadUserInput for other URLs."""
    try:
        split = urlsplit(url.strip())
    except ValueError:
        raise BadUserInput(NOT_A_URL) from None
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise BadUserInput(NOT_A_URL)
    label, _, domain = split.hostname.partition(".")
    by_host = label if domain == "sentry.io" and label not in {"www", "us", "de"} else None
    for pattern, kind in PAGE_PATTERNS:
        match = pattern.fullmatch(split.path)
        if match is not None:
            named = {name: unquote(value) for name, value in match.groupdict().items() if value}
            organization = by_host or named.get("organization")
            if organization:
                return kind, {**named, "organization": organization}
    root = re.fullmatch(r"/organizations/(?P<organization>[^/]+)/?", split.path)
    if root is not None:
        return "organization", {"organization": root["organization"]}
    if by_host and split.path in {"", "/"}:
        return "organization", {"organization": by_host}
    raise BadUserInput(UNSUPPORTED_PAGE)


async def _issue_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    if parts["issue"].isdecimal():
        return await load_context.load(issues_by_id, IssueKey(organization, parts["issue"]))
    return await load_context.load(issue_by_short_id, ShortIdKey(organization, parts["issue"].upper()))


async def _event_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    if not parts["issue"].isdecimal():
        raise BadUserInput("The URL of an event must contain the numeric ID of its issue")
    return await load_context.load(issue_events, IssueEventKey(IssueKey(organization, parts["issue"]), parts["event"]))


async def _release_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    return await load_context.load(releases_by_version, ReleaseKey(organization, parts["release"]))


async def _project_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    return await load_context.load(projects_by_name, ProjectName(organization, parts["project"]))


PageLookup = Callable[[OrganizationRef, Mapping[str, str], LoadContext], Awaitable[Any]]
PAGE_LOOKUPS: Mapping[str, PageLookup] = MappingProxyType(
    {"issue": _issue_page, "event": _event_page, "release": _release_page, "project": _project_page}
)
"""Kind of page → lookup of its object."""


PAGE_ENDPOINTS = (
    *organization_details.uses,
    *issues_by_id.uses,
    *issue_by_short_id.uses,
    *issue_events.uses,
    *releases_by_version.uses,
    *projects_by_name.uses,
)


@strawberry.type
class ResourceQueries:
    """Root fields."""

    @call(uses=PAGE_ENDPOINTS)
    async def resource(
        _root: Any,
        load_context: LoadContext,
        *,
        url: Annotated[str, strawberry.argument(description="URL of a page in Sentry's web interface.")],
    ) -> Node | None:
        """Object on a page of Sentry: an issue, event, release, project or organization. Null when not found."""
        return await find_by_web_url(url, load_context)
