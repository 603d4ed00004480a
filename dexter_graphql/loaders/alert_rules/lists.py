"""Knows how Sentry's retired alert rules are fetched, and pages over what they were translated to; translates nothing.

Lists of rules are read whole and shared through the cache: metric rules of an organization with one call, issue rules
with one for each project.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.loaders.lists import ALL_ROWS, ListOptions, fetch_list
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, InvalidValue, Moved, NotFound
from dexter_graphql.sentry.pagination import Page, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection, Field, Projection, only_records

Rule = dict[str, Any]


def _rule_shape(typename: str, *names: str) -> Projection:
    return Projection(typename, "list", tuple(Field(name, name, msgspec.Raw) for name in sorted(names)))


COMMON = ("id", "name", "environment", "owner", "projects", "createdBy", "dateCreated", "status")
ISSUE_RULE = _rule_shape(
    "IssueRule", *COMMON, "actionMatch", "actions", "conditions", "filterMatch", "filters", "frequency", "lastTriggered"
)
METRIC_RULE = _rule_shape(
    "MetricRule", *COMMON, "aggregate", "comparisonDelta", "dataset", "dateModified", "detectionType", "eventTypes",
    "query", "resolveThreshold", "seasonality", "sensitivity", "thresholdType", "timeWindow", "triggers",
)  # fmt: skip
PROJECT = Projection("Project", "list", (Field("id", "id", int | str), Field("slug", "slug", str)))


async def metric_rules(organization: OrganizationRef, load_context: LoadContext) -> list[Rule]:
    """All metric rules of the organization, oldest first as far as ids tell."""
    return await _whole(catalogue.METRIC_RULES, METRIC_RULE, Parents(organization), load_context)


async def issue_rules(organization: OrganizationRef, project: str, load_context: LoadContext) -> list[Rule]:
    """All issue rules of a project, named by its slug or id; NotFound when there is no such project."""
    path = {"project": project}
    try:
        return await _whole(catalogue.ISSUE_RULES, ISSUE_RULE, Parents(organization), load_context, path)
    except Moved as moved:
        return await _whole(
            catalogue.ISSUE_RULES, ISSUE_RULE, Parents(organization), load_context, {"project": moved.slug}
        )


async def issue_rules_of(organization: OrganizationRef, names: Sequence[str], load_context: LoadContext) -> list[Rule]:
    """The issue rules of these projects, one call each. Raises what one of them raised.

    A project that does not exist is BadRequest: NotFound would say that the server has no rules at all.
    """
    found = await each(list(dict.fromkeys(names)), lambda name: issue_rules(organization, name, load_context))
    rules: list[Rule] = []
    for name, answer in found.items():
        if isinstance(answer, NotFound):
            raise BadRequest(f"There is no project '{name[:100]}', or none that the token may see", title=answer.title)
        if isinstance(answer, Exception):
            raise answer
        rules += answer
    return rules


async def slugs_by_id(organization: OrganizationRef, load_context: LoadContext) -> dict[str, str]:
    """Slugs of all projects that the token sees, by their ids: one call, since rules know projects by slug alone."""
    page = await fetch_list(projects.LIST, Parents(organization), load_context, wanted=ALL_ROWS, projection=PROJECT)
    return {str(row.id): row.slug for row in only_records(page.rows) if isinstance(row.slug, str)}


async def as_slugs(organization: OrganizationRef, names: Sequence[str], load_context: LoadContext) -> list[str]:
    """The slugs of these projects, of which some may be named by their ids."""
    known = await slugs_by_id(organization, load_context) if any(name.isdecimal() for name in names) else {}
    return [known.get(name, name) for name in dict.fromkeys(names)]


def translated(
    rules: Sequence[Rule],
    translation: Callable[[Rule], Rule],
    form: AnyProjection,
    parents: Parents,
    load_context: LoadContext,
) -> list[Any]:
    """Records of the translated rules, or the misfits that stand for them."""
    decode = load_context.client.records.decode_one
    return [decode(msgspec.json.encode(translation(rule)), form, (), parents) for rule in rules]


async def page_of(rows: Sequence[Any], wanted: ListOptions) -> Slice:
    """The wanted part of rows that are all there; their cursors count rows from the start."""

    async def fetch_page(size: int, cursor: str | None) -> Page:
        if cursor is not None and not cursor.isdecimal():
            raise BadRequest("'after' belongs to a list of another server")
        start = int(cursor or 0)
        end = start + size
        return Page(
            rows=list(rows[start:end]),
            next=str(end) if end < len(rows) else None,
            previous=str(max(0, start - size)) if start else None,
        )

    return await collect(fetch_page, first=wanted.first, after=wanted.after, cap=wanted.cap)


async def _whole(
    endpoint: Endpoint,
    projection: Projection,
    parents: Parents,
    load_context: LoadContext,
    path: Mapping[str, str] | None = None,
) -> list[Rule]:
    page = await fetch_list(endpoint, parents, load_context, wanted=ALL_ROWS, path=path or {}, projection=projection)
    rules = [
        {member.attr: _value(getattr(row, member.attr)) for member in projection.members}
        for row in only_records(page.rows)
    ]
    if len(rules) != len(page.rows):
        raise InvalidValue("Expected a list of rules", title=endpoint.title)
    return rules


def _value(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)
