"""Issues, activities and releases as Sentry lists them: the members that changes are found by."""

from datetime import datetime

import msgspec

from dexter_graphql.realtime.changes import Kind
from dexter_graphql.realtime.snapshots.issues import IssueSnapshot, assignee_of, issue_state
from dexter_graphql.realtime.snapshots.releases import DeploySnapshot, ReleaseSnapshot
from dexter_graphql.realtime.snapshots.sources import Number, decode_snapshot

REPORTED_SUBSTATUSES = frozenset(
    {
        "regressed",
        "escalating",
        "archived_until_escalating",
        "archived_until_condition_met",
        "archived_forever",
    }
)
"""Substatuses whose beginning Sentry reports as a change of the issue; it is silent about `new` and `ongoing`."""


class Lifetime(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`lifetime` of an issue: figures that the time range of the list does not restrict."""

    first_seen: datetime | None = None


class ListedIssue(IssueSnapshot, frozen=True, gc=False, rename="camel"):
    """An issue of a list."""

    num_comments: int = 0
    first_seen: datetime | None = None
    lifetime: Lifetime | None = None

    @property
    def created_at(self) -> datetime | None:
        """When its first event was seen; None when Sentry does not say."""
        return (self.lifetime and self.lifetime.first_seen) or self.first_seen

    @property
    def state(self) -> str:
        """Status and substatus, as changes have them."""
        return issue_state(Kind.UNRESOLVED, self)

    @property
    def assignee(self) -> str:
        """`user:1`, `team:2`, or empty when there is none."""
        return assignee_of(self)


class ActivityUser(msgspec.Struct, frozen=True, gc=False):
    """`user` of an activity."""

    id: Number
    name: str = ""
    email: str | None = None


class Activity(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One entry of an issue's activity."""

    id: Number
    type: str
    date_created: datetime
    user: ActivityUser | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Activities(msgspec.Struct, frozen=True, gc=False):
    """The activity of an issue, newest first."""

    activity: list[msgspec.Raw]


class AssignedData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`data` of the activity `assigned`."""

    assignee: Number
    assignee_type: str = ""


class CommentData(msgspec.Struct, frozen=True, gc=False):
    """`data` of the activity `note`."""

    text: str = ""


class ListedDeploy(DeploySnapshot, frozen=True, gc=False, rename="camel"):
    """A deploy of a release."""

    date_finished: datetime | None = None


class ListedRelease(ReleaseSnapshot, frozen=True, gc=False, rename="camel", kw_only=True):
    """A release of a list."""

    date_created: datetime
    last_deploy: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def deploy(self) -> ListedDeploy | None:
        """The newest deploy; None when there is none that can be read."""
        try:
            return decode_snapshot(self.last_deploy, ListedDeploy)
        except msgspec.DecodeError:
            return None
