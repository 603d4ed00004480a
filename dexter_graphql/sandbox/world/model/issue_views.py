"""Record of an issue view."""

from dataclasses import dataclass, field
from datetime import datetime

from dexter_graphql.sandbox.world.model.members import User


@dataclass(slots=True, eq=False)
class IssueView:
    """A saved search for issues. `starred_by` and `visited_at` have the IDs of users."""

    id: str
    name: str
    query: str
    query_sort: str
    projects: list[int]
    environments: list[str]
    time_filters: dict[str, object]
    created_by: User
    date_created: datetime
    date_updated: datetime
    is_shared: bool = False
    starred_by: set[str] = field(default_factory=set)
    visited_at: dict[str, datetime] = field(default_factory=dict)
