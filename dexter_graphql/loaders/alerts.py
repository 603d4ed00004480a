"""Knows how alerts are looked up: Sentry's workflows, and alert rules where a server has nothing newer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, each, fan_out
from dexter_graphql.loaders.legacy_rules import (
    ISSUE_PREFIX,
    METRIC_PREFIX,
    workflow_of_issue_rule,
    workflow_of_metric_rule,
)
from dexter_graphql.loaders.listing import CHUNK, WHOLE, Listing, Query, by_organization, pages
from dexter_graphql.loaders.monitors import MonitorKey, detectors_of, head_of, host_of, is_head, monitors_by_id
from dexter_graphql.loaders.projects import ProjectKey, ProjectName, projects_by_name
from dexter_graphql.loaders.rules import (
    Rule,
    as_slugs,
    issue_rules,
    issue_rules_of,
    metric_rules,
    page_of,
    slugs_by_id,
    translated,
)
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.errors import Forbidden, Gone, NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Shape, records

ORDER: Query = (("sortBy", "id"),)
RULES = (catalogue.ISSUE_RULES, catalogue.METRIC_RULES)
IDS = list[int | str]
"""Wire type of ids in a list."""
DETECTOR_PLACE = Shape(
    "UnknownMonitor", "list", (Member("id", "id", int | str), Member("projectId", "projectId", int | str))
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


class AlertChoice(NamedTuple):
    """Which alerts of an organization: of these projects, with this text in their names."""

    wanted: Listing
    projects: tuple[str, ...] = ()
    search: str = ""


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, *RULES))
async def alerts_by_id(keys: Sequence[AlertKey], lookup: Lookup) -> Mapping[AlertKey, Any]:
    """Alerts by id: one call per hundred; of rules one for all that are about metrics, and one for each project."""

    async def listed(organization: OrganizationRef, mine: Sequence[AlertKey]) -> Mapping[AlertKey, Any]:
        numbers = [key.id for key in mine if key.id.isdecimal()]
        rows = await _workflows_by_id(organization, numbers, lookup) if numbers else []
        rows += await _by_rule(organization, [key.id for key in mine if not key.id.isdecimal()], lookup)
        return {AlertKey(organization, str(row.id)): row for row in records(rows)}

    return await by_organization(keys, listed)


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, *RULES))
async def linked_alerts(keys: Sequence[AlertKeys], lookup: Lookup) -> Mapping[AlertKeys, Any]:
    """The alerts that each key names; those that are gone, or not to be seen, are left out."""
    wanted = list(dict.fromkeys(AlertKey(key.organization, one) for key in keys for one in key.ids))
    found = await lookup.load_each(alerts_by_id, wanted)
    return {key: [row for one in key.ids if (row := found[AlertKey(key.organization, one)])] for key in keys}


@fan_out(target="Alert", uses=(catalogue.WORKFLOWS, *RULES, projects.LIST))
async def alert_pages(organization: OrganizationRef, lookup: Lookup) -> Slice:
    """A page of the organization's alerts in order of their ids; options are an AlertChoice."""
    return await _chosen(organization, lookup.options, lookup)


@bulk(target="Alert", uses=(catalogue.WORKFLOWS, catalogue.DETECTORS, *RULES, projects.LIST), is_shared=False)
async def project_alert_pages(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """A page of the alerts of each project; options are a Listing.

    First pages of many projects are two lists: the workflows, and the detectors that tell which project they are of.
    """

    async def one(key: ProjectKey) -> Slice:
        return await _chosen(key.organization, AlertChoice(lookup.options, (key.id,)), lookup)

    async def answered(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        is_known_retired = lookup.organizations.alert_backends.is_retired(host_of(organization))
        if len(mine) > 1 and is_head(lookup.options) and not is_known_retired:
            together = await _together(organization, mine, lookup)
            if together is not None:
                return together
        return await each(mine, one)

    return await by_organization(keys, answered)


@bulk(target="Project", uses=(catalogue.DETECTORS, catalogue.METRIC_RULES, *projects_by_name.uses))
async def alert_projects(keys: Sequence[AlertPlace], lookup: Lookup) -> Mapping[AlertPlace, Any]:
    """The projects of each alert: those of its monitors, unless a rule names them."""
    linked = list(dict.fromkeys(MonitorKey(key.organization, one) for key in keys for one in key.monitors))
    monitors = await lookup.load_each(monitors_by_id, linked)
    names = {key: _project_names(key, monitors) for key in keys}
    wanted = list(dict.fromkeys(name for found in names.values() for name in found))
    found = await lookup.load_each(projects_by_name, wanted)
    return {key: [row for name in names[key] if (row := found[name]) is not None] for key in keys}


@bulk(target="Alert", uses=project_alert_pages.uses)
async def alerts_of_project(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """The first hundred alerts of each project, as for a list of them."""
    wanted = Listing((), CHUNK, None, CHUNK)
    found = await project_alert_pages.load(keys, replace(lookup, options=wanted))
    return {key: page if isinstance(page, Exception) else page.rows for key, page in found.items()}


def _project_names(place: AlertPlace, monitors: Mapping[MonitorKey, Any]) -> list[ProjectName]:
    organization = place.organization
    if place.slugs:
        return [ProjectName(organization, slug) for slug in place.slugs]
    rows = records(monitors[MonitorKey(organization, one)] for one in place.monitors)
    ids = (row.projectId for row in rows)
    return list(dict.fromkeys(ProjectName(organization, str(one)) for one in ids if isinstance(one, (int, str))))


async def _chosen(organization: OrganizationRef, choice: AlertChoice, lookup: Lookup) -> Slice:
    """A page of alerts from whichever form the server has."""
    return await lookup.organizations.alert_backends.ask(
        host_of(organization),
        newer=lambda: _workflow_page(organization, choice, lookup),
        retired=lambda: _rule_page(organization, choice, lookup),
    )


async def _workflow_page(organization: OrganizationRef, choice: AlertChoice, lookup: Lookup) -> Slice:
    text = (("query", choice.search),) if choice.search else ()
    query = (*ORDER, *(("project", one) for one in choice.projects), *text)
    return await pages(
        catalogue.WORKFLOWS, Scope(organization), lookup, wanted=choice.wanted, query=query, shape=_form(lookup)
    )


async def _rule_page(organization: OrganizationRef, choice: AlertChoice, lookup: Lookup) -> Slice:
    """Metric rules are asked for first: whether the server has them tells whether it has rules at all."""
    metric = await metric_rules(organization, lookup)
    slugs = await as_slugs(organization, choice.projects, lookup)
    names = slugs or list((await slugs_by_id(organization, lookup)).values())
    issue = await issue_rules_of(organization, names, lookup)
    return await page_of(
        _translated(organization, _found(issue, choice, ()), _found(metric, choice, slugs), lookup), choice.wanted
    )


def _found(rules: Sequence[Rule], choice: AlertChoice, slugs: Sequence[str]) -> list[Rule]:
    text = choice.search.lower()
    return [
        rule
        for rule in rules
        if text in str(rule["name"]).lower() and (not slugs or set(slugs).intersection(rule["projects"] or ()))
    ]


def _translated(
    organization: OrganizationRef, issue: Sequence[Rule], metric: Sequence[Rule], lookup: Lookup
) -> list[Any]:
    form, scope = _form(lookup), Scope(organization)
    return [
        *translated(issue, workflow_of_issue_rule, form, scope, lookup),
        *translated(metric, workflow_of_metric_rule, form, scope, lookup),
    ]


async def _workflows_by_id(organization: OrganizationRef, ids: Sequence[str], lookup: Lookup) -> list[Any]:
    """Workflows by id; none where the server has no workflows. Their ids say that it once had some."""
    wanted = Listing(tuple(("id", one) for one in ids), len(ids), None, len(ids))
    try:
        page = await pages(catalogue.WORKFLOWS, Scope(organization), lookup, wanted=wanted, shape=_form(lookup))
    except NotFound:
        return []
    return page.rows


async def _by_rule(organization: OrganizationRef, ids: Sequence[str], lookup: Lookup) -> list[Any]:
    """Rules as alerts, by the ids that they were given; none where the server has no rules."""
    slugs = {one.removeprefix(ISSUE_PREFIX).rpartition("-")[0] for one in ids if one.startswith(ISSUE_PREFIX)}
    issue: list[Rule] = []
    answers = await each(sorted(slugs), lambda slug: issue_rules(organization, slug, lookup))
    for answer in answers.values():
        if isinstance(answer, Exception) and not isinstance(answer, (NotFound, Forbidden)):
            raise answer
        issue += answer if isinstance(answer, list) else []
    metric: list[Rule] = []
    if any(one.startswith(METRIC_PREFIX) for one in ids):
        try:
            metric = await metric_rules(organization, lookup)
        except NotFound:
            metric = []
    return _translated(organization, issue, metric, lookup)


async def _together(
    organization: OrganizationRef, keys: Sequence[ProjectKey], lookup: Lookup
) -> Mapping[ProjectKey, Any] | None:
    """First pages from two lists; None when the server has no such lists, or they are too long to read whole."""
    detectors, workflows = await asyncio.gather(
        detectors_of(organization, keys, DETECTOR_PLACE, lookup),
        _all_workflows(organization, keys, lookup),
    )
    if detectors is None or workflows is None:
        return None
    homes = {str(row.id): str(row.projectId) for row in detectors}
    found: dict[str, list[Any]] = {}
    for row in workflows:
        linked = row.detectorIds if isinstance(row.detectorIds, list) else ()
        for project in dict.fromkeys(homes.get(str(one), "") for one in linked):
            found.setdefault(project, []).append(row)
    return {key: head_of(found.get(key.id, []), lookup.options) for key in keys}


async def _all_workflows(organization: OrganizationRef, keys: Sequence[ProjectKey], lookup: Lookup) -> list[Any] | None:
    query = (*ORDER, *(("project", key.id) for key in keys))
    try:
        page = await pages(
            catalogue.WORKFLOWS, Scope(organization), lookup, wanted=WHOLE, query=query, shape=_form(lookup)
        )
    except (NotFound, Gone):
        return None
    return None if page.has_next else records(page.rows)


def _form(lookup: Lookup) -> Shape:
    """What the operation reads of alerts anywhere."""
    return lookup.everywhere("Alert").shape("list")
