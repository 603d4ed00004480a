"""Loaders of monitors: Sentry's detectors, or metric rules where a server has only alert rules."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.errors import UnsupportedValue
from dexter_graphql.loaders.alert_rules.costs import organization_rules_cost, project_rules_cost
from dexter_graphql.loaders.alert_rules.lists import AnyRule, matching_rules, metric_rules, project_slugs, translate
from dexter_graphql.loaders.alert_rules.migration import (
    NameInProject,
    ProjectSlugs,
    may_have_rules,
    optional_metric_rules,
    requested_projects,
    unmigrated,
)
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX, detector_of_metric_rule
from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, bulk, each, fan_out
from dexter_graphql.loaders.job_detectors import CRON_PREFIX, JOB, detector_of_job
from dexter_graphql.loaders.lists import (
    ALL_ROWS,
    ListOptions,
    by_organization,
    fetch_list,
    fetch_with_names,
    page_of_rows,
    projects_of,
    rows_by_key,
)
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.capabilities import ABSENT
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import monitors, projects
from dexter_graphql.sentry.errors import Gone
from dexter_graphql.sentry.pagination import Before, Slice, slice_rows
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection, Field, Projection, TaggedUnion, only_records

MONITOR_TYPENAMES: Mapping[str, str] = {
    "error": "ErrorMonitor",
    "issue_stream": "IssueStreamMonitor",
    "metric_issue": "MetricMonitor",
    "uptime_domain_failure": "UptimeMonitor",
    "monitor_check_in_failure": "CronMonitor",
}
"""Type of a detector → its type in the graph; any other is an UnknownMonitor."""
UNKNOWN_TYPENAME = "UnknownMonitor"
METRIC_TYPE = "metric_issue"
ID_ORDER = "id"
"""`sortBy` of complete lists, and the order of rules."""
MONITOR_ENDPOINTS = (catalogue.DETECTORS, catalogue.METRIC_RULES)
MONITOR_LOOKUP_ENDPOINTS = (*MONITOR_ENDPOINTS, monitors.DETAIL)
MONITOR_LIST_ENDPOINTS = (*MONITOR_ENDPOINTS, projects.LIST)
DETECTOR_NAME = Projection(
    UNKNOWN_TYPENAME,
    "list",
    (
        Field("id", "id", int | str),
        Field("name", "name", str),
        Field("projectId", "projectId", int | str),
        Field("type", "type", str),
    ),
)
"""What identifies the rule that a detector was made from, and its project."""


class MonitorKey(NamedTuple):
    """A monitor by Sentry's numeric ID as text, or by the ID of a translated rule."""

    organization: OrganizationRef
    id: str


class MonitorKeys(NamedTuple):
    """Monitors that another object refers to by ID."""

    organization: OrganizationRef
    ids: tuple[str, ...]


DETECTORS_AND_WORKFLOWS = "detectors and workflows"
"""The capability of a host that has them; other hosts have alert rules."""


class MonitorOptions(NamedTuple):
    """Part of a monitor list and its filters; empty filters match all."""

    part: ListOptions
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    name_contains: str = ""
    sort: str = ID_ORDER
    typename: str | None = None
    """Type of the records, where it does not depend on the type of the detector."""


def monitor_projection(load_context: LoadContext, typename: str | None = None) -> AnyProjection:
    """The projection of monitors: each type, or the given one, with everything that the operation selects on it."""
    if typename is not None:
        return load_context.all_on_type(typename).projection("list")
    projections = tuple(
        (kind, load_context.all_on_type(typename).projection("list")) for kind, typename in MONITOR_TYPENAMES.items()
    )
    return TaggedUnion("type", projections, fallback=load_context.all_on_type(UNKNOWN_TYPENAME).projection("list"))


@bulk(target=UNKNOWN_TYPENAME, uses=MONITOR_LOOKUP_ENDPOINTS, fallback_cost=project_rules_cost)
async def monitors_by_id(keys: Sequence[MonitorKey], load_context: LoadContext) -> Mapping[MonitorKey, Any]:
    """Monitors by ID: one call per 100, one for all translated rules, and one for each job without a detector."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[MonitorKey]) -> Mapping[MonitorKey, Any]:
        detector_ids = [key.id for key in own_keys if key.id.isdecimal()]
        rows = await _detectors_by_id(organization, detector_ids, load_context) if detector_ids else []
        if any(key.id.startswith(METRIC_PREFIX) for key in own_keys):
            rows += await _detectors_of_rules(organization, load_context)
        job_ids = [key.id.removeprefix(CRON_PREFIX) for key in own_keys if key.id.startswith(CRON_PREFIX)]
        rows += await _detectors_of_jobs(organization, job_ids, load_context)
        return rows_by_key(own_keys, rows, "id", partial(MonitorKey, organization))

    return await by_organization(keys, answer)


@bulk(
    target=UNKNOWN_TYPENAME,
    uses=MONITOR_LOOKUP_ENDPOINTS,
    is_shared=False,
    fallback_cost=project_rules_cost,
)
async def linked_monitors(keys: Sequence[MonitorKeys], load_context: LoadContext) -> Mapping[MonitorKeys, Any]:
    """A page of the monitors of each key that exist and are visible to the token; options are ListOptions."""
    ids = list(dict.fromkeys(MonitorKey(key.organization, monitor_id) for key in keys for monitor_id in key.ids))
    monitors = await load_context.load_each(monitors_by_id, ids)
    return {
        key: page_of_rows(
            [row for monitor_id in key.ids if (row := monitors[MonitorKey(key.organization, monitor_id)])],
            load_context.options,
        )
        for key in keys
    }


@fan_out(
    target=UNKNOWN_TYPENAME,
    uses=(*MONITOR_LIST_ENDPOINTS, *REFERENCE_ENDPOINTS),
    fallback_cost=organization_rules_cost,
)
async def monitor_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the organization's monitors; options are MonitorOptions."""
    options: MonitorOptions = load_context.options

    async def fetch(parameters: QueryParameters) -> Slice:
        part = options.part._replace(query=())
        return await monitor_page(
            organization, options._replace(part=part, projects=projects_of(parameters)), load_context
        )

    return await fetch_with_names(options.part.query, organization, load_context, fetch)


@bulk(
    target=UNKNOWN_TYPENAME,
    uses=MONITOR_LIST_ENDPOINTS,
    is_shared=False,
    fallback_cost=project_rules_cost,
)
async def project_monitor_pages(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """A page of the monitors of each project; options are ListOptions. First pages of several projects are one call."""

    async def load_project(key: ProjectKey) -> Slice:
        return await monitor_page(key.organization, MonitorOptions(load_context.options, (key.id,)), load_context)

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        if len(own_keys) > 1 and is_first_page(load_context.options) and not has_rules(organization, load_context):
            pages = await _first_pages(organization, own_keys, load_context)
            if pages is not None:
                return pages
        return await each(own_keys, load_project)

    return await by_organization(keys, answer)


def detector_of_job_row(job: Any, parents: Parents, load_context: LoadContext) -> Any:
    """The row of a detector that is made of a job."""
    detector = msgspec.json.encode(detector_of_job(job))
    return load_context.client.records.decode_one(detector, monitor_projection(load_context), (), parents)


def has_rules(organization: OrganizationRef, load_context: LoadContext) -> bool:
    """True when the server has only alert rules, or may have some beside detectors and workflows."""
    has_only_rules = load_context.organizations.capabilities.lacks(DETECTORS_AND_WORKFLOWS, organization)
    return has_only_rules or may_have_rules(organization, load_context)


def check_id_order(sort: str) -> None:
    """Raise UnsupportedValue for another order than that of IDs, in which alert rules are listed."""
    if sort != ID_ORDER:
        raise UnsupportedValue("This Sentry has alert rules, which are listed in the order of their IDs", ("sort",))


def is_first_page(options: ListOptions) -> bool:
    """True when the requested rows are among the first 100 of a list."""
    after = options.after
    if after is None:
        return options.first <= CHUNK_SIZE
    if isinstance(after, Before):
        return after.cursor is None
    return after.cursor is None and after.index + options.first <= CHUNK_SIZE


def first_page(rows: Sequence[Any], options: ListOptions) -> Slice:
    """The requested part of the first rows of a list, with cursors that continue Sentry's list."""
    return slice_rows(rows, options.first, options.after, CHUNK_SIZE)


async def all_detectors(
    organization: OrganizationRef, query: QueryParameters, projection: AnyProjection, load_context: LoadContext
) -> list[Any] | None:
    """All detectors that match the parameters; None when the server has no detectors, or more than fit one list."""
    try:
        page = await fetch_list(
            catalogue.DETECTORS,
            Parents(organization),
            load_context,
            options=ALL_ROWS,
            query=(("sortBy", ID_ORDER), *query),
            projection=projection,
        )
    except (Gone, *ABSENT):
        return None
    return None if page.has_next else only_records(page.rows)


def metric_detector_names(detectors: Sequence[Any], slugs: ProjectSlugs) -> list[NameInProject]:
    """The names of the metric rules that were migrated to these detectors, decoded by DETECTOR_NAME."""
    return [
        NameInProject(slug, str(detector.name))
        for detector in detectors
        if detector.type == METRIC_TYPE and (slug := slugs.of(detector.projectId)) is not None
    ]


async def _first_pages(
    organization: OrganizationRef, keys: Sequence[ProjectKey], load_context: LoadContext
) -> Mapping[ProjectKey, Any] | None:
    query = repeated("project", (key.id for key in keys))
    rows = await all_detectors(organization, query, monitor_projection(load_context), load_context)
    if rows is None:
        return None
    return {
        key: first_page([row for row in rows if str(row.projectId) == key.id], load_context.options) for key in keys
    }


async def _detectors_by_id(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """Detectors by ID; none on servers without detectors, although their IDs show that there were some."""
    options = ListOptions(repeated("id", ids), len(ids), None, len(ids))
    projection = monitor_projection(load_context)
    try:
        page = await fetch_list(
            catalogue.DETECTORS, Parents(organization), load_context, options=options, projection=projection
        )
    except ABSENT:
        return []
    return page.rows


async def _detectors_of_rules(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All metric rules as detectors; none on servers without rules."""
    try:
        rules = await metric_rules(organization, load_context)
    except ABSENT:
        return []
    return _translate(rules, organization, monitor_projection(load_context), load_context)


async def _detectors_of_jobs(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """The jobs with these IDs as detectors."""
    parents = Parents(organization)

    async def load_job(job_id: str) -> Any:
        return await load_context.get_or_none(monitors.DETAIL, parents, path={"monitor": job_id}, projection=JOB)

    jobs = [job for job in (await each(ids, load_job)).values() if job is not None]
    return [job if isinstance(job, Exception) else detector_of_job_row(job, parents, load_context) for job in jobs]


async def monitor_page(organization: OrganizationRef, options: MonitorOptions, load_context: LoadContext) -> Slice:
    """A page of monitors, from detectors or from rules, depending on the server."""
    return await load_context.organizations.capabilities.either(
        DETECTORS_AND_WORKFLOWS,
        organization,
        newer=lambda: _newer_page(organization, options, load_context),
        older=lambda: _rule_page(organization, options, load_context),
    )


async def _newer_page(organization: OrganizationRef, options: MonitorOptions, load_context: LoadContext) -> Slice:
    """Detectors, and the metric rules that were not migrated."""
    is_metric = not options.types or METRIC_TYPE in options.types
    if not is_metric or not may_have_rules(organization, load_context):
        return await _detector_page(organization, options, load_context)
    query = _detector_query(options)
    projection = _projection(options, load_context)
    detectors = await all_detectors(organization, query, projection, load_context)
    names = await all_detectors(organization, query, DETECTOR_NAME, load_context)  # decoded from the same response
    if detectors is None or names is None:
        return await _detector_page(organization, options, load_context)
    rules = await optional_metric_rules(organization, load_context)
    if not may_have_rules(organization, load_context):
        return await _detector_page(organization, options, load_context)
    check_id_order(options.sort)
    slugs = await requested_projects(organization, options.projects, load_context)
    rest = unmigrated(_matching(rules, options, slugs.slugs), metric_detector_names(names, slugs))
    return page_of_rows([*detectors, *_translate(rest, organization, projection, load_context)], options.part)


async def _detector_page(organization: OrganizationRef, options: MonitorOptions, load_context: LoadContext) -> Slice:
    return await fetch_list(
        catalogue.DETECTORS,
        Parents(organization),
        load_context,
        options=options.part,
        query=(("sortBy", options.sort), *_detector_query(options)),
        projection=_projection(options, load_context),
    )


def _projection(options: MonitorOptions, load_context: LoadContext) -> AnyProjection:
    return monitor_projection(load_context, options.typename)


def _detector_query(options: MonitorOptions) -> QueryParameters:
    search = " ".join(term for term in (_type_term(options.types), options.name_contains) if term)
    return (*repeated("project", options.projects), *repeated("query", [search] if search else []))


async def _rule_page(organization: OrganizationRef, options: MonitorOptions, load_context: LoadContext) -> Slice:
    """Servers that have only alert rules list metric rules as monitors."""
    check_id_order(options.sort)
    rules = await metric_rules(organization, load_context)
    slugs = await project_slugs(organization, options.projects, load_context)
    projection = _projection(options, load_context)
    rows = _translate(_matching(rules, options, slugs), organization, projection, load_context)
    return page_of_rows(rows, options.part)


def _matching(rules: Sequence[AnyRule], options: MonitorOptions, slugs: Sequence[str]) -> list[AnyRule]:
    if options.types and METRIC_TYPE not in options.types:
        return []
    return matching_rules(rules, slugs, options.name_contains)


def _translate(
    rules: Sequence[AnyRule], organization: OrganizationRef, projection: AnyProjection, load_context: LoadContext
) -> list[Any]:
    return translate(rules, detector_of_metric_rule, projection, Parents(organization), load_context)


def _type_term(types: Sequence[str]) -> str:
    """The search term for detectors of these types."""
    return f"type:{types[0]}" if len(types) == 1 else f"type:[{','.join(types)}]" if types else ""
