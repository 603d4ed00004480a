"""Tables of Discover and Explore: rows whose columns are those that the operation selects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.engine.selection import SelectedField, Selection
from dexter_graphql.errors import BadUserInput
from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.explore.datasets import Dataset, Source, read_dataset
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.time_ranges import Interval, TimeRange
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.errors import FeatureUnavailable, InvalidValue
from dexter_graphql.sentry.pagination import Page, Position, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

MAX_COLUMNS = 20
"""Sentry's limit."""
LINKED_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "issue": ("issue.id",),
        "project": ("project.id",),
        "release": ("release",),
        "trace": ("trace",),
        "endUser": ("user.id", "user.email", "user.username", "user.ip"),
    }
)
"""Field of a row that is another object → the columns that it is found by; those of an event depend on the dataset."""
EVENT_COLUMNS: Mapping[Dataset, str] = MappingProxyType({Dataset.SPANS: "transaction.event_id"})
"""Column with the ID of the event, where `id` is that of something else."""


class TableMeta(msgspec.Struct, frozen=True, gc=False):
    """`meta` of a table: types and units by column, and what was searched."""

    fields: dict[str, str | None] = {}
    units: dict[str, str | None] = {}
    dataset: str | None = None
    dataScanned: str | None = None  # noqa: N815  # Sentry's name


TABLE = Projection(
    "DiscoverConnection",
    "list",
    (Field("data", "data", list[dict[str, Any] | None], is_required=True), Field("meta", "meta", TableMeta)),
)


class TableOptions(NamedTuple):
    """The requested part of a table, its query, and the columns that are requested besides those of its rows."""

    dataset: Dataset
    columns: tuple[str, ...]
    search: str
    query: UnresolvedQuery
    time_range: TimeRange
    first: int
    after: Position | None
    cap: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: the values by column."""

    organization: OrganizationRef
    values: Mapping[str, Any]
    event_column: str = "id"

    def text(self, column: str) -> str | None:
        """The value of a column as text; None when there is none."""
        value = self.values.get(column)
        return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None


@dataclass(frozen=True, slots=True)
class TablePage(Slice):
    """Part of a table with its columns and its time range."""

    columns: tuple[str, ...] = ()
    meta: TableMeta = field(default_factory=TableMeta)
    interval: Interval | None = None


@fan_out(target="DiscoverConnection", uses=(catalogue.DISCOVER, *REFERENCE_ENDPOINTS))
async def discover_pages(organization: OrganizationRef, load_context: LoadContext) -> TablePage:
    """A page of a table; options are TableOptions."""
    options: TableOptions = load_context.options
    query = await resolve_query(options.query, organization, load_context)
    columns = requested_columns(options.columns, options.dataset, load_context)
    return await read_table(organization, options, columns, query, load_context)


async def read_table(
    organization: OrganizationRef,
    options: TableOptions,
    columns: tuple[str, ...],
    query: QueryParameters,
    load_context: LoadContext,
) -> TablePage:
    """A page of a table with these columns."""
    interval = load_context.interval(options.time_range)

    async def read(source: Source) -> TablePage:
        parameters = (
            *repeated("field", columns),
            ("query", source.search(options.search)),
            ("dataset", source.dataset),
            *interval.query,
            *query,
        )
        metas: list[TableMeta] = []

        async def fetch(size: int, cursor: str | None) -> Page:
            page, meta = await _read_page(
                organization, parameters, load_context, size=size, cursor=cursor, dataset=options.dataset
            )
            metas.append(meta)
            return page

        rows = await collect(fetch, first=options.first, after=options.after, cap=options.cap)
        members = (rows.rows, rows.positions, rows.has_next, rows.has_previous, rows.hits, rows.stopped)
        return TablePage(*members, columns=columns, meta=metas[0], interval=interval)

    return await read_dataset(options.dataset, catalogue.DISCOVER, organization, load_context, read)


async def _read_page(
    organization: OrganizationRef,
    query: QueryParameters,
    load_context: LoadContext,
    *,
    size: int,
    cursor: str | None,
    dataset: Dataset,
) -> tuple[Page, TableMeta]:
    record, page = await load_context.get_page_record(
        catalogue.DISCOVER, Parents(organization), TABLE, query=query, size=size, cursor=cursor
    )
    if isinstance(record, InvalidValue) and str(record).endswith("a list"):
        # Releases before 23.7 list events here and ignore the columns.
        title = catalogue.DISCOVER.title
        raise FeatureUnavailable(f"This Sentry lacks {title} for tables", title=title, status=200)
    if invalid := first_invalid(record, "data"):
        raise invalid
    rows = table_rows(organization, record.data, _event_column(dataset))
    meta = record.meta if isinstance(record.meta, TableMeta) else TableMeta()
    return msgspec.structs.replace(page, rows=rows), meta


def table_rows(
    organization: OrganizationRef, rows: Sequence[Mapping[str, Any] | None], event_column: str = "id"
) -> list[Any]:
    """The rows of a table, with the errors of those that are not objects."""
    return [
        InvalidValue("A row of Sentry's answer is not an object")
        if values is None
        else TableRow(organization, values, event_column)
        for values in rows
    ]


def _event_column(dataset: Dataset) -> str:
    return EVENT_COLUMNS.get(dataset, "id")


def requested_columns(columns: Sequence[str], dataset: Dataset, load_context: LoadContext) -> tuple[str, ...]:
    """The given columns and those that the operation selects on the rows; raises BadUserInput for none or too many."""
    linked = {**LINKED_COLUMNS, "event": (_event_column(dataset), "project.id")}
    rows = _row_selections(load_context.selection)
    selected = [column for row in rows for column in _selected(row, linked, load_context)]
    requested = tuple(dict.fromkeys((*columns, *selected)))
    if not requested:
        raise BadUserInput("A table needs columns: select fields of its rows, or name some in 'fields'")
    if len(requested) > MAX_COLUMNS:
        raise BadUserInput(f"A table has at most {MAX_COLUMNS} columns, not {len(requested)}")
    return requested


def _selected(selection: Selection, linked: Mapping[str, tuple[str, ...]], load_context: LoadContext) -> Iterator[str]:
    for selected in selection.responses("DiscoverRow"):
        yield from linked.get(selected.name) or _named_column(selected, load_context)


def _named_column(selected: SelectedField, load_context: LoadContext) -> Iterator[str]:
    column = load_context.arguments(selected).get("field")
    if isinstance(column, str):
        yield column


def _row_selections(selection: Selection | None) -> Iterator[Selection]:
    """The selections on the rows of a connection: those on its nodes, and those on the nodes of its edges."""
    edges = None if selection is None else selection.child("edges")
    node = None if edges is None else edges.child("node")
    nodes = None if selection is None else selection.child("nodes")
    yield from (each for each in (nodes, node) if each is not None)
