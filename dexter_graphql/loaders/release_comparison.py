"""Loaders of what changed between two releases of the same projects."""

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from dexter_graphql.errors import BadUserInput
from dexter_graphql.loaders.base import LoadContext, Reads, each, fan_out
from dexter_graphql.loaders.issues.lists import (
    IssuePage,
    issue_page,
    narrowed_page,
    row_projection,
    with_release_term,
    with_term,
)
from dexter_graphql.loaders.lists import page_of_rows
from dexter_graphql.loaders.previous_releases import TIMES, DatedReleaseKey, older_releases
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS, Reference
from dexter_graphql.loaders.release_health import Health, fetch_health
from dexter_graphql.loaders.releases import ReleaseKey, commit_projection, release_parents
from dexter_graphql.loaders.search import Term, resolve_query
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.catalogue import stats
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import Parents

MAX_RELEASES = 10
"""Releases of one comparison, at most."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release, an older one, and the versions that came after that one, up to the release, newest first."""

    release: ReleaseKey
    base: ReleaseKey | None
    versions: tuple[str, ...]

    @property
    def releases(self) -> list[ReleaseKey]:
        """The releases of the versions."""
        return [self.release._replace(version=version) for version in self.versions]


@dataclass(frozen=True, slots=True)
class ComparedHealth:
    """Health of both releases; `base` is None when there is no older release."""

    release: Health
    base: Health | None

    def change(self, rate: str) -> float | None:
        """The difference of a rate between the two; None unless both have it."""
        values = (getattr(self.release, rate), getattr(self.base, rate, None))
        return None if None in values else values[0] - values[1]


@fan_out(target="ReleaseComparison", uses=(catalogue.LIST, *REFERENCE_ENDPOINTS))
async def release_comparison(key: DatedReleaseKey, load_context: LoadContext) -> Comparison:
    """The comparison with the release that the options refer to, or with the previous one."""
    reference: Reference | None = load_context.options
    release = key.release
    version = None if reference is None else await _version_of(reference, release, load_context)
    versions = [release.version]
    async with aclosing(older_releases(key, TIMES, load_context)) as older:
        async for row in older:
            if version in {None, row.version}:
                return Comparison(release, release._replace(version=row.version), tuple(versions))
            if len(versions) == MAX_RELEASES:
                break
            versions.append(row.version)
    if version is None:
        return Comparison(release, None, tuple(versions))
    raise BadUserInput(
        f"'{version}' is not one of the {MAX_RELEASES} releases of the same projects before '{release.version}'",
        ("with",),
    )


async def _version_of(reference: Reference, release: ReleaseKey, load_context: LoadContext) -> str:
    ((_, version),) = await resolve_query((("release", reference),), release.organization, load_context)
    return version


def _call_per_release(keys: int, _reads: Reads) -> int:
    return keys * MAX_RELEASES


@fan_out(target="Commit", uses=(catalogue.COMMITS,), cost=_call_per_release)
async def compared_commits(key: Comparison, load_context: LoadContext) -> Slice:
    """A page of the commits of the compared releases, at most 100 of each; options are ListOptions."""
    projection = commit_projection(load_context)

    async def fetch(release: ReleaseKey) -> list[Any]:
        path, parents = {"release": release.version}, release_parents(release)
        return await load_context.get_rows(catalogue.COMMITS, parents, path=path, projection=projection)

    return await _merged(key, fetch, load_context)


@fan_out(target="Issue", uses=(catalogue.RESOLVED,), cost=_call_per_release)
async def compared_resolved_issues(key: Comparison, load_context: LoadContext) -> IssuePage:
    """A page of the issues that the compared releases resolved, at most 100 of each; options are ListOptions."""
    # Sentry adds none of the members that issue lists have on demand.
    projection = load_context.memoized("resolved", lambda: row_projection("base", load_context))

    async def fetch(release: ReleaseKey) -> list[Any]:
        path, parents = {"release": release.version}, Parents(release.organization)
        return await load_context.get_rows(catalogue.RESOLVED, parents, path=path, projection=projection)

    return issue_page(await _merged(key, fetch, load_context))


@fan_out(target="Issue", uses=(issue_catalogue.LIST, *REFERENCE_ENDPOINTS))
async def compared_new_issues(key: Comparison, load_context: LoadContext) -> Any:
    """A page of the issues first seen in the compared releases; options are ListOptions."""
    options = with_release_term("firstRelease", key.versions, load_context.options)
    return await narrowed_page(key.release.organization, options, load_context)


@fan_out(target="Issue", uses=(issue_catalogue.LIST, *REFERENCE_ENDPOINTS))
async def compared_regressed_issues(key: Comparison, load_context: LoadContext) -> Any:
    """A page of the regressed issues seen in the compared releases; options are ListOptions."""
    options = with_term(Term("is", ("regressed",)), load_context.options)
    options = with_release_term("release", key.versions, options)
    return await narrowed_page(key.release.organization, options, load_context)


@fan_out(target="ReleaseHealthComparison", uses=(stats.SESSIONS, *REFERENCE_ENDPOINTS))
async def compared_health(key: Comparison, load_context: LoadContext) -> ComparedHealth:
    """Health of both releases, in one call; options are HealthOptions."""
    keys = [release for release in (key.release, key.base) if release is not None]
    sides = ("release", "base")
    has_all = any(load_context.has(f"{side}.{path}") for side in sides for path in ("adoption", "projects.adoption"))
    health = await fetch_health(keys, load_context, has_all_releases=has_all)
    values = [health[release] for release in keys]
    for value in values:
        if isinstance(value, Exception):
            raise value
    return ComparedHealth(values[0], values[1] if len(values) > 1 else None)


async def _merged(
    key: Comparison, fetch: Callable[[ReleaseKey], Coroutine[Any, Any, list[Any]]], load_context: LoadContext
) -> Slice:
    """A page of the rows of all compared releases, each row once."""
    results = await each(key.releases, fetch)
    rows: dict[Any, Any] = {}
    for result in results.values():
        if isinstance(result, Exception):
            raise result
        for row in result:
            rows.setdefault(id(row) if isinstance(row, InvalidValue) else row.id, row)
    return page_of_rows(list(rows.values()), load_context.options)
