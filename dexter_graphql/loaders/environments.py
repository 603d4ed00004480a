"""Loaders and writes of environments. The lists of projects are in `projects`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import ListOptions, by_complete_list, page_of_rows
from dexter_graphql.loaders.projects import ProjectKey, project_environments, project_parents
from dexter_graphql.sentry.catalogue import environments as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

WITHOUT_NAME = "none"
"""How a path names the environment of events without one, whose name is empty."""
NAME = Projection("ProjectEnvironment", "list", (Field("name", "name", str),))


class EnvironmentKey(NamedTuple):
    """An environment by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class EnvironmentOptions(NamedTuple):
    """Part of an environment list, and which environments it has: `visible`, `hidden` or `all`."""

    part: ListOptions
    visibility: str


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def organization_environments(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The environments of an organization; options are `visible`, `hidden` or `all`."""
    return await load_context.get_rows(catalogue.LIST, parents, query=(("visibility", load_context.options),))


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def organization_environment_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the environments of an organization, which Sentry sends in one answer."""
    options: EnvironmentOptions = load_context.options
    return page_of_rows(await load_context.load(organization_environments, parents, options.visibility), options.part)


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def all_environments(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All environments of an organization, also hidden ones."""
    rows: list[Any] = await load_context.load(organization_environments, Parents(organization), "all")
    return rows


@bulk(target="OrganizationEnvironment", uses=(catalogue.LIST,))
async def environments_by_id(keys: Sequence[EnvironmentKey], load_context: LoadContext) -> Mapping[EnvironmentKey, Any]:
    """Environments by ID, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_environments, "id", EnvironmentKey)


@fan_out(target="ProjectEnvironment", uses=(catalogue.PROJECT_ENVIRONMENT,))
async def project_environment(key: ProjectKey, load_context: LoadContext) -> Any:
    """The environment of a project that the options name; None when there is none."""
    return await load_context.get_or_none(
        catalogue.PROJECT_ENVIRONMENT,
        project_parents(key),
        path=_path(key, load_context.options),
        projection=load_context.projection("list"),
    )


async def set_visibility(
    project: ProjectKey, names: Sequence[str], load_context: LoadContext, *, is_hidden: bool
) -> dict[str, Any]:
    """Hide or show environments of a project: the changed ones by name. Sentry ignores unknown ones among several."""
    parents, body = project_parents(project), {"isHidden": is_hidden}
    selected = load_context.child("environments", "ProjectEnvironment").projection("list")
    projection = load_context.merge_projections(selected, NAME)
    records = load_context.client.records
    if len(names) == 1:
        try:
            reply = await load_context.send(catalogue.UPDATE, parents, path=_path(project, names[0]), body=body)
        except NotFound:
            # Sentry says the same of an unknown project, whose list is not found either.
            await load_context.load(project_environments, project, "all")
            return {}
        rows = [records.decode_one(reply.body, projection, (), parents)]
    else:
        several = {"environmentNames": list(names), **body}
        reply = await load_context.send(catalogue.BULK_UPDATE, parents, path={"project": project.id}, body=several)
        rows = records.decode_list(reply.body, projection, (), parents)
    load_context.loaders.clear()
    return {row.name: row for row in only_records(rows)}


def _path(project: ProjectKey, name: str) -> dict[str, str]:
    return {"project": project.id, "environment": name or WITHOUT_NAME}
