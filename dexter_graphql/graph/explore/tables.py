"""Tables of Discover and Explore."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import LazyJSON, batch, computed, value_type
from dexter_graphql.graph.events.details import EventUser
from dexter_graphql.graph.events.types import EventReference
from dexter_graphql.graph.explore.cells import as_boolean, as_date, as_list, as_number, as_string
from dexter_graphql.graph.lazy_types import EventType, IssueType, ProjectType, ReleaseType, TraceType
from dexter_graphql.graph.relay.connections import Edge, PageInfo, edges_of
from dexter_graphql.loaders.explore.tables import TablePage, TableRow
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.releases import ReleaseReference
from dexter_graphql.loaders.traces import TraceReference
from dexter_graphql.sentry.lenient import raise_invalid
from dexter_graphql.sentry.parents import Parents

FieldName = Annotated[
    str,
    strawberry.argument(
        description="Field, function or equation in Sentry's syntax, for example `title`, `count_unique(user)` or"
        " `equation|count() / count_unique(user)`. It becomes a column of the table."
    ),
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its type and unit, where Sentry says them."""

    name: str
    type: Any
    unit: Any


@value_type
class DiscoverColumn:
    """Column of a table."""

    @computed()
    def name(column: Column) -> str:
        """Field, function or equation, as it was requested."""
        return column.name

    @computed()
    def type(column: Column) -> str | None:
        """Type of the values, as named by Sentry, for example `string`, `integer`, `date` or `duration`."""
        return raise_invalid(column.type)

    @computed()
    def unit(column: Column) -> str | None:
        """Unit of the values, for example `millisecond`. Null for values without a unit."""
        return raise_invalid(column.unit)


@value_type
class DiscoverRow:
    """Row of a table: an event, or a group of events where a column is a function.

    Every field adds its columns to the table, and columns that are no functions make up the groups.
    """

    @computed()
    def string(row: TableRow, *, field: FieldName) -> str | None:
        """Value of a column as text. Numbers and booleans are written out."""
        return as_string(row.values.get(field))

    @computed()
    def number(row: TableRow, *, field: FieldName) -> float | None:
        """Value of a column that is a number."""
        return as_number(row.values.get(field))

    @computed()
    def boolean(row: TableRow, *, field: FieldName) -> bool | None:
        """Value of a column that is true or false."""
        return as_boolean(row.values.get(field))

    @computed()
    def date(row: TableRow, *, field: FieldName) -> datetime | None:
        """Value of a column that is a point in time."""
        return as_date(row.values.get(field))

    @computed(name="list")
    def list_values(row: TableRow, *, field: FieldName) -> list[str] | None:
        """Values of a column that has several, as text."""
        return as_list(row.values.get(field))

    issue: IssueType | None = batch(
        issues_by_id,
        key=lambda row: IssueKey(row.organization, row.text("issue.id")) if row.text("issue.id") else None,
        reads={},
        description="Issue of the events; null for spans. Adds the column `issue.id`.",
    )
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.organization, row.text("project.id")) if row.text("project.id") else None,
        reads={},
        description="Project of the events. Adds the column `project.id`.",
    )

    @computed()
    def release(row: TableRow) -> ReleaseType | None:
        """Release of the events; null when they have none. Adds the column `release`."""
        version = row.text("release")
        if version is None:
            return None
        return ReleaseReference(version=version, parents=Parents(row.organization, release=version))

    @computed()
    def event(row: TableRow) -> EventType | None:
        """Event of a table of events, or the event of a span's transaction; null without one.

        Adds the columns `project.id` and `id`, for spans `transaction.event_id`. Selecting only its ID costs no call.
        """
        event_id, project = row.text(row.event_column), row.text("project.id")
        if event_id is None or project is None:
            return None
        return EventReference(eventID=event_id, projectID=project, parents=Parents(row.organization))

    @computed()
    def trace(row: TableRow) -> TraceType | None:
        """Trace of the events; null without one. Adds the column `trace`. Selecting only its ID costs no call."""
        trace_id = row.text("trace")
        return None if trace_id is None else TraceReference(traceId=trace_id, parents=Parents(row.organization))

    @computed()
    def end_user(row: TableRow) -> EventUser | None:
        """User who was affected. Adds the columns `user.id`, `user.email`, `user.username` and `user.ip`."""
        columns = {"id": "user.id", "email": "user.email", "username": "user.username", "ip_address": "user.ip"}
        members = {name: row.text(column) for name, column in columns.items()}
        if not any(members.values()):
            return None
        return LazyJSON("EventUser", raw(members), parents=Parents(row.organization))


@value_type
class DiscoverConnection:
    """Page of a table."""

    @computed()
    def edges(page: TablePage) -> list[Edge[DiscoverRow]]:
        """Rows of the page with their cursors."""
        return edges_of(page)

    @computed()
    def nodes(page: TablePage) -> list[DiscoverRow | None]:
        """Rows of the page."""
        return page.rows

    @computed()
    def page_info(page: TablePage) -> PageInfo:
        """Position of this page in the table."""
        return page

    @computed()
    def is_truncated(page: TablePage) -> bool:
        """True when the page has fewer rows than requested because the limit on calls per page was reached."""
        return page.stopped

    @computed()
    def columns(page: TablePage) -> list[DiscoverColumn]:
        """Columns of the table, in the order in which they were requested."""
        return _columns_of(page)

    @computed()
    def table(page: TablePage) -> JSON | None:
        """All rows of the page, each a list of values in the order of `columns`."""
        rows = (row for row in page.rows if isinstance(row, TableRow))
        return raw([[row.values.get(column) for column in page.columns] for row in rows])

    @computed()
    def range(page: TablePage) -> UsedRange:
        """Time range of the table."""
        return page.interval

    @computed()
    def dataset_raw(page: TablePage) -> str | None:
        """Dataset that Sentry searched, as it calls it. Older releases have other names."""
        return page.meta.dataset

    @computed()
    def data_scanned(page: TablePage) -> str | None:
        """`full`, or `partial` when Sentry searched a part of the data; null when it does not say."""
        return page.meta.dataScanned


def _columns_of(page: TablePage) -> list[Any]:
    """The sources of a page's columns."""
    types, units = page.meta.fields, page.meta.units
    return [Column(name, types.get(name), units.get(name)) for name in page.columns]
