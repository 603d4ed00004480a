"""Reports that users of an application wrote about issues."""

from datetime import datetime

import strawberry

from dexter_graphql.graph.declarations.fields import ID, LIST, batch, entity, link, plain
from dexter_graphql.graph.issues.details import below_issue
from dexter_graphql.graph.lazy_types import EventType, IssueType, UserType
from dexter_graphql.graph.members.actors import USER
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.user_reports import (
    ReportedEventKey,
    UserReportKey,
    reported_events,
    user_reports_by_id,
)


@entity(key=UserReportKey, load=user_reports_by_id, representations=(LIST,))
class UserReport(Node):
    """Report that a user of an application wrote about an event."""

    sentry_id: strawberry.ID = plain("id", description="ID of the report in Sentry.")
    name: str | None = plain(description="Name that the user gave.")
    email: str | None = plain(description="Email address that the user gave.")
    message: str | None = plain("comments", description="Text of the report.")
    created_at: datetime | None = plain("dateCreated", description="Time when the report was written.")
    user: UserType | None = link(
        "user", USER, description="User of Sentry who wrote the report; null for users of the application alone."
    )
    event: EventType | None = batch(
        reported_events,
        key=lambda row: ReportedEventKey(UserReportKey(below_issue(row), str(row.id)), row.eventID),
        reads={"id": ID, "eventID": str},
        description="Event that the report is about; null when Sentry no longer has it. One call per report.",
    )
    issue: IssueType | None = batch(
        issues_by_id, key=below_issue, reads={}, description="Issue that the report is about."
    )
