"""Knows how monitors are looked up: Sentry's detectors, and metric rules where a server has nothing newer."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, each, fan_out
from dexter_graphql.loaders.legacy_rules import METRIC_PREFIX, detector_of_metric_rule
from dexter_graphql.loaders.listing import CHUNK, WHOLE, Listing, Query, by_organization, pages
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.rules import as_slugs, metric_rules, page_of, translated
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.errors import Gone, NotFound
from dexter_graphql.sentry.paging import Before, Slice, slice_whole
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Form, Variants, records

MONITOR_TYPES: Mapping[str, str] = {
    "error": "ErrorMonitor",
    "issue_stream": "IssueStreamMonitor",
    "metric_issue": "MetricMonitor",
    "uptime_domain_failure": "UptimeMonitor",
    "monitor_check_in_failure": "CronMonitor",
}
"""Sentry's word for a detector's type → its type in the graph; any other is UnknownMonitor."""
UNKNOWN_TYPE = "UnknownMonitor"
METRIC_TYPE = "metric_issue"
ORDER: Query = (("sortBy", "id"),)
USES = (catalogue.DETECTORS, catalogue.METRIC_RULES)


class MonitorKey(NamedTuple):
    """A monitor by Sentry's numeric id as text, or by the id of a translated rule."""

    organization: OrganizationRef
    id: str


class MonitorKeys(NamedTuple):
    """Monitors that something else names by their ids."""

    organization: OrganizationRef
    ids: tuple[str, ...]


class MonitorChoice(NamedTuple):
    """Which monitors of an organization: of these projects, of these types, with this text in their names."""

    wanted: Listing
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    search: str = ""


def host_of(organization: OrganizationRef) -> str:
    """The host that serves an organization; empty for the configured one."""
    return organization.region_url or ""


def monitor_form(lookup: Lookup) -> Variants:
    """How monitors are decoded: each type with what the operation selects on it anywhere."""
    shapes = tuple((word, lookup.everywhere(typename).shape("list")) for word, typename in MONITOR_TYPES.items())
    return Variants("type", shapes, fallback=lookup.everywhere(UNKNOWN_TYPE).shape("list"))


@bulk(target=UNKNOWN_TYPE, uses=USES)
async def monitors_by_id(keys: Sequence[MonitorKey], lookup: Lookup) -> Mapping[MonitorKey, Any]:
    """Monitors by id: one call per hundred, and one for all translated rules."""

    async def listed(organization: OrganizationRef, mine: Sequence[MonitorKey]) -> Mapping[MonitorKey, Any]:
        numbers = [key.id for key in mine if key.id.isdecimal()]
        rows = await _detectors_by_id(organization, numbers, lookup) if numbers else []
        if any(key.id.startswith(METRIC_PREFIX) for key in mine):
            rows += await _detectors_by_rule(organization, lookup)
        return {MonitorKey(organization, str(row.id)): row for row in records(rows)}

    return await by_organization(keys, listed)


@bulk(target=UNKNOWN_TYPE, uses=USES)
async def linked_monitors(keys: Sequence[MonitorKeys], lookup: Lookup) -> Mapping[MonitorKeys, Any]:
    """The monitors that each key names; those that are gone, or not to be seen, are left out."""
    wanted = list(dict.fromkeys(MonitorKey(key.organization, one) for key in keys for one in key.ids))
    found = await lookup.load_each(monitors_by_id, wanted)
    return {key: [row for one in key.ids if (row := found[MonitorKey(key.organization, one)])] for key in keys}


@fan_out(target=UNKNOWN_TYPE, uses=USES)
async def monitor_pages(organization: OrganizationRef, lookup: Lookup) -> Slice:
    """A page of the organization's monitors in order of their ids; options are a MonitorChoice."""
    return await _chosen(organization, lookup.options, lookup)


@bulk(target=UNKNOWN_TYPE, uses=USES, is_shared=False)
async def project_monitor_pages(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """A page of the monitors of each project; options are a Listing. First pages of many projects are one list."""

    async def one(key: ProjectKey) -> Slice:
        return await _chosen(key.organization, MonitorChoice(lookup.options, (key.id,)), lookup)

    async def answered(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        is_known_retired = lookup.organizations.alert_backends.is_retired(host_of(organization))
        if len(mine) > 1 and is_head(lookup.options) and not is_known_retired:
            together = await _together(organization, mine, lookup)
            if together is not None:
                return together
        return await each(mine, one)

    return await by_organization(keys, answered)


def is_head(wanted: Listing) -> bool:
    """True for a part that lies within the first hundred rows of a list."""
    after = wanted.after
    if after is None:
        return wanted.first <= CHUNK
    if isinstance(after, Before):
        return after.cursor is None
    return after.cursor is None and after.index + wanted.first <= CHUNK


def head_of(rows: Sequence[Any], wanted: Listing) -> Slice:
    """The wanted part of a list whose first rows are all there; its cursors are those of the list at Sentry."""
    return slice_whole(rows, wanted.first, wanted.after, CHUNK)


async def detectors_of(
    organization: OrganizationRef, keys: Sequence[ProjectKey], form: Form, lookup: Lookup
) -> list[Any] | None:
    """All detectors of these projects; None when the server has none to list, or too many to read together."""
    query = (*ORDER, *(("project", key.id) for key in keys))
    try:
        page = await pages(catalogue.DETECTORS, Scope(organization), lookup, wanted=WHOLE, query=query, shape=form)
    except (NotFound, Gone):
        return None
    return None if page.has_next else records(page.rows)


async def _together(
    organization: OrganizationRef, keys: Sequence[ProjectKey], lookup: Lookup
) -> Mapping[ProjectKey, Any] | None:
    rows = await detectors_of(organization, keys, monitor_form(lookup), lookup)
    if rows is None:
        return None
    return {key: head_of([row for row in rows if str(row.projectId) == key.id], lookup.options) for key in keys}


async def _detectors_by_id(organization: OrganizationRef, ids: Sequence[str], lookup: Lookup) -> list[Any]:
    """Detectors by id; none where the server has no detectors. Their ids say that it once had some."""
    wanted = Listing(tuple(("id", one) for one in ids), len(ids), None, len(ids))
    try:
        page = await pages(catalogue.DETECTORS, Scope(organization), lookup, wanted=wanted, shape=monitor_form(lookup))
    except NotFound:
        return []
    return page.rows


async def _detectors_by_rule(organization: OrganizationRef, lookup: Lookup) -> list[Any]:
    """All metric rules as detectors; none where the server has no rules."""
    try:
        rules = await metric_rules(organization, lookup)
    except NotFound:
        return []
    return translated(rules, detector_of_metric_rule, monitor_form(lookup), Scope(organization), lookup)


async def _chosen(organization: OrganizationRef, choice: MonitorChoice, lookup: Lookup) -> Slice:
    """A page of monitors from whichever form the server has."""
    return await lookup.organizations.alert_backends.ask(
        host_of(organization),
        newer=lambda: _detector_page(organization, choice, lookup),
        retired=lambda: _rule_page(organization, choice, lookup),
    )


async def _detector_page(organization: OrganizationRef, choice: MonitorChoice, lookup: Lookup) -> Slice:
    text = " ".join(part for part in (_typed(choice.types), choice.search) if part)
    query = (*ORDER, *(("project", one) for one in choice.projects), *((("query", text),) if text else ()))
    return await pages(
        catalogue.DETECTORS, Scope(organization), lookup, wanted=choice.wanted, query=query, shape=monitor_form(lookup)
    )


async def _rule_page(organization: OrganizationRef, choice: MonitorChoice, lookup: Lookup) -> Slice:
    """Metric rules are the only monitors that such a server tells of."""
    rules = await metric_rules(organization, lookup)
    slugs = set(await as_slugs(organization, choice.projects, lookup))
    if choice.types and METRIC_TYPE not in choice.types:
        rules = []
    chosen = [
        rule
        for rule in rules
        if (not slugs or slugs.intersection(rule["projects"] or ()))
        and choice.search.lower() in str(rule["name"]).lower()
    ]
    rows = translated(chosen, detector_of_metric_rule, monitor_form(lookup), Scope(organization), lookup)
    return await page_of(rows, choice.wanted)


def _typed(types: Sequence[str]) -> str:
    """The search for detectors of these types."""
    return f"type:{types[0]}" if len(types) == 1 else f"type:[{','.join(types)}]" if types else ""
