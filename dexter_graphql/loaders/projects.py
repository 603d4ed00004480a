"""Knows how projects are looked up, and what hangs below one: keys, members, environments, settings."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, each, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, by_organization, fetch_list
from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.errors import Moved, NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record, only_records


class ProjectKey(NamedTuple):
    """A project by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class ProjectName(NamedTuple):
    """A project by its slug, or by its numeric id."""

    organization: OrganizationRef
    name: str


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
    """Projects by id: one call per organization and hundred of them."""

    async def listed(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        rows = await _listed(organization, "id", [key.id for key in mine], load_context)
        return {ProjectKey(organization, str(row.id)): row for row in rows}

    return await by_organization(keys, listed)


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL))
async def whole_projects(keys: Sequence[ProjectKey], load_context: LoadContext) -> Mapping[ProjectKey, Any]:
    """Projects by id with all that will be read of any: one call each when lists do not have it."""
    if needs_detail(load_context):
        return await each(keys, lambda key: _detail(key.organization, key.id, load_context))
    return await projects_by_id.load(keys, load_context)


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL))
async def projects_by_name(keys: Sequence[ProjectName], load_context: LoadContext) -> Mapping[ProjectName, Any]:
    """Projects by slug or id: one call for the slugs, one for the ids, and one for each that the list lacks.

    That last one tells the new slug of a project that was renamed.
    """
    if needs_detail(load_context):
        return await each(keys, lambda key: _followed(key, load_context))

    async def listed(organization: OrganizationRef, mine: Sequence[ProjectName]) -> Mapping[ProjectName, Any]:
        found: dict[ProjectName, Any] = {}
        for word in ("slug", "id"):
            names = [key.name for key in mine if key.name.isdecimal() is (word == "id")]
            for row in await _listed(organization, word, names, load_context) if names else ():
                found[ProjectName(organization, str(getattr(row, word)))] = row
        missing = [key for key in mine if key not in found and not key.name.isdecimal()]
        return found | await each(missing, lambda key: _followed(key, load_context))

    return await by_organization(keys, listed)


@fan_out(target="Project", uses=(catalogue.LIST,))
async def project_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's projects; options are a Listing."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="ProjectSettings", uses=(catalogue.DETAIL,))
async def project_settings(key: ProjectKey, load_context: LoadContext) -> Any:
    """The settings of a project, which only its detail has."""
    return await load_context.client.one(
        catalogue.DETAIL,
        load_context.call_context,
        load_context.projection("detail"),
        parents=below(key),
        path={"project": key.id},
    )


@fan_out(target="ClientKey", uses=(catalogue.KEYS,))
async def project_keys(key: ProjectKey, load_context: LoadContext) -> list[Any]:
    """The client keys of a project."""
    page = await fetch_list(catalogue.KEYS, below(key), load_context, wanted=ALL_ROWS, path={"project": key.id})
    return page.rows


@fan_out(target="ClientKey", uses=(catalogue.KEY,), is_shared=True)
async def client_key(key: ClientKeyKey, load_context: LoadContext) -> Any:
    """One client key; None when there is no such key."""
    path = {"project": key.project.id, "key": key.id}
    try:
        return await load_context.client.one(
            catalogue.KEY,
            load_context.call_context,
            load_context.projection("list"),
            parents=below(key.project),
            path=path,
        )
    except NotFound:
        return None


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def project_members(key: ProjectKey, load_context: LoadContext) -> list[Any]:
    """The members of a project's teams, whom Sentry gives all at once."""
    page = await load_context.client.page(
        catalogue.MEMBERS,
        load_context.call_context,
        load_context.projection("list"),
        parents=Parents(key.organization),
        path={"project": key.id},
    )
    return page.rows


@fan_out(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,), is_shared=True)
async def project_environments(key: ProjectKey, load_context: LoadContext) -> list[Any]:
    """The environments of a project; options are `visible`, `hidden` or `all`."""
    page = await load_context.client.page(
        catalogue.ENVIRONMENTS,
        load_context.call_context,
        load_context.projection("list"),
        parents=below(key),
        path={"project": key.id},
        query=(("visibility", load_context.options),),
    )
    return page.rows


@bulk(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,))
async def environments_by_name(
    keys: Sequence[ProjectEnvironmentKey], load_context: LoadContext
) -> Mapping[ProjectEnvironmentKey, Any]:
    """Environments by project and name: one call per project."""
    lists = await each(
        list(dict.fromkeys(key.project for key in keys)),
        lambda project: load_context.load(project_environments, project, "all"),
    )
    found: dict[ProjectEnvironmentKey, Any] = {}
    for key in keys:
        rows = lists[key.project]
        failed = isinstance(rows, Exception)
        found[key] = rows if failed else next((row for row in only_records(rows) if row.name == key.name), None)
    return found


def named_environments(key: ProjectKey, names: Sequence[str], load_context: LoadContext) -> list[Record]:
    """Visible environments of which a list of projects told the names: records that cost no call."""
    members = (Field("isHidden", "isHidden", bool | None), Field("name", "name", str))
    cls: Any = load_context.client.records.record_class(Projection("ProjectEnvironment", "named", members))
    return [cls(name=name, isHidden=False, parents=below(key)) for name in names]


def needs_detail(load_context: LoadContext) -> bool:
    """True when something will be read of projects that lists do not have."""
    return not load_context.reads("detail") <= load_context.reads("list")


def below(key: ProjectKey) -> Parents:
    """Scope of what hangs below a project; it names the project by its id, which never changes."""
    return Parents(key.organization, project=key.id)


async def _listed(
    organization: OrganizationRef, word: str, values: Sequence[str], load_context: LoadContext
) -> list[Any]:
    query = (("query", " ".join(f"{word}:{value}" for value in values)),)
    member = Field(word, word, str if word == "slug" else int | str)
    projection = load_context.merge_projections(
        load_context.projection("list"), Projection("Project", "list", (member,))
    )
    page = await load_context.client.page(
        catalogue.LIST, load_context.call_context, projection, parents=Parents(organization), query=query
    )
    return [row for row in only_records(page.rows) if isinstance(getattr(row, word), (int, str))]


async def _detail(organization: OrganizationRef, name: str, load_context: LoadContext) -> Any:
    try:
        return await load_context.client.one(
            catalogue.DETAIL,
            load_context.call_context,
            load_context.projection("detail"),
            parents=Parents(organization),
            path={"project": name},
        )
    except NotFound:
        return None


async def _followed(key: ProjectName, load_context: LoadContext) -> Any:
    """The detail of a project, under its new slug when it was renamed once."""
    try:
        return await _detail(key.organization, key.name, load_context)
    except Moved as moved:
        return await _detail(key.organization, moved.slug, load_context)
