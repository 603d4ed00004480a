"""References to entities by the names that clients know, checked against lists that the cache keeps."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.errors import BadUserInput, UnknownReference, as_value
from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.sentry.catalogue import environments, members, projects, releases, repositories, teams
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import ClientError, InvalidParameter, Unauthorized
from dexter_graphql.sentry.pagination import collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid, only_records

MAX_ROWS = 1000
"""Rows of a list in which names are looked up."""
MAX_PROJECTS = 20
"""Projects whose members are looked up for a restricted caller."""
MAX_SUGGESTIONS = 3
SIMILARITY = 0.5
"""The least similarity of a suggestion, from 0 to 1."""
SHOWN_CHARACTERS = 100
REFERENCE_ENDPOINTS = (
    projects.LIST,
    teams.LIST,
    members.LIST,
    environments.LIST,
    releases.DETAIL,
    releases.LIST,
    repositories.LIST,
)
"""What a loader may call whose options contain references."""


class Kind(StrEnum):
    """What a reference refers to, as messages call it."""

    PROJECT = "Project"
    TEAM = "Team"
    USER = "User"
    ENVIRONMENT = "Environment"
    RELEASE = "Release"
    REPOSITORY = "Repository"


class Reference(NamedTuple):
    """An entity by one of its names; `by` is `sentryId`, `slug`, `name`, `version`, `email` or `username`.

    `given` is the text of the client and `field` its path, for messages. `organization_id` is that of a global ID.
    """

    kind: Kind
    by: str
    value: str
    given: str
    field: tuple[str, ...] = ()
    organization_id: str | None = None


class NamedEntity(NamedTuple):
    """An entity that a reference refers to: its numeric ID, and the name that Sentry's searches take."""

    id: str
    name: str


class NameList(NamedTuple):
    """The entities of one kind, by the names that `Reference.by` says.

    It is incomplete when the list is too long, or has a row that cannot be read.
    """

    entities: Mapping[str, Mapping[str, NamedEntity]]
    is_complete: bool = True

    def find(self, reference: Reference) -> NamedEntity | None:
        """The entity with that name."""
        value = reference.value.lower() if reference.by == "email" else reference.value
        return self.entities[reference.by].get(value)


ReadNames = Callable[[Sequence[Reference], OrganizationRef, LoadContext], Coroutine[Any, Any, NameList]]

NATIVE: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.PROJECT: frozenset({"slug", "sentryId"}),
        Kind.TEAM: frozenset({"slug"}),
        Kind.USER: frozenset({"email", "username"}),
        Kind.ENVIRONMENT: frozenset({"name"}),
        Kind.RELEASE: frozenset({"version"}),
        Kind.REPOSITORY: frozenset({"name"}),
    }
)
"""The names that Sentry itself takes; they are sent unchecked when the list cannot be read completely."""


async def resolve_references(
    references: Sequence[Reference], organization: OrganizationRef, load_context: LoadContext
) -> dict[Reference, NamedEntity]:
    """The entities of references in an organization; raises BadUserInput, which names the first that does not exist.

    The lists are read through the cache: while it is warm, the check costs no call. A list that the token may not read
    checks nothing.
    """
    check_organizations(references, organization)
    entities = await find_references(references, organization, load_context)
    for entity in entities.values():
        if isinstance(entity, BadUserInput):
            raise entity
    return {reference: entity for reference, entity in entities.items() if isinstance(entity, NamedEntity)}


async def find_references(
    references: Sequence[Reference], organization: OrganizationRef, load_context: LoadContext
) -> dict[Reference, NamedEntity | BadUserInput]:
    """The entities of references in an organization, and the error for each that does not exist."""
    by_kind = {
        kind: [reference for reference in references if reference.kind is kind]
        for kind in dict.fromkeys(reference.kind for reference in references)
    }
    lists = await each(list(by_kind), lambda kind: LISTS[kind](by_kind[kind], organization, load_context))
    return {reference: _entity_or_error(reference, lists[reference.kind], organization) for reference in references}


async def resolve_in_each(
    references: Sequence[Reference], organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, dict[Reference, NamedEntity]]:
    """The entities of references in each of several organizations.

    Raises BadUserInput, which names the first reference that does not exist in any of them.
    """
    answers = {own: await find_references(references, own, load_context) for own in organizations}
    for reference in references:
        errors = [entity for entities in answers.values() if isinstance(entity := entities[reference], BadUserInput)]
        if len(errors) == len(answers):
            raise errors[0]
    return {
        own: {reference: entity for reference, entity in entities.items() if isinstance(entity, NamedEntity)}
        for own, entities in answers.items()
    }


def number_of(reference: Reference, entity: NamedEntity) -> str:
    """Sentry's ID of a user or a team; raises BadUserInput when the list that has it cannot be read."""
    if not entity.id.isdecimal():
        raise BadUserInput("The token may not list users or teams; give the numeric ID", reference.field)
    return entity.id


def is_native(reference: Reference) -> bool:
    """True when Sentry takes the reference as it is."""
    return reference.by in NATIVE[reference.kind]


def check_organizations(references: Iterable[Reference], organization: OrganizationRef) -> None:
    """Raise BadUserInput for the global ID of an object in another organization."""
    for reference in references:
        if reference.organization_id not in {None, organization.id}:
            message = f"{reference.kind} '{_shown(reference)}' does not belong to organization '{organization.slug}'"
            raise BadUserInput(message, reference.field)


def _entity_or_error(
    reference: Reference, names: NameList | Exception, organization: OrganizationRef
) -> NamedEntity | BadUserInput:
    try:
        check_organizations((reference,), organization)
        return _entity(reference, names, organization)
    except BadUserInput as error:
        return as_value(error)


def _entity(reference: Reference, names: NameList | Exception, organization: OrganizationRef) -> NamedEntity:
    if isinstance(names, Exception):
        if is_native(reference) and isinstance(names, ClientError) and not isinstance(names, Unauthorized):
            return NamedEntity(reference.value, reference.value)
        raise names
    entity = names.find(reference)
    if entity is not None:
        return entity
    if is_native(reference) and not names.is_complete:
        return NamedEntity(reference.value, reference.value)
    raise UnknownReference(
        f"{reference.kind} '{_shown(reference)}' does not exist in organization '{organization.slug}'"
        f" or is not visible to the token{did_you_mean(reference.value, names.entities[reference.by])}",
        reference.field,
    )


def _shown(reference: Reference) -> str:
    return reference.given[:SHOWN_CHARACTERS]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The most similar names as the end of a message; empty without any."""
    by_folded_name = {candidate.lower(): candidate for candidate in known}
    similar = get_close_matches(name.lower(), by_folded_name, n=MAX_SUGGESTIONS, cutoff=SIMILARITY)
    alternatives = [f"'{by_folded_name[candidate]}'" for candidate in similar]
    if not alternatives:
        return ""
    return f". Did you mean {', '.join(alternatives[:-1])}{' or ' * (len(alternatives) > 1)}{alternatives[-1]}?"


ID = Field("id", "id", int | str)
PROJECT = Projection("Project", "list", (ID, Field("slug", "slug", str)))
TEAM = Projection("Team", "list", (ID, Field("slug", "slug", str)))
ENVIRONMENT = Projection("Environment", "list", (ID, Field("name", "name", str)))
REPOSITORY = Projection("Repository", "list", (ID, Field("name", "name", str)))
USER = Projection("User", "embedded", (Field("email", "email", str), ID, Field("username", "username", str)))
MEMBER = Projection("Member", "list", (Field("user", "user", USER),))
RELEASE = Projection("Release", "list", (Field("version", "version", str),))


async def _projects(_given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    rows, is_complete = await _complete_list(projects.LIST, PROJECT, organization, context)
    return _by_names(rows, "slug", is_complete=is_complete)


async def _teams(_given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    rows, is_complete = await _complete_list(teams.LIST, TEAM, organization, context, (("detailed", "0"),))
    return _by_names(rows, "slug", is_complete=is_complete)


async def _users(_given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    rows, is_complete = await _members(organization, context)
    users = [getattr(row, "user", row) for row in rows]
    return _by_names([user for user in users if user is not None], "email", "username", is_complete=is_complete)


async def usernames_by_id(organization: OrganizationRef, context: LoadContext) -> Mapping[str, str]:
    """The usernames of the organization's members by the ID of the user, for writes that take no other name."""
    rows, _ = await _members(organization, context)
    users = only_records(getattr(row, "user", None) for row in rows)
    return {str(user.id): user.username for user in users if isinstance(user.username, str)}


async def _members(organization: OrganizationRef, context: LoadContext) -> tuple[list[Any], bool]:
    """The members of the organization, and whether there are no more.

    For a caller who may reach some projects only, the members of their teams: a call per project.
    """
    if context.call_context.projects is None:
        return await _complete_list(members.LIST, MEMBER, organization, context)
    reached, is_complete = await _complete_list(projects.LIST, PROJECT, organization, context)
    ids = [str(row.id) for row in only_records(reached)]
    answers = await each(
        ids[:MAX_PROJECTS],
        lambda number: context.get_rows(
            projects.MEMBERS, Parents(organization), path={"project": number}, projection=MEMBER
        ),
    )
    for answer in answers.values():
        if isinstance(answer, Exception):
            raise answer
    return [row for rows in answers.values() for row in rows], is_complete and len(ids) <= MAX_PROJECTS


async def _environments(_given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    rows = await context.get_rows(
        environments.LIST, Parents(organization), query=(("visibility", "all"),), projection=ENVIRONMENT
    )
    return _by_names(rows, "name")


async def _repositories(_given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    rows, is_complete = await _complete_list(repositories.LIST, REPOSITORY, organization, context)
    return _by_names(rows, "name", is_complete=is_complete)


async def _releases(given: Sequence[Reference], organization: OrganizationRef, context: LoadContext) -> NameList:
    """The releases with these versions: one call each, which the cache keeps, and the newest when one is missing."""

    async def read(version: str) -> Any:
        try:
            return await context.get_or_none(
                releases.DETAIL, Parents(organization), path={"release": version}, projection=RELEASE
            )
        except InvalidParameter:
            return None

    versions = list(dict.fromkeys(reference.value for reference in given))
    answers = await each(versions, read)
    for answer in answers.values():
        if isinstance(answer, Exception):
            raise answer
    known = [version for version in versions if answers[version] is not None]
    if len(known) < len(versions):
        newest = await context.get_rows(releases.LIST, Parents(organization), projection=RELEASE)
        known += [row.version for row in only_records(newest) if isinstance(row.version, str)]
    return NameList({"version": {version: NamedEntity(version, version) for version in known}})


LISTS: Mapping[Kind, ReadNames] = MappingProxyType(
    {
        Kind.PROJECT: _projects,
        Kind.TEAM: _teams,
        Kind.USER: _users,
        Kind.ENVIRONMENT: _environments,
        Kind.RELEASE: _releases,
        Kind.REPOSITORY: _repositories,
    }
)


async def _complete_list(
    endpoint: Endpoint,
    projection: Projection,
    organization: OrganizationRef,
    context: LoadContext,
    query: QueryParameters = (),
) -> tuple[list[Any], bool]:
    """The rows of a list, and whether it has no more."""
    rows = await collect(
        lambda size, cursor: context.get_page(
            endpoint, Parents(organization), size=size, cursor=cursor, query=query, projection=projection
        ),
        first=MAX_ROWS,
        after=None,
        cap=MAX_ROWS,
    )
    return rows.rows, not rows.has_next


def _by_names(rows: Sequence[Any], *names: str, is_complete: bool = True) -> NameList:
    """The rows by their ID and by each of these members; the first of them that a row has is its name."""
    entities: dict[str, dict[str, NamedEntity]] = {by: {} for by in ("sentryId", *names)}
    for row in only_records(rows):
        values = {by: getattr(row, by) for by in names if isinstance(getattr(row, by), str) and getattr(row, by)}
        if not values or not isinstance(row.id, (int, str)):
            continue
        entity = NamedEntity(str(row.id), next(iter(values.values())))
        entities["sentryId"][entity.id] = entity
        for by, value in values.items():
            entities[by][value.lower() if by == "email" else value] = entity
    return NameList(entities, is_complete and not any(first_invalid(row, "id", *names) for row in rows))
