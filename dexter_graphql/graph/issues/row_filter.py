"""Conditions on issues that Sentry cannot search for, checked on the rows of a list."""

from typing import Any, NamedTuple

from dexter_graphql.graph.declarations.resolvers.first_of import first_reader, path_member
from dexter_graphql.graph.declarations.wire_types import SCALARS, whole_number
from dexter_graphql.graph.issues.filters import IssueFilter
from dexter_graphql.graph.issues.search import FIELD, checked_count
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import raise_invalid
from dexter_graphql.sentry.projection import Field, first_invalid

USER_COUNT = (("filtered", "userCount"), ("userCount",))
"""Where the number of users within the range of the list is."""
read_user_count = first_reader(USER_COUNT)


class IssueRowFilter(NamedTuple):
    """A condition on the number of users and on attachments; None is no condition."""

    min_user_count: int | None
    has_attachments: bool | None

    @property
    def members(self) -> tuple[Field, ...]:
        """The members of a row that the condition reads."""
        counts = tuple(path_member("Issue", path, SCALARS["BigInt"][0]) for path in USER_COUNT)
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
            try:
                user_count = whole_number(raise_invalid(read_user_count(row)) or 0)
            except InvalidValue:
                return True
            if user_count < self.min_user_count:
                return False
        return self.has_attachments is None or row.latestEventHasAttachments is self.has_attachments


def row_filter_of(value: IssueFilter | None) -> IssueRowFilter | None:
    """The conditions of a filter that Sentry cannot search for; None without any."""
    if value is None or (value.min_user_count is None and value.has_attachments is None):
        return None
    if value.min_user_count is not None:
        checked_count(value.min_user_count, FIELD, "minUserCount")
    return IssueRowFilter(value.min_user_count, value.has_attachments)
