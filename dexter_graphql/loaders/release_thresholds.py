"""Loaders of the thresholds of releases."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import without_invalid_rows


class ThresholdOptions(NamedTuple):
    """Filter parameters and time range of thresholds."""

    query: UnresolvedQuery
    time_range: TimeRange


class ReleaseName(msgspec.Struct, frozen=True, gc=False):
    """The release that a threshold belongs to."""

    release: str | None = None


@fan_out(target="ReleaseThreshold", uses=(catalogue.THRESHOLDS, *REFERENCE_ENDPOINTS))
async def release_thresholds(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The thresholds of an organization's releases; options are ThresholdOptions.

    Sentry groups them by names that are made of project and version; the rows have both as members.
    """
    return _decode(await _fetch(parents, (), load_context), parents, load_context)


@bulk(target="ReleaseThreshold", uses=(catalogue.THRESHOLDS, *REFERENCE_ENDPOINTS), is_shared=False)
async def thresholds_by_release(keys: Sequence[ReleaseKey], load_context: LoadContext) -> Mapping[ReleaseKey, Any]:
    """The thresholds of each release: one call per 100; options are ThresholdOptions."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[ReleaseKey]) -> Mapping[ReleaseKey, Any]:
        parents = Parents(organization)
        rows = await _fetch(parents, repeated("release", (key.version for key in own_keys)), load_context)
        by_version: dict[str | None, list[msgspec.Raw]] = {}
        for row in rows:
            by_version.setdefault(_version_of(row), []).append(row)
        return {key: _decode(by_version.get(key.version, []), parents, load_context) for key in own_keys}

    return await by_organization(keys, answer, length=lambda key: len(key.version))


async def _fetch(parents: Parents, releases: QueryParameters, load_context: LoadContext) -> list[msgspec.Raw]:
    options: ThresholdOptions = load_context.options
    interval = load_context.interval(options.time_range)
    query = (*await resolve_query(options.query, parents.organization, load_context), *releases)
    reply = await load_context.send(catalogue.THRESHOLDS, parents, query=(*interval.query, *query))
    try:
        groups = msgspec.json.decode(reply.body, type=dict[str, list[msgspec.Raw]])
    except UNREADABLE:
        raise BadResponse("Sentry's answer has no thresholds", title=catalogue.THRESHOLDS.title) from None
    return [row for rows in groups.values() for row in rows]


def _version_of(row: msgspec.Raw) -> str | None:
    """The version in a row; None in one that is odd, which belongs to no release."""
    try:
        return msgspec.json.decode(row, type=ReleaseName).release
    except UNREADABLE:
        return None


def _decode(rows: Sequence[msgspec.Raw], parents: Parents, load_context: LoadContext) -> list[Any]:
    decode = load_context.client.records.decode_list
    return without_invalid_rows(decode(msgspec.json.encode(list(rows)), load_context.projection("list"), (), parents))
