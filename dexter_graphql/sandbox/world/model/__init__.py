"""Records of the fake Sentry.

Records are compared by identity and refer to each other in circles.
"""

from dexter_graphql.sandbox.world.model.alerts import Detector, IssueAlertRule, MetricAlertRule, Workflow
from dexter_graphql.sandbox.world.model.flags import FlagChange
from dexter_graphql.sandbox.world.model.integrations import ExternalIssue, Installation, Integration, SentryApp
from dexter_graphql.sandbox.world.model.issue_views import IssueView
from dexter_graphql.sandbox.world.model.issues import Activity, Assignee, Attachment, Event, Feedback, Issue
from dexter_graphql.sandbox.world.model.members import Member, Team, User
from dexter_graphql.sandbox.world.model.monitors import CheckIn, CronMonitor
from dexter_graphql.sandbox.world.model.organization import Organization
from dexter_graphql.sandbox.world.model.projects import ClientKey, Environment, Project
from dexter_graphql.sandbox.world.model.releases import Commit, Deploy, Release, ReleaseFile, Repository
from dexter_graphql.sandbox.world.model.saved_queries import SavedQuery

__all__ = [
    "Activity",
    "Assignee",
    "Attachment",
    "CheckIn",
    "ClientKey",
    "Commit",
    "CronMonitor",
    "Deploy",
    "Detector",
    "Environment",
    "Event",
    "ExternalIssue",
    "Feedback",
    "FlagChange",
    "Installation",
    "Integration",
    "Issue",
    "IssueAlertRule",
    "IssueView",
    "Member",
    "MetricAlertRule",
    "Organization",
    "Project",
    "Release",
    "ReleaseFile",
    "Repository",
    "SavedQuery",
    "SentryApp",
    "Team",
    "User",
    "Workflow",
]
