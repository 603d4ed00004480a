"""Loaders of cron monitors: the scheduled jobs, their check-ins, and the detectors that watch them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out, two_calls_per_key
from dexter_graphql.loaders.job_detectors import CRON_PREFIX, CRON_TYPE, JOB
from dexter_graphql.loaders.lists import ALL_ROWS, ListOptions, by_organization, fetch_list, projects_of, rows_by_key
from dexter_graphql.loaders.monitors import ID_ORDER, detector_of_job_row
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import native_query, resolve_query
from dexter_graphql.sentry.capabilities import ABSENT
from dexter_graphql.sentry.catalogue import alerts
from dexter_graphql.sentry.catalogue import monitors as catalogue
from dexter_graphql.sentry.errors import Gone, InvalidValue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid, only_records

SOURCES = Projection(
    "CronMonitor", "list", (Field("id", "id", int | str), Field("dataSources", "dataSources", msgspec.Raw))
)
"""What tells the job of a detector."""
TYPE_TERM: QueryParameters = (("query", f"type:{CRON_TYPE}"),)


class CronKey(NamedTuple):
    """A cron monitor by the slug of its job; with a project it is read and written below that project."""

    organization: OrganizationRef
    slug: str
    project: str | None = None


class JobSource(msgspec.Struct, frozen=True):
    """`queryObj` of the data source of a cron detector."""

    slug: str | None = None


class DataSource(msgspec.Struct, frozen=True, rename="camel"):
    """A data source of a detector."""

    query_obj: JobSource | None = None


def cron_parents(key: CronKey) -> Parents:
    """Parents of the objects of a cron monitor."""
    return Parents(key.organization, project=key.project)


def cron_path(key: CronKey) -> dict[str, str]:
    """Path parameters of a cron monitor."""
    return {"monitor": key.slug} | ({"project": key.project} if key.project else {})


@bulk(target="CronJob", uses=(catalogue.DETAIL, catalogue.PROJECT_DETAIL, catalogue.LIST))
async def cron_jobs(keys: Sequence[CronKey], load_context: LoadContext) -> Mapping[CronKey, Any]:
    """Jobs by slug: one is read by itself, several of an organization by one call per 100 jobs that it has."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[CronKey]) -> Mapping[CronKey, Any]:
        if len(own_keys) == 1:
            [key] = own_keys
            return {key: await _get_job(key, load_context, load_context.projection("list"))}
        projection = load_context.merge_projections(load_context.projection("list"), JOB)
        page = await fetch_list(
            catalogue.LIST, Parents(organization), load_context, options=ALL_ROWS, projection=projection
        )
        rows = rows_by_key([key.slug for key in own_keys], page.rows, "slug", str)
        return {key: rows[key.slug] for key in own_keys}

    return await by_organization(keys, answer)


@fan_out(target="CheckIn", uses=(catalogue.CHECK_INS, catalogue.PROJECT_CHECK_INS))
async def check_in_pages(key: CronKey, load_context: LoadContext) -> Slice:
    """A page of the check-ins of a job, newest first; options are ListOptions."""
    endpoint = catalogue.PROJECT_CHECK_INS if key.project else catalogue.CHECK_INS
    return await fetch_list(endpoint, cron_parents(key), load_context, path=cron_path(key))


@fan_out(
    target="CronMonitor", uses=(catalogue.DETAIL, catalogue.PROJECT_DETAIL, alerts.DETECTORS), cost=two_calls_per_key
)
async def cron_monitor(key: CronKey, load_context: LoadContext) -> Any:
    """The monitor of a job; None when the job does not exist. Two calls."""
    job = await _get_job(key, load_context, _job_projection(load_context))
    if job is None:
        return None
    [row] = await _monitors_of([job], cron_parents(key), load_context)
    return row


@fan_out(target="CronMonitor", uses=(catalogue.LIST, alerts.DETECTORS, *REFERENCE_ENDPOINTS), cost=two_calls_per_key)
async def cron_monitor_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the organization's cron monitors; options are ListOptions. Two calls per 100 monitors."""
    options: ListOptions = load_context.options
    page = await fetch_list(
        catalogue.LIST, Parents(organization), load_context, projection=_job_projection(load_context)
    )
    parameters = native_query(options.query, organization)
    if parameters is None:
        parameters = await resolve_query(options.query, organization, load_context)
    projects = projects_of(parameters)
    rows = await _monitors_of(page.rows, Parents(organization), load_context, projects)
    return replace(page, rows=rows, cache_entry=None)


async def monitor_id(key: CronKey, load_context: LoadContext) -> str | None:
    """The ID of the monitor of a job: of its detector, or made of the job's ID where there is none."""
    job = await _get_job(key, load_context, JOB)
    if job is None:
        return None
    detector = (await _detectors(cron_parents(key), TYPE_TERM, SOURCES, load_context)).get(job.slug)
    return str(detector.id) if detector is not None else f"{CRON_PREFIX}{job.id}"


async def slug_of_monitor(organization: OrganizationRef, number: str, load_context: LoadContext) -> str | None:
    """The slug of the job of a detector, or the ID of the job in a monitor's ID that was made of it."""
    if number.startswith(CRON_PREFIX):
        return number.removeprefix(CRON_PREFIX)
    detectors = await _detectors(Parents(organization), repeated("id", [number]), SOURCES, load_context)
    return next(iter(detectors), None)


def _job_projection(load_context: LoadContext) -> Projection:
    """What the operation selects on jobs, and what a detector repeats of them."""
    return load_context.merge_projections(load_context.all_on_type("CronJob").projection("list"), JOB)


async def _get_job(key: CronKey, load_context: LoadContext, projection: Projection) -> Any:
    endpoint = catalogue.PROJECT_DETAIL if key.project else catalogue.DETAIL
    return await load_context.get_or_none(endpoint, cron_parents(key), path=cron_path(key), projection=projection)


async def _monitors_of(
    jobs: Sequence[Any], parents: Parents, load_context: LoadContext, projects: Sequence[str] = ()
) -> list[Any]:
    """The detector of each job, or one that is made of the job; a job that cannot be read stays in its place."""
    organization, query = parents.organization, (*TYPE_TERM, *repeated("project", projects))
    selected = load_context.all_on_type("CronMonitor").projection("list")
    detectors = await _detectors(parents, query, load_context.merge_projections(selected, SOURCES), load_context)

    def monitor_of(job: Any) -> Any:
        if invalid := first_invalid(job, "slug"):
            return invalid
        if job.slug is None:
            return InvalidValue("Sentry's answer lacks 'slug'")
        load_context.loaders.prime(cron_jobs, CronKey(organization, job.slug, parents.project), job)
        return detectors.get(job.slug) or detector_of_job_row(job, parents, load_context)

    return [monitor_of(job) for job in jobs]


async def _detectors(
    parents: Parents, query: QueryParameters, projection: Projection, load_context: LoadContext
) -> dict[str, Any]:
    """Detectors by the slugs of their jobs, at most 1000; none on servers without detectors."""
    try:
        page = await fetch_list(
            alerts.DETECTORS,
            parents,
            load_context,
            options=ALL_ROWS,
            query=(("sortBy", ID_ORDER), *query),
            projection=projection,
        )
    except (Gone, *ABSENT):
        return {}
    return {slug: row for row in only_records(page.rows) if (slug := _slug_of(row)) is not None}


def _slug_of(detector: Any) -> str | None:
    try:
        sources = msgspec.json.decode(detector.dataSources, type=list[DataSource] | None)
    except (msgspec.ValidationError, TypeError):
        return None
    return next((source.query_obj.slug for source in sources or () if source.query_obj is not None), None)
