"""Entity types for annotations, where importing the entity itself would be circular."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from dexter_graphql.graph.alerts.types import Alert
    from dexter_graphql.graph.comments.types import Comment
    from dexter_graphql.graph.events.types import Event
    from dexter_graphql.graph.integrations.types import Integration
    from dexter_graphql.graph.issues.types import Issue
    from dexter_graphql.graph.members.types import Member, User
    from dexter_graphql.graph.monitors.cron import CronMonitor
    from dexter_graphql.graph.monitors.types import Monitor
    from dexter_graphql.graph.organizations.types import Organization
    from dexter_graphql.graph.projects.types import Project
    from dexter_graphql.graph.releases.types import Release
    from dexter_graphql.graph.repositories.types import Repository
    from dexter_graphql.graph.seer.types import AutofixRun
    from dexter_graphql.graph.teams.types import Team
    from dexter_graphql.graph.traces.types import Trace

AlertType = Annotated["Alert", strawberry.lazy("dexter_graphql.graph.alerts.types")]
AutofixRunType = Annotated["AutofixRun", strawberry.lazy("dexter_graphql.graph.seer.types")]
CommentType = Annotated["Comment", strawberry.lazy("dexter_graphql.graph.comments.types")]
CronMonitorType = Annotated["CronMonitor", strawberry.lazy("dexter_graphql.graph.monitors.cron")]
EventType = Annotated["Event", strawberry.lazy("dexter_graphql.graph.events.types")]
IntegrationType = Annotated["Integration", strawberry.lazy("dexter_graphql.graph.integrations.types")]
IssueType = Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")]
MemberType = Annotated["Member", strawberry.lazy("dexter_graphql.graph.members.types")]
MonitorType = Annotated["Monitor", strawberry.lazy("dexter_graphql.graph.monitors.types")]
OrganizationType = Annotated["Organization", strawberry.lazy("dexter_graphql.graph.organizations.types")]
ProjectType = Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")]
ReleaseType = Annotated["Release", strawberry.lazy("dexter_graphql.graph.releases.types")]
RepositoryType = Annotated["Repository", strawberry.lazy("dexter_graphql.graph.repositories.types")]
TeamType = Annotated["Team", strawberry.lazy("dexter_graphql.graph.teams.types")]
TraceType = Annotated["Trace", strawberry.lazy("dexter_graphql.graph.traces.types")]
UserType = Annotated["User", strawberry.lazy("dexter_graphql.graph.members.types")]
