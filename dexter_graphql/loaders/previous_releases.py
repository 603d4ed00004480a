"""Loader of the release before another one, in the release list of its projects."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, each
from dexter_graphql.loaders.lists import MAX_ROWS
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.releases import ReleaseKey, release_rows
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.pagination import MAX_PAGE
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid, only_records

Instant = datetime | float | int
TIMES = Projection(
    "Release",
    "list",
    (
        Field("dateCreated", "dateCreated", Instant),
        Field("dateReleased", "dateReleased", Instant),
        Field("version", "version", str),
    ),
)
"""The version of a release, and the times that Sentry orders releases by."""


class DatedReleaseKey(NamedTuple):
    """A release with the IDs of its projects and its time in seconds, None when Sentry sent none."""

    release: ReleaseKey
    projects: tuple[str, ...]
    time: float | None


@bulk(target="Release", uses=(catalogue.LIST,), is_shared=False)
async def previous_releases(
    keys: Sequence[DatedReleaseKey], load_context: LoadContext
) -> Mapping[DatedReleaseKey, Any]:
    """The newest older release of the same projects: one call for all releases of the same projects."""
    projection = load_context.merge_projections(load_context.projection("list"), TIMES)
    lines: dict[Any, list[DatedReleaseKey]] = {}
    for key in keys:
        lines.setdefault((key.release.organization, key.projects), []).append(key)

    async def answer(line: Any) -> dict[DatedReleaseKey, Any]:
        return await _previous_of(lines[line], projection, load_context)

    results: dict[DatedReleaseKey, Any] = {}
    for line, answers in (await each(list(lines), answer)).items():
        results |= dict.fromkeys(lines[line], answers) if isinstance(answers, Exception) else answers
    return results


def time_of(row: Any) -> float | None:
    """The time that Sentry orders releases by, in seconds: that of the publication, else of the creation."""
    value = row.dateCreated if row.dateReleased is None else row.dateReleased
    return value.timestamp() if isinstance(value, datetime) else value


async def older_releases(
    key: DatedReleaseKey, projection: Projection, load_context: LoadContext
) -> AsyncGenerator[Any]:
    """The older releases of the same projects, newest first, among the newest 1000 of these; they have TIMES."""
    async with aclosing(_releases(key, projection, load_context)) as rows:
        async for row in rows:
            if _is_older(row, key):
                yield row


async def _previous_of(
    keys: Sequence[DatedReleaseKey], projection: Projection, load_context: LoadContext
) -> dict[DatedReleaseKey, Any]:
    """The previous release of each; all keys have the same projects."""
    previous: dict[DatedReleaseKey, Any] = {}
    pending = list(keys)
    async with aclosing(_releases(keys[0], projection, load_context)) as rows:
        async for row in rows:
            previous |= {key: row for key in pending if _is_older(row, key)}
            pending = [key for key in pending if key not in previous]
            if not pending:
                break
    return previous


async def _releases(key: DatedReleaseKey, projection: Projection, load_context: LoadContext) -> AsyncGenerator[Any]:
    """The releases of the same projects, newest first; none for a release without projects."""
    query: QueryParameters = repeated("project", key.projects)
    cursor: str | None = None
    if not key.projects:
        return
    for _ in range(MAX_ROWS // MAX_PAGE):
        page = await load_context.get_page(
            catalogue.LIST,
            Parents(key.release.organization),
            cursor=cursor,
            query=query,
            projection=release_rows(projection),
        )
        for row in only_records(page.rows):
            yield row
        if page.next is None or page.next == cursor:
            return
        cursor = page.next


def _is_older(row: Any, key: DatedReleaseKey) -> bool:
    if first_invalid(row, "version", "dateCreated", "dateReleased") is not None or key.time is None:
        return False
    time = time_of(row)
    return time is not None and time < key.time
