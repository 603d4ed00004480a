"""Loaders of projects and their client keys, members, environments and settings."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, call_per_detail, each, fan_out
from dexter_graphql.loaders.lists import by_organization, fetch_list, page_of_rows, rows_by_key
from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.errors import Moved
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record


class ProjectKey(NamedTuple):
    """A project by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class ProjectName(NamedTuple):
    """A project by its slug or its numeric ID."""

    organization: OrganizationRef
    name: str


class ProjectNumbersKey(NamedTuple):
    """The projects that a saved search names, by their numeric IDs."""

    organization: OrganizationRef
    numbers: tuple[str, ...]


class ClientKeyKey(NamedTuple):
    """A client key of a project."""

    project: ProjectKey
    id: str


class ProjectEnvironmentKey(NamedTuple):
    """An environment of a project, by name."""

    project: ProjectKey
    name: str


@bulk(target="Project", uses=(catalogue.LIST,))
async def projects_by_id(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """Projects by ID, without members that only the detail has: one call per 100 projects of an organization."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        rows = await _search(organization, "id", [key.id for key in own_keys], load_context)
        return rows_by_key(own_keys, rows, "id", partial(ProjectKey, organization))

    return await by_organization(keys, answer)


@bulk(target="Project", uses=projects_by_id.uses, is_shared=False)
async def numbered_projects(
    keys: Sequence[ProjectNumbersKey], load_context: LoadContext
) -> Mapping[ProjectNumbersKey, Any]:
    """A page of the projects of each saved search that are visible to the token; options are ListOptions."""
    ids = list(dict.fromkeys(ProjectKey(key.organization, number) for key in keys for number in key.numbers))
    projects = await load_context.load_each(projects_by_id, ids)
    return {
        key: page_of_rows(
            [row for number in key.numbers if (row := projects[ProjectKey(key.organization, number)]) is not None],
            load_context.options,
        )
        for key in keys
    }


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL), cost=call_per_detail)
async def complete_projects(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """Projects by ID with all needed members: one call each when lists lack some of them."""
    if needs_detail(load_context):
        return await each(keys, lambda key: _detail(key.organization, key.id, load_context))
    return await projects_by_id.load(keys, load_context)


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL), cost=call_per_detail)
async def projects_by_name(keys: Sequence[ProjectName], load_context: LoadContext) -> Mapping[ProjectName, Any]:
    """Projects by slug or ID: one call for the slugs, one for the IDs, and one for each that the list lacks.

    The last one finds the new slug of a renamed project.
    """
    if needs_detail(load_context):
        return await each(keys, lambda key: _detail_by_name(key, load_context))

    is_valid = catalogue.DETAIL.path_parameters["project"].is_valid

    async def answer(organization: OrganizationRef, own_keys: Sequence[ProjectName]) -> Mapping[ProjectName, Any]:
        projects: dict[ProjectName, Any] = {}
        valid_names = [key.name for key in own_keys if is_valid(key.name)]
        for term in ("slug", "id"):
            names = [name for name in valid_names if name.isdecimal() is (term == "id")]
            if names:
                rows = await _search(organization, term, names, load_context)
                keys_of_names = [ProjectName(organization, name) for name in names]
                projects |= rows_by_key(keys_of_names, rows, term, partial(ProjectName, organization))
        # The detail refuses an invalid name without a call.
        ids = {name for name in valid_names if name.isdecimal()}
        missing = [key for key in own_keys if not isinstance(projects.get(key), Record) and key.name not in ids]
        return projects | await each(missing, lambda key: _detail_by_name(key, load_context))

    return await by_organization(keys, answer)


@fan_out(target="Project", uses=(catalogue.LIST,))
async def project_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's projects; options are ListOptions."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="ProjectSettings", uses=(catalogue.DETAIL,))
async def project_settings(key: ProjectKey, load_context: LoadContext) -> Any:
    """The settings of a project, which only its detail has."""
    return await load_context.get(catalogue.DETAIL, project_parents(key), path={"project": key.id})


@fan_out(target="ClientKey", uses=(catalogue.KEYS,))
async def project_key_pages(key: ProjectKey, load_context: LoadContext) -> Slice:
    """A page of the client keys of a project; options are ListOptions."""
    return await fetch_list(catalogue.KEYS, project_parents(key), load_context, path={"project": key.id})


@fan_out(target="ClientKey", uses=(catalogue.KEY,), is_shared=True)
async def client_key(key: ClientKeyKey, load_context: LoadContext) -> Any:
    """A client key; None when it does not exist."""
    return await load_context.get_or_none(
        catalogue.KEY,
        project_parents(key.project),
        path={"project": key.project.id, "key": key.id},
        projection=load_context.projection("list"),
    )


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def project_member_pages(key: ProjectKey, load_context: LoadContext) -> Slice:
    """A page of the members of a project's teams, which Sentry sends in one answer; options are ListOptions."""
    rows = await load_context.get_rows(catalogue.MEMBERS, Parents(key.organization), path={"project": key.id})
    return page_of_rows(rows, load_context.options)


@fan_out(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,), is_shared=True)
async def project_environments(key: ProjectKey, load_context: LoadContext) -> list[Any]:
    """The environments of a project; options are `visible`, `hidden` or `all`."""
    return await load_context.get_rows(
        catalogue.ENVIRONMENTS,
        project_parents(key),
        path={"project": key.id},
        query=(("visibility", load_context.options),),
    )


@bulk(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,))
async def environments_by_name(
    keys: Sequence[ProjectEnvironmentKey], load_context: LoadContext
) -> Mapping[ProjectEnvironmentKey, Any]:
    """Environments by project and name: one call per project."""
    lists = await each(
        list(dict.fromkeys(key.project for key in keys)),
        lambda project: load_context.load(project_environments, project, "all"),
    )
    environments: dict[ProjectEnvironmentKey, Any] = {}
    for key in keys:
        rows = lists[key.project]
        has_failed = isinstance(rows, Exception)
        environments[key] = rows if has_failed else rows_by_key((key.name,), rows, "name", str)[key.name]
    return environments


def named_environments(key: ProjectKey, names: Sequence[str], load_context: LoadContext) -> list[Record]:
    """Visible environments by the names that a project's record embeds: records that cost no call."""
    members = (Field("isHidden", "isHidden", bool | None), Field("name", "name", str))
    record_class: Any = load_context.client.records.record_class(Projection("ProjectEnvironment", "named", members))
    return [record_class(name=name, isHidden=False, parents=project_parents(key)) for name in names]


def needs_detail(load_context: LoadContext) -> bool:
    """True when members of projects are needed that lists lack."""
    return not load_context.reads("detail") <= load_context.reads("list")


def project_parents(key: ProjectKey) -> Parents:
    """Parents of objects in a project, which name the project by its ID, because that never changes."""
    return Parents(key.organization, project=key.id)


async def _search(
    organization: OrganizationRef, term: str, values: Sequence[str], load_context: LoadContext
) -> list[Any]:
    """Projects whose `id` or `slug` is one of the values."""
    query = (("query", BatchSearch(" ".join(f"{term}:{value}" for value in values))),)
    member = Field(term, term, str if term == "slug" else int | str)
    projection = load_context.merge_projections(
        load_context.projection("list"), Projection("Project", "list", (member,))
    )
    return await load_context.get_rows(catalogue.LIST, Parents(organization), query=query, projection=projection)


async def _detail(organization: OrganizationRef, name: str, load_context: LoadContext) -> Any:
    return await load_context.get_or_none(catalogue.DETAIL, Parents(organization), path={"project": name})


async def _detail_by_name(key: ProjectName, load_context: LoadContext) -> Any:
    """The detail of a project, found by its new slug when it was renamed."""
    try:
        return await _detail(key.organization, key.name, load_context)
    except Moved as moved:
        return await _detail(key.organization, moved.slug, load_context)
