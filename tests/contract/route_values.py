"""Values of the sandbox's world for the parameters of its routes."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from published import key_of

from dexter_graphql.sandbox.http import Route
from dexter_graphql.sandbox.world.event_attributes import get_trace_id
from dexter_graphql.sandbox.world.model import Event, Issue, Organization
from dexter_graphql.sandbox.world.state import World

Pairs = tuple[tuple[str, str], ...]

_EVENTS: Pairs = (("dataset", "errors"), ("field", "title"), ("field", "count()"), ("statsPeriod", "14d"))
_USAGE: Pairs = (("field", "sum(quantity)"), ("statsPeriod", "2d"))

_SPANS: Pairs = (("dataset", "spans"),)
_EXPANSIONS = "inbox owners integrationIssues sentryAppIssues latestEventHasAttachments sessions"

# Routes that answer 400, or less than their document promises, without some parameters.
REQUIRED_QUERIES: Mapping[str, Pairs] = MappingProxyType(
    {
        "/organizations/{}/events/": _EVENTS,
        # The document requires what the service only gives when it is asked to expand it.
        "/organizations/{}/issues/": tuple(("expand", name) for name in _EXPANSIONS.split()),
        "/organizations/{}/events-timeseries/": (("dataset", "errors"), ("statsPeriod", "24h")),
        "/organizations/{}/trace-items/attributes/": _SPANS,
        "/organizations/{}/trace-items/stats/": (("statsType", "attributeDistributions"),),
        "/organizations/{}/events-dropped/": (("dataset", "errors"),),
        "/organizations/{}/release-threshold-statuses/": (
            ("start", "2026-03-03T12:00:00"),
            ("end", "2026-03-04T12:00:00"),
        ),
        "/organizations/{}/stats_v2/": (*_USAGE, ("groupBy", "outcome")),
        "/organizations/{}/stats-summary/": _USAGE,
        "/organizations/{}/sessions/": (
            ("field", "sum(session)"),
            ("groupBy", "session.status"),
            ("statsPeriod", "2d"),
        ),
        "/organizations/{}/issues/{}/integrations/{}/": (("action", "create"),),
        "/sentry-app-installations/{}/external-requests/": (("uri", "/sentry/projects"),),
        "/projects/{}/{}/stacktrace-link/": (("file", "~/src/router.ts"),),
        "/organizations/{}/issues-count/": (("query", "is:unresolved"), ("query", "is:resolved")),
    }
)


def url_of(route: Route, world: World) -> str:
    """The path of a route below `/api/0`, with the values of something that exists."""
    values = _values(world)
    return re.sub(r"{(\w+)}", lambda match: quote(values[_context(route.path, match[1])], safe=""), route.path)


def query_of(route: Route, world: World) -> Pairs:
    """The query parameters without which the route answers 400."""
    path = key_of(route.method, route.path).path
    if path == "/organizations/{}/issues-stats/":
        return tuple(("groups", issue.id) for issue in issues_by_kind(world.organizations[0]).values())
    return REQUIRED_QUERIES.get(path, ())


def busy_issue(organization: Organization) -> Issue:
    """An issue that has something of everything: comments, reports, attachments, tickets, tags."""
    return max(organization.issues.values(), key=lambda issue: _richness(organization, issue))


def issues_by_kind(organization: Organization) -> Mapping[str, Issue]:
    """The first issue of each type, so that every sort of event body is seen."""
    found: dict[str, Issue] = {}
    for issue in organization.issues.values():
        found.setdefault(issue.issue_type, issue)
        found.setdefault(f"error of {issue.project.language}", issue)
    return found


def _richness(organization: Organization, issue: Issue) -> tuple[int, int]:
    things = (issue.comments, issue.feedback, issue.external_issues, organization.attachments.get(issue.events[-1].id))
    return sum(bool(thing) for thing in things) + issue.is_error, len(issue.events)


def _context(path: str, name: str) -> str:
    # The key of a tag and the key of a project are both called `key`.
    return "client_key" if name == "key" and "/keys/" in path else name


def _values(world: World) -> dict[str, str]:
    acme = world.organizations[0]
    issue = busy_issue(acme)
    event: Event = issue.events[-1]
    project = issue.project
    release = next(one for one in acme.releases if project in one.projects and one.files)
    attachments = acme.attachments.get(event.id, [])
    monitor = acme.monitors[0]
    return {
        "organization": acme.slug,
        "project": project.slug,
        "team": project.teams[0].slug,
        "member": acme.members[0].id,
        "user": "me",
        "issue": issue.id,
        "event_id": event.id,
        "event": event.id,
        "short_id": issue.short_id,
        "key": "environment",
        "client_key": project.keys[0].id,
        "comment": issue.comments[0].id if issue.comments else "0",
        "attachment_id": attachments[0].id if attachments else "0",
        "version": release.version,
        "file": release.files[0].id,
        "environment": "production",
        "repository": acme.repositories[0].id,
        "integration": next(one.id for one in acme.integrations if one.provider_key == "jira"),
        "external_issue": "0",
        "app": acme.apps[0].slug,
        "uuid": acme.installations[0].uuid,
        "rule": next((rule.id for rule in acme.issue_rules if rule.project_id == project.id), "0"),
        "metric_rule": acme.metric_rules[0].id,
        "detector": acme.detectors[0].id,
        "workflow": acme.workflows[0].id,
        "monitor": monitor.slug,
        "trace": get_trace_id(event),
        "query": acme.saved_queries[0].id,
        "conversation": "session-1",
        "flag_change": acme.flag_changes[0].id,
    }
