"""Lookup of objects by the URLs of their pages in Sentry: the root field `resource`."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.page_urls import WebPage, WebPageKind, is_saas_host, parse_page_url
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.events import EventKey, IssueEventKey, event_details, issue_events
from dexter_graphql.loaders.issues.details import issue_by_short_id, issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey, ShortIdKey
from dexter_graphql.loaders.organizations import organization_details, organization_reference
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.projection import Record


async def find_by_web_url(url: str, load_context: LoadContext) -> Any:
    """The object that a page of Sentry shows, or None; raises BadUserInput for pages of other kinds and hosts."""
    page = parse_page_url(url)
    is_known_host = _is_configured_host(page.host, load_context)
    if not is_known_host and load_context.client.hosts.is_saas:
        raise _other_host(page.host)
    organization = await load_context.organizations.find(load_context.call_context, page.organization)
    if not is_known_host and (organization is None or urlsplit(organization.web_url or "").netloc != page.host):
        raise _other_host(page.host)
    return None if organization is None else await PAGE_LOOKUPS[page.kind](organization, page, load_context)


def _is_configured_host(host: str, load_context: LoadContext) -> bool:
    """True for a configured host, and for sentry.io's when that is configured or a server on the loopback is."""
    hosts = load_context.client.hosts
    if host in {urlsplit(origin).netloc for origin in (hosts.base, *hosts.extra)}:
        return True
    return is_saas_host(host) and (hosts.is_saas or _is_loopback(urlsplit(hosts.base).hostname or ""))


def _is_loopback(hostname: str) -> bool:
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost"


def _other_host(host: str) -> BadUserInput:
    return BadUserInput(f"'url' must be a page of the configured Sentry, not of {host[:100]}")


async def _organization_page(organization: OrganizationRef, _page: WebPage, _load_context: LoadContext) -> Any:
    return organization_reference(organization)


async def _issue_page(organization: OrganizationRef, page: WebPage, load_context: LoadContext) -> Any:
    return await _issue(organization, page.value, load_context)


async def _issue_event_page(organization: OrganizationRef, page: WebPage, load_context: LoadContext) -> Any:
    number = page.parent
    if not number.isdecimal():
        issue = await _issue(organization, number, load_context)
        if not isinstance(issue, Record):
            return issue
        number = str(issue.id)  # type: ignore[attr-defined]  # every issue has its key
    return await load_context.load(issue_events, IssueEventKey(IssueKey(organization, number), page.value))


async def _project_event_page(organization: OrganizationRef, page: WebPage, load_context: LoadContext) -> Any:
    return await load_context.load(event_details, EventKey(organization, page.parent, page.value))


async def _release_page(organization: OrganizationRef, page: WebPage, load_context: LoadContext) -> Any:
    return await load_context.load(releases_by_version, ReleaseKey(organization, page.value))


async def _project_page(organization: OrganizationRef, page: WebPage, load_context: LoadContext) -> Any:
    return await load_context.load(projects_by_name, ProjectName(organization, page.value))


async def _issue(organization: OrganizationRef, number_or_short_id: str, load_context: LoadContext) -> Any:
    if number_or_short_id.isdecimal():
        return await load_context.load(issues_by_id, IssueKey(organization, number_or_short_id))
    return await load_context.load(issue_by_short_id, ShortIdKey(organization, number_or_short_id.upper()))


PageLookup = Callable[[OrganizationRef, WebPage, LoadContext], Awaitable[Any]]
PAGE_LOOKUPS: Mapping[WebPageKind, PageLookup] = MappingProxyType(
    {
        WebPageKind.ORGANIZATION: _organization_page,
        WebPageKind.PROJECT: _project_page,
        WebPageKind.ISSUE: _issue_page,
        WebPageKind.RELEASE: _release_page,
        WebPageKind.ISSUE_EVENT: _issue_event_page,
        WebPageKind.PROJECT_EVENT: _project_event_page,
    }
)
"""Kind of page → lookup of its object."""

LOADERS = (
    organization_details,
    issues_by_id,
    issue_by_short_id,
    issue_events,
    event_details,
    releases_by_version,
    projects_by_name,
)


@strawberry.type
class ResourceQueries:
    """Root fields."""

    @call(uses=[endpoint for loader in LOADERS for endpoint in loader.uses])
    async def resource(
        _root: Any,
        load_context: LoadContext,
        *,
        url: Annotated[str, strawberry.argument(description="URL of a page in Sentry's web interface.")],
    ) -> Node | None:
        """Object on a page of Sentry: an issue, event, release, project or organization. Null when not found."""
        with within("url"):
            return await find_by_web_url(url, load_context)
