"""Loaders of alerts: Sentry's workflows, or alert rules where a server has nothing newer."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from dexter_graphql.loaders.alert_rules.costs import organization_rules_cost, project_rules_cost
from dexter_graphql.loaders.alert_rules.lists import (
    AnyRule,
    issue_rules,
    issue_rules_of_projects,
    matching_rules,
    metric_rules,
    project_slugs,
    slugs_by_id,
    translate,
)
from dexter_graphql.loaders.alert_rules.migration import (
    NameInProject,
    ProjectSlugs,
    may_have_rules,
    optional_metric_rules,
    requested_projects,
    unmigrated,
)
from dexter_graphql.loaders.alert_rules.workflows import (
    ISSUE_PREFIX,
    METRIC_PREFIX,
    workflow_of_issue_rule,
    workflow_of_metric_rule,
)
from dexter_graphql.loaders.base import LoadContext, Reads, bulk, call_per_chunk, each, fan_out
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
from dexter_graphql.loaders.monitors import (
    DETECTOR_NAME,
    DETECTORS_AND_WORKFLOWS,
    ID_ORDER,
    MonitorKey,
    all_detectors,
    check_id_order,
    first_page,
    has_rules,
    is_first_page,
    metric_detector_names,
    monitor_projection,
    monitors_by_id,
)
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.capabilities import ABSENT
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.errors import Forbidden, Gone
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

RULE_ENDPOINTS = (catalogue.ISSUE_RULES, catalogue.METRIC_RULES)
ALERT_LIST_ENDPOINTS = (catalogue.WORKFLOWS, catalogue.DETECTORS, *RULE_ENDPOINTS, projects.LIST)
DETECTOR_PROJECT = Projection(
    "UnknownMonitor", "list", (Field("id", "id", int | str), Field("projectId", "projectId", int | str))
)
"""The project of a detector. The project of a workflow follows from its detectors."""
ALERT = "Alert"
WORKFLOW_NAME = Projection("Alert", "list", (Field("name", "name", str),))
"""What identifies the rule that a workflow was made from."""


class AlertKey(NamedTuple):
    """An alert by Sentry's numeric ID as text, or by the ID of a translated rule."""

    organization: OrganizationRef
    id: str


class AlertKeys(NamedTuple):
    """Alerts that another object refers to by ID."""

    organization: OrganizationRef
    ids: tuple[str, ...]


class AlertOptions(NamedTuple):
    """Part of an alert list and its filters; empty filters match all. References to projects are in the part."""

    part: ListOptions
    projects: tuple[str, ...] = ()
    name_contains: str = ""
    sort: str = ID_ORDER
    typename: str = ALERT
    """Type of the records; a type of a view has members of its own."""


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, *RULE_ENDPOINTS), fallback_cost=project_rules_cost)
async def alerts_by_id(keys: Sequence[AlertKey], load_context: LoadContext) -> Mapping[AlertKey, Any]:
    """Alerts by ID: one call per 100 workflows, one for all metric rules, one per project for issue rules."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[AlertKey]) -> Mapping[AlertKey, Any]:
        workflow_ids = [key.id for key in own_keys if key.id.isdecimal()]
        rows = await _workflows_by_id(organization, workflow_ids, load_context) if workflow_ids else []
        rule_ids = [key.id for key in own_keys if not key.id.isdecimal()]
        rows += await _workflows_of_rules(organization, rule_ids, load_context)
        return rows_by_key(own_keys, rows, "id", partial(AlertKey, organization))

    return await by_organization(keys, answer)


@bulk(
    target="Alert",
    uses=(catalogue.WORKFLOWS, *RULE_ENDPOINTS),
    is_shared=False,
    fallback_cost=project_rules_cost,
)
async def linked_alerts(keys: Sequence[AlertKeys], load_context: LoadContext) -> Mapping[AlertKeys, Any]:
    """A page of the alerts of each key that exist and are visible to the token; options are ListOptions."""
    ids = list(dict.fromkeys(AlertKey(key.organization, alert_id) for key in keys for alert_id in key.ids))
    alerts = await load_context.load_each(alerts_by_id, ids)
    return {
        key: page_of_rows(
            [row for alert_id in key.ids if (row := alerts[AlertKey(key.organization, alert_id)])],
            load_context.options,
        )
        for key in keys
    }


@fan_out(
    target="Alert",
    uses=(*ALERT_LIST_ENDPOINTS, *REFERENCE_ENDPOINTS),
    fallback_cost=organization_rules_cost,
)
async def alert_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the organization's alerts; options are AlertOptions."""
    options: AlertOptions = load_context.options

    async def fetch(parameters: QueryParameters) -> Slice:
        part = options.part._replace(query=())
        return await alert_page(
            organization, options._replace(part=part, projects=projects_of(parameters)), load_context
        )

    return await fetch_with_names(options.part.query, organization, load_context, fetch)


def _project_pages_cost(keys: int, reads: Reads) -> int:
    return 2 * call_per_chunk(keys, reads) if keys > 1 else 1


@bulk(
    target="Alert",
    uses=ALERT_LIST_ENDPOINTS,
    is_shared=False,
    cost=_project_pages_cost,
    fallback_cost=project_rules_cost,
)
async def project_alert_pages(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """A page of the alerts of each project; options are ListOptions.

    First pages of several projects are two calls: the workflows, and the detectors that determine their projects.
    """

    async def load_project(key: ProjectKey) -> Slice:
        return await alert_page(key.organization, AlertOptions(load_context.options, (key.id,)), load_context)

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        if len(own_keys) > 1 and is_first_page(load_context.options) and not has_rules(organization, load_context):
            pages = await _first_pages(organization, own_keys, load_context)
            if pages is not None:
                return pages
        return await each(own_keys, load_project)

    return await by_organization(keys, answer)


async def alert_page(organization: OrganizationRef, options: AlertOptions, load_context: LoadContext) -> Slice:
    """A page of alerts, from workflows or from rules, depending on the server."""
    return await load_context.organizations.capabilities.either(
        DETECTORS_AND_WORKFLOWS,
        organization,
        newer=lambda: _newer_page(organization, options, load_context),
        older=lambda: _rule_page(organization, options, load_context),
    )


async def _newer_page(organization: OrganizationRef, options: AlertOptions, load_context: LoadContext) -> Slice:
    """Workflows, and the rules that were not migrated to workflows and detectors."""
    rows = await _merged_rows(organization, options, load_context)
    if rows is None:
        return await _workflow_page(organization, options, load_context)
    check_id_order(options.sort)
    return page_of_rows(rows, options.part)


async def _workflow_page(organization: OrganizationRef, options: AlertOptions, load_context: LoadContext) -> Slice:
    return await fetch_list(
        catalogue.WORKFLOWS,
        Parents(organization),
        load_context,
        options=options.part,
        query=(("sortBy", options.sort), *_workflow_query(options)),
        projection=alert_projection(load_context, options.typename),
    )


def _workflow_query(options: AlertOptions) -> QueryParameters:
    text = options.name_contains
    return (*repeated("project", options.projects), *repeated("query", [text] if text else []))


async def _merged_rows(
    organization: OrganizationRef, options: AlertOptions, load_context: LoadContext
) -> list[Any] | None:
    """All workflows and unmigrated rules; None on servers without rules, or with more workflows than fit one list."""
    if not may_have_rules(organization, load_context):
        return None
    projection = load_context.merge_projections(alert_projection(load_context, options.typename), WORKFLOW_NAME)
    page = await _workflow_list(organization, _workflow_query(options), projection, load_context)
    query = repeated("project", options.projects)
    detectors = await all_detectors(organization, query, DETECTOR_NAME, load_context)
    metric = await optional_metric_rules(organization, load_context)
    if page.has_next or detectors is None or not may_have_rules(organization, load_context):
        return None
    await _prime_monitors(organization, query, load_context)
    slugs = await requested_projects(organization, options.projects, load_context)
    workflows = only_records(page.rows)
    issue = await issue_rules_of_projects(organization, slugs.slugs, load_context)
    rest = _translate_rules(
        organization,
        _matching(unmigrated(issue, _workflow_names(workflows, detectors, slugs)), options, ()),
        _matching(unmigrated(metric, metric_detector_names(detectors, slugs)), options, slugs.slugs),
        alert_projection(load_context, options.typename),
        load_context,
    )
    return [*page.rows, *rest]


def _workflow_names(workflows: Sequence[Any], detectors: Sequence[Any], slugs: ProjectSlugs) -> list[NameInProject]:
    """The names of the issue rules that were migrated to these workflows."""
    slug_of = {str(detector.id): slugs.of(detector.projectId) for detector in detectors}
    return [
        NameInProject(slug, str(workflow.name))
        for workflow in workflows
        for slug in dict.fromkeys(slug_of.get(str(detector_id)) for detector_id in _detector_ids(workflow))
        if slug is not None
    ]


def _detector_ids(workflow: Any) -> Sequence[Any]:
    return workflow.detectorIds if isinstance(workflow.detectorIds, list) else ()


async def _prime_monitors(organization: OrganizationRef, query: QueryParameters, load_context: LoadContext) -> None:
    """Use the response with the detectors for the monitors of the alerts, too."""
    projection = monitor_projection(load_context)
    for detector in await all_detectors(organization, query, projection, load_context) or ():
        load_context.loaders.prime(monitors_by_id, MonitorKey(organization, str(detector.id)), detector)


async def _rule_page(organization: OrganizationRef, options: AlertOptions, load_context: LoadContext) -> Slice:
    """Issue rules and, where the server has them, metric rules."""
    check_id_order(options.sort)
    metric = await optional_metric_rules(organization, load_context)
    slugs = await project_slugs(organization, options.projects, load_context)
    all_slugs = slugs or list((await slugs_by_id(organization, load_context)).values())
    issue = await issue_rules_of_projects(organization, all_slugs, load_context)
    projection = alert_projection(load_context, options.typename)
    rows = _translate_rules(
        organization, _matching(issue, options, ()), _matching(metric, options, slugs), projection, load_context
    )
    return page_of_rows(rows, options.part)


def _matching(rules: Sequence[AnyRule], options: AlertOptions, slugs: Sequence[str]) -> list[AnyRule]:
    return matching_rules(rules, slugs, options.name_contains)


def _translate_rules(
    organization: OrganizationRef,
    issue: Sequence[AnyRule],
    metric: Sequence[AnyRule],
    projection: Projection,
    load_context: LoadContext,
) -> list[Any]:
    parents = Parents(organization)
    return [
        *translate(issue, workflow_of_issue_rule, projection, parents, load_context),
        *translate(metric, workflow_of_metric_rule, projection, parents, load_context),
    ]


async def _workflows_by_id(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """Workflows by ID; none on servers without workflows, although their IDs show that there were some."""
    options = ListOptions(repeated("id", ids), len(ids), None, len(ids))
    projection = alert_projection(load_context)
    try:
        page = await fetch_list(
            catalogue.WORKFLOWS, Parents(organization), load_context, options=options, projection=projection
        )
    except ABSENT:
        return []
    return page.rows


async def _workflows_of_rules(
    organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext
) -> list[Any]:
    """The rules with these IDs as alerts; none on servers without rules."""
    slugs = {
        rule_id.removeprefix(ISSUE_PREFIX).rpartition("-")[0] for rule_id in ids if rule_id.startswith(ISSUE_PREFIX)
    }
    issue: list[AnyRule] = []
    answers = await each(sorted(slugs), lambda slug: issue_rules(organization, slug, load_context))
    for answer in answers.values():
        if isinstance(answer, Exception) and not isinstance(answer, (*ABSENT, Forbidden)):
            raise answer
        issue += answer if isinstance(answer, list) else []
    metric: list[AnyRule] = []
    if any(rule_id.startswith(METRIC_PREFIX) for rule_id in ids):
        try:
            metric = await metric_rules(organization, load_context)
        except ABSENT:
            metric = []
    return _translate_rules(organization, issue, metric, alert_projection(load_context), load_context)


async def _first_pages(
    organization: OrganizationRef, keys: Sequence[ProjectKey], load_context: LoadContext
) -> Mapping[ProjectKey, Any] | None:
    """First pages from two complete lists; None when the server lacks one of them, or it is too long."""
    query = repeated("project", (key.id for key in keys))
    detectors, workflows = await asyncio.gather(
        all_detectors(organization, query, DETECTOR_PROJECT, load_context),
        _all_workflows(organization, query, load_context),
    )
    if detectors is None or workflows is None:
        return None
    project_of = {str(row.id): str(row.projectId) for row in detectors}
    rows: dict[str, list[Any]] = {}
    for workflow in workflows:
        for project in dict.fromkeys(project_of.get(str(number), "") for number in _detector_ids(workflow)):
            rows.setdefault(project, []).append(workflow)
    return {key: first_page(rows.get(key.id, []), load_context.options) for key in keys}


async def _all_workflows(
    organization: OrganizationRef, query: QueryParameters, load_context: LoadContext
) -> list[Any] | None:
    try:
        page = await _workflow_list(organization, query, alert_projection(load_context), load_context)
    except (Gone, *ABSENT):
        return None
    return None if page.has_next else only_records(page.rows)


async def _workflow_list(
    organization: OrganizationRef, query: QueryParameters, projection: Projection, load_context: LoadContext
) -> Slice:
    return await fetch_list(
        catalogue.WORKFLOWS,
        Parents(organization),
        load_context,
        options=ALL_ROWS,
        query=(("sortBy", ID_ORDER), *query),
        projection=projection,
    )


def alert_projection(load_context: LoadContext, typename: str = ALERT) -> Projection:
    """Everything that the operation selects on alerts, or on another type that is read from workflows."""
    return load_context.all_on_type(typename).projection("list")
