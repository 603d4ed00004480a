"""Keys of issues."""

from typing import NamedTuple

from dexter_graphql.sentry.parents import OrganizationRef, Parents


class IssueKey(NamedTuple):
    """An issue by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class ShortIdKey(NamedTuple):
    """An issue by its short ID, in upper case."""

    organization: OrganizationRef
    short_id: str


class ExternalIssueKey(NamedTuple):
    """A link of an issue to an external one, by Sentry's ID; that of an integration's link has a prefix."""

    issue: IssueKey
    id: str


class ActivityKey(NamedTuple):
    """An entry in the activity of an issue, by Sentry's ID."""

    issue: IssueKey
    id: str


def issue_parents(key: IssueKey) -> Parents:
    """Parents of the objects of an issue."""
    return Parents(key.organization, issue=key.id)
