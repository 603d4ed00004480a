"""Conditions on issues that Sentry cannot search for, checked on the rows of a list."""

from typing import Any, NamedTuple

from dexter_graphql.graph.issues.connections import Counts
from dexter_graphql.graph.issues.filters import IssueFilter
from dexter_graphql.graph.issues.search import FIELD, checked_count
from dexter_graphql.sentry.projection import Field, first_invalid


class IssueRowFilter(NamedTuple):
    """A condition on the number of users and on attachments; None is no condition."""

    min_user_count: int | None
    has_attachments: bool | None

    @property
    def members(self) -> tuple[Field, ...]:
        """The members of a row that the condition reads."""
        counts = (Field("filtered", "filtered", Counts | None), Field("userCount", "userCount", int | None))
        attachments = (Field("latestEventHasAttachments", "latestEventHasAttachments", bool | None),)
        return (
            *(counts if self.min_user_count is not None else ()),
            *(attachments if self.has_attachments is not None else ()),
        )

    def __call__(self, row: Any) -> bool:
        """True when the row matches, and when Sentry sent a value that cannot be read."""
        if first_invalid(row, *(member.attr for member in self.members)):
            return True
        if self.min_user_count is not None:
            counts = row.filtered or row
            if (counts.userCount or 0) < self.min_user_count:
                return False
        return self.has_attachments is None or row.latestEventHasAttachments is self.has_attachments


def row_filter_of(value: IssueFilter | None) -> IssueRowFilter | None:
    """The conditions of a filter that Sentry cannot search for; None without any."""
    if value is None or (value.min_user_count is None and value.has_attachments is None):
        return None
    if value.min_user_count is not None:
        checked_count(value.min_user_count, FIELD, "minUserCount")
    return IssueRowFilter(value.min_user_count, value.has_attachments)
