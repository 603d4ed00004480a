"""Finds an object by its global id, or by the address of its page in Sentry."""

import re
from collections.abc import Awaitable, Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.alerts import types as alerts
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.environments import types as environments
from dexter_graphql.graph.integrations import repositories
from dexter_graphql.graph.integrations import types as integrations
from dexter_graphql.graph.issues.types import Issue
from dexter_graphql.graph.members import types as members
from dexter_graphql.graph.organizations import types as organization_types
from dexter_graphql.graph.projects import types as projects
from dexter_graphql.graph.relay.global_ids import decode_id, key_from_id
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.releases import types as releases
from dexter_graphql.graph.teams import types as teams
from dexter_graphql.loaders.base import LoadContext, Loader, each
from dexter_graphql.loaders.events import EventKey, IssueEventKey, event_details, issue_events
from dexter_graphql.loaders.issue_parts import CommentKey, comments_by_id
from dexter_graphql.loaders.issues import IssueKey, ShortIdKey, issue_by_short_id, issues_by_id
from dexter_graphql.loaders.organizations import reference
from dexter_graphql.loaders.projects import ProjectName, projects_by_name
from dexter_graphql.loaders.releases import ReleaseKey, releases_by_version
from dexter_graphql.sentry.catalogue import events, issues, organizations
from dexter_graphql.sentry.parents import OrganizationRef

MAX_NODES = 100
NodeKey = tuple[Loader, Hashable]
NodeLookup = Callable[[OrganizationRef, tuple[str, ...]], NodeKey]


def _issue(organization: OrganizationRef, parts: tuple[str, ...]) -> NodeKey:
    return issues_by_id, IssueKey(organization, *parts)


def _comment(organization: OrganizationRef, parts: tuple[str, ...]) -> NodeKey:
    issue, number = parts
    return comments_by_id, CommentKey(IssueKey(organization, issue), number)


def _event(organization: OrganizationRef, parts: tuple[str, ...]) -> NodeKey:
    return event_details, EventKey(organization, *parts)


NODE_LOOKUPS: Mapping[str, NodeLookup] = MappingProxyType(
    {
        "Comment": _comment,
        "Issue": _issue,
        "Event": _event,
        **alerts.NODES,
        **environments.NODES,
        **integrations.NODES,
        **members.NODES,
        **organization_types.NODES,
        **projects.NODES,
        **releases.NODES,
        **repositories.NODES,
        **teams.NODES,
    }
)
"""Type name → how the keys in an id become a loader and its key."""


async def find_node(value: str, load_context: LoadContext) -> Any:
    """The object with a global id; None when there is none, BadUserInput when it is not an id of ours."""
    typename, (organization_id, *parts) = decode_id(value)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    if organization is None:
        return None
    finder = NODE_LOOKUPS.get(typename)
    if finder is None:
        raise BadUserInput(f"Objects of type {typename} cannot be looked up by id")
    try:
        loader, key = finder(organization, tuple(parts))
    except (TypeError, ValueError):
        raise BadUserInput("This id was not made by this server") from None
    return await load_context.load(loader, key)


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
"""Addresses of Sentry's pages, with the organization in the path or as the host's first label."""


async def find_by_web_url(url: str, load_context: LoadContext) -> Any:
    """The object that a page of Sentry shows; None when there is none, BadUserInput for pages of other kinds."""
    kind, parts = parse_web_url(url)
    organization = await load_context.organizations.find(load_context.call_context, parts["organization"])
    if organization is None:
        return None
    if kind == "organization":
        return reference(organization)
    return await PAGE_LOOKUPS[kind](organization, parts, load_context)


def parse_web_url(url: str) -> tuple[str, dict[str, str]]:
    """The kind of a page and the names in its address."""
    split = urlsplit(url.strip())
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise BadUserInput("'url' must be the address of a page of Sentry, beginning with https://")
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
    raise BadUserInput("This page of Sentry stands for nothing that the graph has: an issue, event, release or project")


async def _issue_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    if parts["issue"].isdecimal():
        return await load_context.load(issues_by_id, IssueKey(organization, parts["issue"]))
    return await load_context.load(issue_by_short_id, ShortIdKey(organization, parts["issue"].upper()))


async def _event_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    if not parts["issue"].isdecimal():
        raise BadUserInput("The address of an event must have the numeric id of its issue")
    return await load_context.load(issue_events, IssueEventKey(IssueKey(organization, parts["issue"]), parts["event"]))


async def _release_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    return await load_context.load(releases_by_version, ReleaseKey(organization, parts["release"]))


async def _project_page(organization: OrganizationRef, parts: Mapping[str, str], load_context: LoadContext) -> Any:
    return await load_context.load(projects_by_name, ProjectName(organization, parts["project"]))


PageLookup = Callable[[OrganizationRef, Mapping[str, str], LoadContext], Awaitable[Any]]
PAGE_LOOKUPS: Mapping[str, PageLookup] = MappingProxyType(
    {"issue": _issue_page, "event": _event_page, "release": _release_page, "project": _project_page}
)
"""Kind of page → how its object is found."""

NODE_ENDPOINTS = (organizations.DETAIL, organizations.SHORT_ID, issues.DETAIL, issues.EVENT, events.DETAIL)


@strawberry.type
class NodeQueries:
    """Roots."""

    @call(uses=NODE_ENDPOINTS)
    async def node(
        _root: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],
    ) -> Node | None:
        """An object by its global id; null when Sentry has none, or none that the token may see."""
        return await find_node(id, load_context)

    @call(uses=NODE_ENDPOINTS)
    async def nodes(
        _root: Any,
        load_context: LoadContext,
        *,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most a hundred.")],
    ) -> list[Node | None]:
        """Objects by their global ids, in the same order."""
        if len(ids) > MAX_NODES:
            raise BadUserInput(f"'ids' takes at most {MAX_NODES} ids")
        found = await each(list(dict.fromkeys(ids)), lambda value: find_node(value, load_context), width=MAX_NODES)
        return [found[value] for value in ids]

    @call(uses=(organizations.DETAIL, issues.DETAIL))
    async def issue(
        _root: Any,
        load_context: LoadContext,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],
    ) -> Issue | None:
        """An issue by its global id; by its short id it is found in its organization."""
        key_from_id(id, "Issue", 2)
        return await find_node(id, load_context)

    @call(uses=NODE_ENDPOINTS)
    async def resource(
        _root: Any,
        load_context: LoadContext,
        *,
        url: Annotated[str, strawberry.argument(description="Address of a page in Sentry.")],
    ) -> Node | None:
        """What a page of Sentry shows: paste the link of an issue, event, release, project or organization."""
        return await find_by_web_url(url, load_context)
