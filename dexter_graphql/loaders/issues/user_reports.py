"""Loaders of the reports that users of an application wrote about an issue."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.events import IssueEventKey, issue_events
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.lists import fetch_list, find_row
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.pagination import Slice


class UserReportKey(NamedTuple):
    """A user report about an issue, by Sentry's ID."""

    issue: IssueKey
    id: str


class ReportedEventKey(NamedTuple):
    """The event that a user report is about."""

    report: UserReportKey
    event: str


@fan_out(target="UserReport", uses=(catalogue.USER_REPORTS, *REFERENCE_ENDPOINTS))
async def user_report_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of the user reports about an issue, newest first; options are ListOptions."""
    return await fetch_list(catalogue.USER_REPORTS, issue_parents(key), load_context, path={"issue": key.id})


@fan_out(target="UserReport", uses=(catalogue.USER_REPORTS,), is_shared=True)
async def user_reports_by_id(key: UserReportKey, load_context: LoadContext) -> Any:
    """A user report, found among the newest 1000 of its issue, because Sentry has no endpoint for a single one."""
    path = {"issue": key.issue.id}
    return await find_row(catalogue.USER_REPORTS, issue_parents(key.issue), load_context, path=path, row_id=key.id)


@fan_out(target="Event", uses=issue_events.uses)
async def reported_events(key: ReportedEventKey, load_context: LoadContext) -> Any:
    """The event that a user report is about; None when Sentry no longer has it."""
    return await load_context.load(issue_events, IssueEventKey(key.report.issue, key.event))
