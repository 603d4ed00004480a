"""Knows how monitors are looked up: Sentry's detectors, and metric rules where a server has nothing newer."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.alert_rules.lists import as_slugs, metric_rules, page_of, translated
from dexter_graphql.loaders.alert_rules.workflows import METRIC_PREFIX, detector_of_metric_rule
from dexter_graphql.loaders.base import LoadContext, bulk, each, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, CHUNK_SIZE, ListOptions, QueryParameters, by_organization, fetch_list
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.errors import Gone, NotFound
from dexter_graphql.sentry.pagination import Before, Slice, slice_rows
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection, TaggedUnion, only_records

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
ORDER: QueryParameters = (("sortBy", "id"),)
USES = (catalogue.DETECTORS, catalogue.METRIC_RULES)


class MonitorKey(NamedTuple):
    """A monitor by Sentry's numeric id as text, or by the id of a translated rule."""

    organization: OrganizationRef
    id: str


class MonitorKeys(NamedTuple):
    """Monitors that something else names by their ids."""

    organization: OrganizationRef
    ids: tuple[str, ...]


class MonitorOptions(NamedTuple):
    """Which monitors of an organization: of these projects, of these types, with this text in their names."""

    wanted: ListOptions
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    search: str = ""


def host_of(organization: OrganizationRef) -> str:
    """The host that serves an organization; empty for the configured one."""
    return organization.region_url or ""


def monitor_form(load_context: LoadContext) -> TaggedUnion:
    """How monitors are decoded: each type with what the operation selects on it anywhere."""
    projections = tuple(
        (word, load_context.all_on_type(typename).projection("list")) for word, typename in MONITOR_TYPES.items()
    )
    return TaggedUnion("type", projections, fallback=load_context.all_on_type(UNKNOWN_TYPE).projection("list"))


@bulk(target=UNKNOWN_TYPE, uses=USES)
async def monitors_by_id(keys: Sequence[MonitorKey], load_context: LoadContext) -> Mapping[MonitorKey, Any]:
    """Monitors by id: one call per hundred, and one for all translated rules."""

    async def listed(organization: OrganizationRef, mine: Sequence[MonitorKey]) -> Mapping[MonitorKey, Any]:
        numbers = [key.id for key in mine if key.id.isdecimal()]
        rows = await _detectors_by_id(organization, numbers, load_context) if numbers else []
        if any(key.id.startswith(METRIC_PREFIX) for key in mine):
            rows += await _detectors_by_rule(organization, load_context)
        return {MonitorKey(organization, str(row.id)): row for row in only_records(rows)}

    return await by_organization(keys, listed)


@bulk(target=UNKNOWN_TYPE, uses=USES)
async def linked_monitors(keys: Sequence[MonitorKeys], load_context: LoadContext) -> Mapping[MonitorKeys, Any]:
    """The monitors that each key names; those that are gone, or not to be seen, are left out."""
    wanted = list(dict.fromkeys(MonitorKey(key.organization, one) for key in keys for one in key.ids))
    found = await load_context.load_each(monitors_by_id, wanted)
    return {key: [row for one in key.ids if (row := found[MonitorKey(key.organization, one)])] for key in keys}


@fan_out(target=UNKNOWN_TYPE, uses=USES)
async def monitor_pages(organization: OrganizationRef, load_context: LoadContext) -> Slice:
    """A page of the organization's monitors in order of their ids; options are a MonitorOptions."""
    return await _chosen(organization, load_context.options, load_context)


@bulk(target=UNKNOWN_TYPE, uses=USES, is_shared=False)
async def project_monitor_pages(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """A page of the monitors of each project; options are a Listing. First pages of many projects are one list."""

    async def one(key: ProjectKey) -> Slice:
        return await _chosen(key.organization, MonitorOptions(load_context.options, (key.id,)), load_context)

    async def answered(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        is_known_retired = load_context.organizations.alert_backends.is_retired(host_of(organization))
        if len(mine) > 1 and is_head(load_context.options) and not is_known_retired:
            together = await _together(organization, mine, load_context)
            if together is not None:
                return together
        return await each(mine, one)

    return await by_organization(keys, answered)


def is_head(wanted: ListOptions) -> bool:
    """True for a part that lies within the first hundred rows of a list."""
    after = wanted.after
    if after is None:
        return wanted.first <= CHUNK_SIZE
    if isinstance(after, Before):
        return after.cursor is None
    return after.cursor is None and after.index + wanted.first <= CHUNK_SIZE


def head_of(rows: Sequence[Any], wanted: ListOptions) -> Slice:
    """The wanted part of a list whose first rows are all there; its cursors are those of the list at Sentry."""
    return slice_rows(rows, wanted.first, wanted.after, CHUNK_SIZE)


async def detectors_of(
    organization: OrganizationRef, keys: Sequence[ProjectKey], form: AnyProjection, load_context: LoadContext
) -> list[Any] | None:
    """All detectors of these projects; None when the server has none to list, or too many to read together."""
    query = (*ORDER, *(("project", key.id) for key in keys))
    try:
        page = await fetch_list(
            catalogue.DETECTORS, Parents(organization), load_context, wanted=ALL_ROWS, query=query, projection=form
        )
    except (NotFound, Gone):
        return None
    return None if page.has_next else only_records(page.rows)


async def _together(
    organization: OrganizationRef, keys: Sequence[ProjectKey], load_context: LoadContext
) -> Mapping[ProjectKey, Any] | None:
    rows = await detectors_of(organization, keys, monitor_form(load_context), load_context)
    if rows is None:
        return None
    return {key: head_of([row for row in rows if str(row.projectId) == key.id], load_context.options) for key in keys}


async def _detectors_by_id(organization: OrganizationRef, ids: Sequence[str], load_context: LoadContext) -> list[Any]:
    """Detectors by id; none where the server has no detectors. Their ids say that it once had some."""
    wanted = ListOptions(tuple(("id", one) for one in ids), len(ids), None, len(ids))
    try:
        page = await fetch_list(
            catalogue.DETECTORS,
            Parents(organization),
            load_context,
            wanted=wanted,
            projection=monitor_form(load_context),
        )
    except NotFound:
        return []
    return page.rows


async def _detectors_by_rule(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All metric rules as detectors; none where the server has no rules."""
    try:
        rules = await metric_rules(organization, load_context)
    except NotFound:
        return []
    return translated(rules, detector_of_metric_rule, monitor_form(load_context), Parents(organization), load_context)


async def _chosen(organization: OrganizationRef, choice: MonitorOptions, load_context: LoadContext) -> Slice:
    """A page of monitors from whichever form the server has."""
    return await load_context.organizations.alert_backends.ask(
        host_of(organization),
        newer=lambda: _detector_page(organization, choice, load_context),
        retired=lambda: _rule_page(organization, choice, load_context),
    )


async def _detector_page(organization: OrganizationRef, choice: MonitorOptions, load_context: LoadContext) -> Slice:
    text = " ".join(part for part in (_typed(choice.types), choice.search) if part)
    query = (*ORDER, *(("project", one) for one in choice.projects), *((("query", text),) if text else ()))
    return await fetch_list(
        catalogue.DETECTORS,
        Parents(organization),
        load_context,
        wanted=choice.wanted,
        query=query,
        projection=monitor_form(load_context),
    )


async def _rule_page(organization: OrganizationRef, choice: MonitorOptions, load_context: LoadContext) -> Slice:
    """Metric rules are the only monitors that such a server tells of."""
    rules = await metric_rules(organization, load_context)
    slugs = set(await as_slugs(organization, choice.projects, load_context))
    if choice.types and METRIC_TYPE not in choice.types:
        rules = []
    chosen = [
        rule
        for rule in rules
        if (not slugs or slugs.intersection(rule["projects"] or ()))
        and choice.search.lower() in str(rule["name"]).lower()
    ]
    rows = translated(chosen, detector_of_metric_rule, monitor_form(load_context), Parents(organization), load_context)
    return await page_of(rows, choice.wanted)


def _typed(types: Sequence[str]) -> str:
    """The search for detectors of these types."""
    return f"type:{types[0]}" if len(types) == 1 else f"type:[{','.join(types)}]" if types else ""
