"""Knows how projects are looked up, and what hangs below one: keys, members, environments, settings."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, each, fan_out
from dexter_graphql.loaders.listing import WHOLE, by_organization, pages
from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.errors import Moved, NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Record, Shape, records


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
async def projects_by_id(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """Projects by id: one call per organization and hundred of them."""

    async def listed(organization: OrganizationRef, mine: Sequence[ProjectKey]) -> Mapping[ProjectKey, Any]:
        rows = await _listed(organization, "id", [key.id for key in mine], lookup)
        return {ProjectKey(organization, str(row.id)): row for row in rows}

    return await by_organization(keys, listed)


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL))
async def whole_projects(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """Projects by id with all that will be read of any: one call each when lists do not have it."""
    if needs_detail(lookup):
        return await each(keys, lambda key: _detail(key.organization, key.id, lookup))
    return await projects_by_id.load(keys, lookup)


@bulk(target="Project", uses=(catalogue.LIST, catalogue.DETAIL))
async def projects_by_name(keys: Sequence[ProjectName], lookup: Lookup) -> Mapping[ProjectName, Any]:
    """Projects by slug or id: one call for the slugs, one for the ids, and one for each that the list lacks.

    That last one tells the new slug of a project that was renamed.
    """
    if needs_detail(lookup):
        return await each(keys, lambda key: _followed(key, lookup))

    async def listed(organization: OrganizationRef, mine: Sequence[ProjectName]) -> Mapping[ProjectName, Any]:
        found: dict[ProjectName, Any] = {}
        for word in ("slug", "id"):
            names = [key.name for key in mine if key.name.isdecimal() is (word == "id")]
            for row in await _listed(organization, word, names, lookup) if names else ():
                found[ProjectName(organization, str(getattr(row, word)))] = row
        missing = [key for key in mine if key not in found and not key.name.isdecimal()]
        return found | await each(missing, lambda key: _followed(key, lookup))

    return await by_organization(keys, listed)


@fan_out(target="Project", uses=(catalogue.LIST,))
async def project_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's projects; options are a Listing."""
    return await pages(catalogue.LIST, scope, lookup)


@fan_out(target="ProjectSettings", uses=(catalogue.DETAIL,))
async def project_settings(key: ProjectKey, lookup: Lookup) -> Any:
    """The settings of a project, which only its detail has."""
    return await lookup.client.one(
        catalogue.DETAIL, lookup.ticket, lookup.shape("detail"), scope=below(key), path={"project": key.id}
    )


@fan_out(target="ClientKey", uses=(catalogue.KEYS,))
async def project_keys(key: ProjectKey, lookup: Lookup) -> list[Any]:
    """The client keys of a project."""
    page = await pages(catalogue.KEYS, below(key), lookup, wanted=WHOLE, path={"project": key.id})
    return page.rows


@fan_out(target="ClientKey", uses=(catalogue.KEY,), is_shared=True)
async def client_key(key: ClientKeyKey, lookup: Lookup) -> Any:
    """One client key; None when there is no such key."""
    path = {"project": key.project.id, "key": key.id}
    try:
        return await lookup.client.one(
            catalogue.KEY, lookup.ticket, lookup.shape("list"), scope=below(key.project), path=path
        )
    except NotFound:
        return None


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def project_members(key: ProjectKey, lookup: Lookup) -> list[Any]:
    """The members of a project's teams, whom Sentry gives all at once."""
    page = await lookup.client.page(
        catalogue.MEMBERS,
        lookup.ticket,
        lookup.shape("list"),
        scope=Scope(key.organization),
        path={"project": key.id},
    )
    return page.rows


@fan_out(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,), is_shared=True)
async def project_environments(key: ProjectKey, lookup: Lookup) -> list[Any]:
    """The environments of a project; options are `visible`, `hidden` or `all`."""
    page = await lookup.client.page(
        catalogue.ENVIRONMENTS,
        lookup.ticket,
        lookup.shape("list"),
        scope=below(key),
        path={"project": key.id},
        query=(("visibility", lookup.options),),
    )
    return page.rows


@bulk(target="ProjectEnvironment", uses=(catalogue.ENVIRONMENTS,))
async def environments_by_name(
    keys: Sequence[ProjectEnvironmentKey], lookup: Lookup
) -> Mapping[ProjectEnvironmentKey, Any]:
    """Environments by project and name: one call per project."""
    lists = await each(
        list(dict.fromkeys(key.project for key in keys)),
        lambda project: lookup.load(project_environments, project, "all"),
    )
    found: dict[ProjectEnvironmentKey, Any] = {}
    for key in keys:
        rows = lists[key.project]
        failed = isinstance(rows, Exception)
        found[key] = rows if failed else next((row for row in records(rows) if row.name == key.name), None)
    return found


def named_environments(key: ProjectKey, names: Sequence[str], lookup: Lookup) -> list[Record]:
    """Visible environments of which a list of projects told the names: records that cost no call."""
    members = (Member("isHidden", "isHidden", bool | None), Member("name", "name", str))
    cls: Any = lookup.client.records.record_class(Shape("ProjectEnvironment", "named", members))
    return [cls(name=name, isHidden=False, scope=below(key)) for name in names]


def needs_detail(lookup: Lookup) -> bool:
    """True when something will be read of projects that lists do not have."""
    return not lookup.reads("detail") <= lookup.reads("list")


def below(key: ProjectKey) -> Scope:
    """Scope of what hangs below a project; it names the project by its id, which never changes."""
    return Scope(key.organization, project=key.id)


async def _listed(organization: OrganizationRef, word: str, values: Sequence[str], lookup: Lookup) -> list[Any]:
    query = (("query", " ".join(f"{word}:{value}" for value in values)),)
    member = Member(word, word, str if word == "slug" else int | str)
    shape = lookup.merged(lookup.shape("list"), Shape("Project", "list", (member,)))
    page = await lookup.client.page(catalogue.LIST, lookup.ticket, shape, scope=Scope(organization), query=query)
    return [row for row in records(page.rows) if isinstance(getattr(row, word), (int, str))]


async def _detail(organization: OrganizationRef, name: str, lookup: Lookup) -> Any:
    try:
        return await lookup.client.one(
            catalogue.DETAIL, lookup.ticket, lookup.shape("detail"), scope=Scope(organization), path={"project": name}
        )
    except NotFound:
        return None


async def _followed(key: ProjectName, lookup: Lookup) -> Any:
    """The detail of a project, under its new slug when it was renamed once."""
    try:
        return await _detail(key.organization, key.name, lookup)
    except Moved as moved:
        return await _detail(key.organization, moved.slug, lookup)
