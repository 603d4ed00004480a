"""Alert rules that a server has beside workflows and detectors.

Self-hosted releases from 26.7 on have both. A migrated rule is a workflow or a detector of the same name in the same
project; a rule that was not migrated exists only as a rule.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dexter_graphql.loaders.alert_rules.lists import AnyRule, metric_rules, project_slugs, slugs_by_id, slugs_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import OrganizationRef

METRIC_ALERT_RULES = catalogue.METRIC_RULES.name
"""Capability: metric rules. A server that has workflows and no metric rules has no issue rules either."""


class NameInProject(NamedTuple):
    """A name of a rule, workflow or detector in a project."""

    project: str
    """Slug of the project."""
    name: str


class ProjectSlugs(NamedTuple):
    """The slugs of the requested projects, all visible ones when none are requested, and slugs by ID."""

    slugs: Sequence[str]
    by_id: dict[str, str]

    def of(self, project_id: object) -> str | None:
        """The slug of a project; objects that were filtered by a single project belong to that one."""
        return self.slugs[0] if len(self.slugs) == 1 else self.by_id.get(str(project_id))


async def requested_projects(
    organization: OrganizationRef, names: Sequence[str], load_context: LoadContext
) -> ProjectSlugs:
    """The projects that are given by slug or ID: no call for a single slug, else one."""
    slugs = await project_slugs(organization, names, load_context)
    if len(slugs) == 1:
        return ProjectSlugs(slugs, {})
    by_id = await slugs_by_id(organization, load_context)
    return ProjectSlugs(slugs or list(by_id.values()), by_id)


async def optional_metric_rules(organization: OrganizationRef, load_context: LoadContext) -> list[AnyRule]:
    """All metric rules of the organization; none where the server lacks them, which is remembered."""
    return await load_context.organizations.capabilities.prefer(
        METRIC_ALERT_RULES,
        organization,
        preferred=lambda: metric_rules(organization, load_context),
        fallback=_no_rules,
    )


def may_have_rules(organization: OrganizationRef, load_context: LoadContext) -> bool:
    """True unless all rules were migrated, as on sentry.io, or the server was found to have none."""
    has_no_rules = load_context.organizations.capabilities.lacks(METRIC_ALERT_RULES, organization)
    return not (has_no_rules or load_context.client.is_saas(organization))


def unmigrated(rules: Iterable[AnyRule], migrated: Iterable[NameInProject]) -> list[AnyRule]:
    """The rules that are not among the migrated ones; of several with one name, as many as were not."""
    counts = Counter(migrated)
    rest: list[AnyRule] = []
    for rule in rules:
        name = next((name for name in _names(rule) if counts[name]), None)
        if name is None:
            rest.append(rule)
        else:
            counts[name] -= 1
    return rest


def _names(rule: AnyRule) -> list[NameInProject]:
    return [] if isinstance(rule, InvalidValue) else [NameInProject(slug, str(rule["name"])) for slug in slugs_of(rule)]


async def _no_rules() -> list[AnyRule]:
    return []
