"""Knows how alerts are looked up: Sentry's workflows, and alert rules where a server has nothing newer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dexter_graphql.loaders.alert_rules.lists import (
    Rule,
    as_slugs,
    issue_rules,
    issue_rules_of,
    metric_rules,
    page_of,
    slugs_by_id,
    translated,
)
from dexter_graphql.loaders.alert_rules.workflows import (
    ISSUE_PREFIX,
    METRIC_PREFIX,
    workflow_of_issue_rule,
    workflow_of_metric_rule,
)
from dexter_graphql.loaders.base import LoadContext, bulk, each, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, CHUNK_SIZE, ListOptions, QueryParameters, by_organization, fetch_list
from dexter_graphql.loaders.monitors import MonitorKey, detectors_of, head_of, host_of, is_head, monitors_by_id
from dexter_graphql.loaders.projects import ProjectKey, ProjectName, projects_by_name
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.errors import Forbidden, Gone, NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

ORDER: QueryParameters = (("sortBy", "id"),)
RULES = (catalogue.ISSUE_RULES, catalogue.METRIC_RULES)
IDS = list[int | str]
"""Wire type of ids in a list."""
DETECTOR_PLACE = Projection(
    "UnknownMonitor", "list", (Field("id", "id", int | str), Field("projectId", "projectId", int | str))
)
"""Which project a detector is of, which is all that tells the project of a workflow."""


class AlertKey(NamedTuple):
    """An alert by Sentry's numeric id as text, or by the id of a translated rule."""

    organization: OrganizationRef
    id: str


class AlertKeys(NamedTuple):
    """Alerts that something else names by their ids."""

    organization: OrganizationRef
    ids: tuple[str, ...]


class AlertPlace(NamedTuple):
    """Where an alert belongs: the monitors that it is tied to, or the slugs that a rule names."""

    organization: OrganizationRef
    monitors: tuple[str, ...]
    slugs: tuple[str, ...]


class AlertOptions(NamedTuple):
    """Which alerts of an organization: of these projects, with this text in their names."""

    wanted: ListOptions
    projects: tuple[str, ...] = ()
    search: str = ""


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, *RULES))
async def alerts_by_id(keys: Sequence[AlertKey], load_context: LoadContext) -> Mapping[AlertKey, Any]:
    """Alerts by id: one call per hundred; of rules one for all that are about metrics, and one for each project."""

    async def listed(organization: OrganizationRef, mine: Sequence[AlertKey]) -> Mapping[AlertKey, Any]:
        numbers = [key.id for key in mine if key.id.isdecimal()]
        rows = await _workflows_by_id(organization, numbers, load_context) if numbers else []
        rows += await _by_rule(organization, [key.id for key in mine if not key.id.isdecimal()], load_context)
        return {AlertKey(organization, str(row.id)): row for row in only_records(rows)}

    return await by_organization(keys, listed)


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, *RULES))
async def linked_alerts(keys: Sequence[AlertKeys], load_context: LoadContext) -> Mapping[AlertKeys, Any]:
    """The alerts that each key names; those that are gone, or not to be seen, are left out."""
    wanted = list(dict.fromkeys(AlertKey(key.organization, one) for key in keys for one in key.ids))
    found = await load_context.load_each(alerts_by_id, wanted)
    return {key: [row for one in key.ids if (row := found[AlertKey(key.organization, one)])] for key in keys}


@fan_out(target="Alert", uses=(catalogue.WORKFLOWS, *RULES, projects.LIST))
async def alert_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the organization's alerts in order of their ids; options are an AlertOptions."""
    return await _chosen(organization, load_context.options, load_context)


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, catalogue.DETECTORS, *RULES, projects.LIST), is_shared=False)
async def project_alert_pages(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """A page of the alerts of each project; options are a Listing.

    First pages of many projects are two lists: the workflows, and the detectors that tell which project they are of.
    """

    async def one(key: ProjectKey) -> Slice:
        return await _chosen(key.organization, AlertOptions(load_context.options, (key.id,)), load_context)

    async def answered(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        is_known_retired = load_context.organizations.alert_backends.is_retired(host_of(organization))
        if len(mine) > 1 and is_head(load_context.options) and not is_known_retired:
            together = await _together(organization, mine, load_context)
            if together is not None:
                return together
        return await each(mine, one)

    return await by_organization(keys, answered)


@bulk(target="Project", uses=(catalogue.DETECTORS, catalogue.METRIC_RULES, *projects_by_name.uses))
async def alert_projects(keys: Sequence[AlertPlace], load_context: LoadContext) -> Mapping[AlertPlace, Any]:
    """The projects of each alert: those of its monitors, unless a rule names them."""
    linked = list(dict.fromkeys(MonitorKey(key.organization, one) for key in keys for one in key.monitors))
    monitors = await load_context.load_each(monitors_by_id, linked)
    names = {key: _project_names(key, monitors) for key in keys}
    wanted = list(dict.fromkeys(name for found in names.values() for name in found))
    found = await load_context.load_each(projects_by_name, wanted)
    return {key: [row for name in names[key] if (row := found[name]) is not None] for key in keys}


@bulk(target="Alert", uses=project_alert_pages.uses)
async def alerts_of_project(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """The first hundred alerts of each project, as for a list of them."""
    wanted = ListOptions((), CHUNK_SIZE, None, CHUNK_SIZE)
    found = await project_alert_pages.load(keys, replace(load_context, options=wanted))
    return {key: page if isinstance(page, Exception) else page.rows for key, page in found.items()}


def _project_names(place: AlertPlace, monitors: Mapping[MonitorKey, Any]) -> list[ProjectName]:
    organization = place.organization
    if place.slugs:
        return [ProjectName(organization, slug) for slug in place.slugs]
    rows = only_records(monitors[MonitorKey(organization, one)] for one in place.monitors)
    ids = (row.projectId for row in rows)
    return list(dict.fromkeys(ProjectName(organization, str(one)) for one in ids if isinstance(one, (int, str))))


async def _chosen(organization: OrganizationRef, choice: AlertOptions, load_context: LoadContext) -> Slice:
    """A page of alerts from whichever form the server has."""
    return await load_context.organizations.alert_backends.ask(
        host_of(organization),
        newer=lambda: _workflow_page(organization, choice, load_context),
        retired=lambda: _rule_page(organization, choice, load_context),
    )


async def _workflow_page(organization: OrganizationRef, choice: AlertOptions, load_context: LoadContext) -> Slice:
    text = (("query", choice.search),) if choice.search else ()
    query = (*ORDER, *(("project", one) for one in choice.projects), *text)
    return await fetch_list(
        catalogue.WORKFLOWS,
        Parents(organization),
        load_context,
        wanted=choice.wanted,
        query=query,
        projection=_form(load_context),
    )


async def _rule_page(organization: OrganizationRef, choice: AlertOptions, load_context: LoadContext) -> Slice:
    """Metric rules are asked for first: whether the server has them tells whether it has rules at all."""
    metric = await metric_rules(organization, load_context)
    slugs = await as_slugs(organization, choice.projects, load_context)
    names = slugs or list((await slugs_by_id(organization, load_context)).values())
    issue = await issue_rules_of(organization, names, load_context)
    return await page_of(
        _translated(organization, _found(issue, choice, ()), _found(metric, choice, slugs), load_context), choice.wanted
    )


def _found(rules: Sequence[Rule], choice: AlertOptions, slugs: Sequence[str]) -> list[Rule]:
    text = choice.search.lower()
    return [
        rule
        for rule in rules
        if text in str(rule["name"]).lower() and (not slugs or set(slugs).intersection(rule["projects"] or ()))
    ]


def _translated(
    organization: OrganizationRef, issue: Sequence[Rule], metric: Sequence[Rule], load_context: LoadContext
) -> list[Any]:
    form, parents = _form(load_context), Parents(organization)
    return [
        *translated(issue, workflow_of_issue_rule, form, parents, load_context),
        *translated(metric, workflow_of_metric_rule, form, parents, load_context),
    ]


async def _workflows_by_id(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """Workflows by id; none where the server has no workflows. Their ids say that it once had some."""
    wanted = ListOptions(tuple(("id", one) for one in ids), len(ids), None, len(ids))
    try:
        page = await fetch_list(
            catalogue.WORKFLOWS, Parents(organization), load_context, wanted=wanted, projection=_form(load_context)
        )
    except NotFound:
        return []
    return page.rows


async def _by_rule(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """Rules as alerts, by the ids that they were given; none where the server has no rules."""
    slugs = {one.removeprefix(ISSUE_PREFIX).rpartition("-")[0] for one in ids if one.startswith(ISSUE_PREFIX)}
    issue: list[Rule] = []
    answers = await each(sorted(slugs), lambda slug: issue_rules(organization, slug, load_context))
    for answer in answers.values():
        if isinstance(answer, Exception) and not isinstance(answer, (NotFound, Forbidden)):
            raise answer
        issue += answer if isinstance(answer, list) else []
    metric: list[Rule] = []
    if any(one.startswith(METRIC_PREFIX) for one in ids):
        try:
            metric = await metric_rules(organization, load_context)
        except NotFound:
            metric = []
    return _translated(organization, issue, metric, load_context)


async def _together(
    organization: OrganizationRef, keys: Sequence[ProjectKey], load_context: LoadContext
) -> Mapping[ProjectKey, Any] | None:
    """First pages from two lists; None when the server has no such lists, or they are too long to read whole."""
    detectors, workflows = await asyncio.gather(
        detectors_of(organization, keys, DETECTOR_PLACE, load_context),
        _all_workflows(organization, keys, load_context),
    )
    if detectors is None or workflows is None:
        return None
    homes = {str(row.id): str(row.projectId) for row in detectors}
    found: dict[str, list[Any]] = {}
    for row in workflows:
        linked = row.detectorIds if isinstance(row.detectorIds, list) else ()
        for project in dict.fromkeys(homes.get(str(one), "") for one in linked):
            found.setdefault(project, []).append(row)
    return {key: head_of(found.get(key.id, []), load_context.options) for key in keys}


async def _all_workflows(
    organization: OrganizationRef, keys: Sequence[ProjectKey], load_context: LoadContext
) -> list[Any] | None:
    query = (*ORDER, *(("project", key.id) for key in keys))
    try:
        page = await fetch_list(
            catalogue.WORKFLOWS,
            Parents(organization),
            load_context,
            wanted=ALL_ROWS,
            query=query,
            projection=_form(load_context),
        )
    except (NotFound, Gone):
        return None
    return None if page.has_next else only_records(page.rows)


def _form(load_context: LoadContext) -> Projection:
    """What the operation reads of alerts anywhere."""
    return load_context.all_on_type("Alert").projection("list")
