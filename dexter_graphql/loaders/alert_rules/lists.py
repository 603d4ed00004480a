"""Complete lists of alert rules, their translation to records, and pages of translated rules.

Lists of rules are fetched completely and shared through the cache: metric rules of an organization with one call, issue
rules with one call per project.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dexter_graphql.loaders.alert_rules.old_values import items
from dexter_graphql.loaders.alert_rules.workflows import Rule
from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.loaders.lists import ALL_ROWS, fetch_list
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, InvalidValue, Moved, NotFound
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection, Field, Projection, only_records


def _rule_projection(typename: str, *names: str) -> Projection:
    return Projection(typename, "list", tuple(Field(name, name, msgspec.Raw) for name in sorted(names)))


AnyRule = Rule | InvalidValue
"""A rule, or what replaces one that is not an object."""
RULE_MEMBERS = ("id", "name", "environment", "owner", "projects", "createdBy", "dateCreated", "snooze", "status")
ISSUE_RULE = _rule_projection(
    "IssueRule", *RULE_MEMBERS, "actionMatch", "actions", "conditions", "filterMatch", "filters", "frequency",
    "lastTriggered",
)  # fmt: skip
METRIC_RULE = _rule_projection(
    "MetricRule", *RULE_MEMBERS, "aggregate", "comparisonDelta", "dataset", "dateModified", "detectionType",
    "eventTypes", "query", "resolveThreshold", "seasonality", "sensitivity", "thresholdType", "timeWindow", "triggers",
)  # fmt: skip
PROJECT_SLUG = Projection("Project", "list", (Field("id", "id", int | str), Field("slug", "slug", str)))


async def metric_rules(organization: OrganizationRef, load_context: LoadContext) -> list[AnyRule]:
    """All metric rules of the organization, in Sentry's order."""
    return await _all_rules(catalogue.METRIC_RULES, METRIC_RULE, Parents(organization), load_context)


async def issue_rules(organization: OrganizationRef, project: str, load_context: LoadContext) -> list[AnyRule]:
    """All issue rules of a project, given by slug or ID; raises NotFound when the project does not exist."""

    async def fetch(name: str) -> list[AnyRule]:
        path = {"project": name}
        return await _all_rules(catalogue.ISSUE_RULES, ISSUE_RULE, Parents(organization), load_context, path)

    try:
        return await fetch(project)
    except Moved as moved:
        return await fetch(moved.slug)


async def issue_rules_of_projects(
    organization: OrganizationRef, names: Sequence[str], load_context: LoadContext
) -> list[AnyRule]:
    """The issue rules of these projects, one call each. Raises the first failure.

    A missing project raises BadRequest. For a visible one, NotFound means that the server has no rules at all.
    """
    lists = await each(list(dict.fromkeys(names)), lambda name: issue_rules(organization, name, load_context))
    rules: list[AnyRule] = []
    for name, answer in lists.items():
        if isinstance(answer, NotFound) and not await _is_visible(organization, name, load_context):
            message = f"Project '{name[:100]}' does not exist or is not visible to the token"
            raise BadRequest(message, title=answer.title)
        if isinstance(answer, Exception):
            raise answer
        rules += answer
    return rules


async def _is_visible(organization: OrganizationRef, project: str, load_context: LoadContext) -> bool:
    slugs = await slugs_by_id(organization, load_context)
    return project in slugs or project in slugs.values()


async def slugs_by_id(organization: OrganizationRef, load_context: LoadContext) -> dict[str, str]:
    """Slugs of all visible projects by ID: one call. Rules refer to projects by slug."""
    page = await fetch_list(
        projects.LIST, Parents(organization), load_context, options=ALL_ROWS, projection=PROJECT_SLUG
    )
    return {str(row.id): row.slug for row in only_records(page.rows) if isinstance(row.slug, str)}


async def project_slugs(organization: OrganizationRef, names: Sequence[str], load_context: LoadContext) -> list[str]:
    """The slugs of projects that are given by slug or ID."""
    known = await slugs_by_id(organization, load_context) if any(name.isdecimal() for name in names) else {}
    return [known.get(name, name) for name in dict.fromkeys(names)]


def matching_rules(rules: Iterable[AnyRule], slugs: Collection[str], name_contains: str) -> list[AnyRule]:
    """The rules of these projects (of all when there are none) with that in their names, and all invalid ones."""
    text = name_contains.lower()

    def is_matching(rule: AnyRule) -> bool:
        if isinstance(rule, InvalidValue):
            return True
        return (not slugs or not set(slugs).isdisjoint(slugs_of(rule))) and text in str(rule["name"]).lower()

    return [rule for rule in rules if is_matching(rule)]


def slugs_of(rule: AnyRule) -> list[str]:
    """The slugs of the rule's projects."""
    return [] if isinstance(rule, InvalidValue) else [slug for slug in items(rule["projects"]) if isinstance(slug, str)]


def translate(
    rules: Sequence[AnyRule],
    translation: Callable[[Rule], Rule],
    projection: AnyProjection,
    parents: Parents,
    load_context: LoadContext,
) -> list[Any]:
    """Records of the translated rules, or the InvalidValue in their place."""
    decode = load_context.client.records.decode_one
    return [
        rule
        if isinstance(rule, InvalidValue)
        else decode(msgspec.json.encode(translation(rule)), projection, (), parents)
        for rule in rules
    ]


async def _all_rules(
    endpoint: Endpoint,
    projection: Projection,
    parents: Parents,
    load_context: LoadContext,
    path: Mapping[str, str] = NO_PATH,
) -> list[AnyRule]:
    page = await fetch_list(endpoint, parents, load_context, options=ALL_ROWS, path=path, projection=projection)
    return [
        row
        if isinstance(row, InvalidValue)
        else {member.attr: msgspec.json.decode(getattr(row, member.attr)) for member in projection.members}
        for row in page.rows
    ]
