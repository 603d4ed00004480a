"""What a credential may read, asked of Sentry and remembered for a minute, and the projects of issues."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dexter_graphql.clock import Clock
from dexter_graphql.concurrency.bounded_map import BoundedMap, ExpiringMap
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.occurrence import read_issue
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import integrations
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, BadResponse, Forbidden, NotFound, Unavailable
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import OrganizationRef, Parents

LIFETIME_S = 60.0
MAX_VERDICTS = 50_000
"""Verdicts that are remembered."""
MAX_ISSUES = 50_000
"""Issues whose projects are remembered; an issue never changes its project."""
ONE_ISSUE = (("query", ""), ("limit", "1"), *(("collapse", part) for part in ("stats", "lifetime", "filtered")))
"""The cheapest page of a project's issues; it needs the right to read them, as every other page does."""

ONE_ROW = (("per_page", "1"),)
INTEGRATIONS = ""
"""Stands for the organization's integrations in the place of a project's ID."""

Key = tuple[str, frozenset[str] | None, str, str]


class Check(NamedTuple):
    """A call that needs the right to read something; `subject` is the ID of the project that it reads issues of."""

    endpoint: Endpoint
    subject: str
    query: Sequence[tuple[str, str]]


class ProjectReference(msgspec.Struct, frozen=True, gc=False):
    """`project` of an issue."""

    id: int | str


class IssueProject(msgspec.Struct, frozen=True, gc=False):
    """The project of an issue."""

    project: ProjectReference


class IssueVisibility:
    """Verdicts by credential, reach, organization and project; shared by all operations of the process.

    Sentry's project list does not tell: it names every project of the organization. So the check reads issues.
    """

    def __init__(self, client: SentryClient, clock: Clock) -> None:
        self._client = client
        self._verdicts: ExpiringMap[Key, bool] = ExpiringMap(LIFETIME_S, MAX_VERDICTS, clock.monotonic)
        self._projects: BoundedMap[tuple[str, str], str] = BoundedMap(MAX_ISSUES)

    def __repr__(self) -> str:
        return f"<IssueVisibility {len(self._verdicts)} verdicts>"

    async def may_read(self, organization: OrganizationRef, project_id: str, call_context: CallContext) -> bool:
        """True when the caller may read issues of the project: at most one call a minute, shared by equal checks.

        Raises what the call raises when it gives no verdict: Unauthorized when the credential was revoked, the errors
        of an outage otherwise.
        """
        query = (("project", project_id), *ONE_ISSUE)
        return await self._is_permitted(Check(catalogue.LIST, project_id, query), organization, call_context)

    async def may_read_integrations(self, organization: OrganizationRef, call_context: CallContext) -> bool:
        """True when the caller may read the organization's integrations, which callers of some projects may not."""
        return await self._is_permitted(Check(integrations.LIST, INTEGRATIONS, ONE_ROW), organization, call_context)

    async def project_of(self, issue: IssueKey, call_context: CallContext) -> str | None:
        """The ID of the project of an issue, which says nothing about rights; None when the caller cannot read it.

        One call for each issue, whoever asks.
        """
        key = (issue.organization.id, issue.id)
        project = self._projects.get(key)
        if project is None:
            project = await self._read_project(issue, call_context)
            if project is not None:
                self._projects.put(key, project)
        return project

    async def _read_project(self, issue: IssueKey, call_context: CallContext) -> str | None:
        reply = await read_issue(issue, self._client, call_context)
        if reply is None:
            return None
        try:
            return str(msgspec.json.decode(reply.body, type=IssueProject).project.id)
        except UNREADABLE:
            raise BadResponse("Sentry's answer is not an issue", title=catalogue.DETAIL.title) from None

    async def _is_permitted(self, check: Check, organization: OrganizationRef, call_context: CallContext) -> bool:
        key = (call_context.upstream.key, call_context.projects, organization.id, check.subject)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = await self._ask(check, organization, call_context)
            self._verdicts.put(key, verdict)
        return verdict

    async def _ask(self, check: Check, organization: OrganizationRef, call_context: CallContext) -> bool:
        try:
            reply = await self._client.send(
                check.endpoint, call_context, parents=Parents(organization), query=check.query
            )
        except (Forbidden, NotFound, BadRequest):
            return False
        if reply.is_stale:
            # An answer from before the outage says nothing about present rights.
            raise Unavailable("Sentry cannot be reached", title=check.endpoint.title)
        return True
