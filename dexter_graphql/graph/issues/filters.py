"""Inputs that filter issues."""

import strawberry

from dexter_graphql.graph.common.time_ranges import TimeRangeInput
from dexter_graphql.graph.issues.enums import IssueCategory, IssuePriority, IssueStatus, IssueSubstatus, Level
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    ProjectReference,
    ReleaseReference,
    TeamReference,
    UserReference,
)

STATUS = "UNRESOLVED, RESOLVED or ARCHIVED."
TYPES = "Types of issues within their categories, for example `performance_n_plus_one_db_queries`."
FIRST_RELEASES = "Releases in which the issue was first seen."
RELEASES = "Releases in which the issue was seen."
PLATFORMS = "Platforms of the events, for example `python`."


@strawberry.input(
    description="Filter on a tag or an attribute of the events. The conditions that are given must all hold."
)
class TagFilter:
    """Input."""

    key: str = strawberry.field(description="Key of the tag, for example `browser.name`.")
    values: list[str] | None = strawberry.field(
        default=None, description="Values of which the tag must have one. They may contain any characters."
    )
    exclude: bool = strawberry.field(
        default=False, description="True when the tag must have none of `values`, instead of one of them."
    )
    exists: bool | None = strawberry.field(
        default=None, description="True when the events must have the tag, false when they must not."
    )


@strawberry.input(one_of=True, description="An assignee of issues. Exactly one field must be given.")
class AssigneeFilter:
    """Input."""

    user: UserReference | None = strawberry.field(default=strawberry.UNSET, description="A user.")
    team: TeamReference | None = strawberry.field(default=strawberry.UNSET, description="A team.")
    nobody: bool | None = strawberry.field(default=strawberry.UNSET, description="True for unassigned issues.")
    me: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True for the user of the token. With a shared token, use `user` instead.",
    )
    my_teams: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True for the teams of the user of the token."
    )


@strawberry.input(description="Values that matching issues do not have: an issue with any of them is left out.")
class IssueExclusion:
    """Input."""

    status: list[IssueStatus] | None = strawberry.field(default=None, description=f"Statuses: {STATUS}")
    substatus: list[IssueSubstatus] | None = strawberry.field(default=None, description="Substatuses of the issue.")
    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the issue.")
    priorities: list[IssuePriority] | None = strawberry.field(default=None, description="Priorities of the issue.")
    categories: list[IssueCategory] | None = strawberry.field(default=None, description="Categories of the issue.")
    types: list[str] | None = strawberry.field(default=None, description=TYPES)
    projects: list[ProjectReference] | None = strawberry.field(default=None, description="Projects of the issue.")
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments of the events."
    )
    assignees: list[AssigneeFilter] | None = strawberry.field(default=None, description="Assignees of the issue.")
    assigned_or_suggested: list[AssigneeFilter] | None = strawberry.field(
        default=None, description="Assignees, or owners suggested by Sentry."
    )
    first_releases: list[ReleaseReference] | None = strawberry.field(default=None, description=FIRST_RELEASES)
    releases: list[ReleaseReference] | None = strawberry.field(default=None, description=RELEASES)
    platforms: list[str] | None = strawberry.field(default=None, description=PLATFORMS)
    error_types: list[str] | None = strawberry.field(default=None, description="Types of the exceptions.")
    transactions: list[str] | None = strawberry.field(default=None, description="Transactions of the events.")
    first_seen: TimeRangeInput | None = strawberry.field(
        default=None, description="Range of the first event; takes `last`, which leaves the older issues."
    )
    last_seen: TimeRangeInput | None = strawberry.field(
        default=None, description="Range of the newest event; takes `last`, which leaves the older issues."
    )


@strawberry.input(
    description="Filter on issues. An issue must match every field that is given, and of a list any of its values. "
    "`tags` is a list of conditions that must all hold; `exclude` names what must not hold."
)
class IssueFilter:
    """Input."""

    status: list[IssueStatus] | None = strawberry.field(default=None, description=f"Statuses of the issue: {STATUS}")
    substatus: list[IssueSubstatus] | None = strawberry.field(default=None, description="Substatuses of the issue.")
    is_assigned: bool | None = strawberry.field(
        default=None, description="True for issues with an assignee, false for issues without."
    )
    is_linked: bool | None = strawberry.field(
        default=None, description="True for issues that are linked to an external issue, false for the others."
    )
    is_unhandled: bool | None = strawberry.field(
        default=None, description="True for errors that the application did not handle, false for handled ones."
    )
    is_for_review: bool | None = strawberry.field(
        default=None, description="True for issues that have not been reviewed, false for the others."
    )
    is_bookmarked: bool | None = strawberry.field(
        default=None,
        description="True for issues that the user of the token has bookmarked, false for the others.",
    )
    is_subscribed: bool | None = strawberry.field(
        default=None,
        description="True for issues that the user of the token is subscribed to, false for the others.",
    )
    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the issue.")
    priorities: list[IssuePriority] | None = strawberry.field(default=None, description="Priorities of the issue.")
    categories: list[IssueCategory] | None = strawberry.field(default=None, description="Categories of the issue.")
    types: list[str] | None = strawberry.field(default=None, description=TYPES)
    projects: list[ProjectReference] | None = strawberry.field(
        default=None, description="Projects. Default: all projects."
    )
    environments: list[EnvironmentReference] | None = strawberry.field(
        default=None, description="Environments of the events. Default: all environments."
    )
    assignees: list[AssigneeFilter] | None = strawberry.field(default=None, description="Assignees of the issue.")
    assigned_or_suggested: list[AssigneeFilter] | None = strawberry.field(
        default=None, description="Assignees of the issue, or owners suggested by Sentry."
    )
    first_seen: TimeRangeInput | None = strawberry.field(default=None, description="Range of the first event.")
    last_seen: TimeRangeInput | None = strawberry.field(default=None, description="Range of the newest event.")
    first_releases: list[ReleaseReference] | None = strawberry.field(default=None, description=FIRST_RELEASES)
    releases: list[ReleaseReference] | None = strawberry.field(default=None, description=RELEASES)
    platforms: list[str] | None = strawberry.field(default=None, description=PLATFORMS)
    error_types: list[str] | None = strawberry.field(
        default=None, description="Types of the exceptions, for example `TimeoutError`."
    )
    transactions: list[str] | None = strawberry.field(default=None, description="Transactions of the events.")
    min_event_count: int | None = strawberry.field(
        default=None, description="Least number of events in the range of the list."
    )
    min_user_count: int | None = strawberry.field(
        default=None,
        description="Least number of affected users in the range of the list. Sentry cannot search for it: issues are "
        "read, at most 1000, until enough of them match.",
    )
    has_attachments: bool | None = strawberry.field(
        default=None,
        description="True when the newest event must have attachments, false when it must not. Read as "
        "`minUserCount` is.",
    )
    tags: list[TagFilter] | None = strawberry.field(
        default=None, description="Conditions on the tags of the events. An issue must match all of them."
    )
    exclude: IssueExclusion | None = strawberry.field(
        default=None, description="Values that matching issues do not have."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Additional terms in Sentry's search syntax, for example `timeout !browser.name:Firefox`.",
    )
