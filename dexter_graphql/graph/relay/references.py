"""References to entities: inputs that take the global ID or another name that people have for an entity."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, UnknownReference, within
from dexter_graphql.graph.relay.global_ids import decode_id, key_from_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import (
    Kind,
    Reference,
    check_organizations,
    did_you_mean,
    resolve_references,
    usernames_by_id,
)
from dexter_graphql.sentry.parents import OrganizationRef

MAX_VALUES = 100
ONE_NAME = "Exactly one field must be given."
GLOBAL_ID = "Global ID."
SENTRY_ID = "Numeric ID in Sentry's API."
SHOWN_CHARACTERS = 100
MIN_ID_LENGTH = 12
"""Characters of the shortest global ID."""


def member(description: str) -> Any:
    """A member of a reference."""
    return strawberry.field(default=strawberry.UNSET, description=description)


@strawberry.input(one_of=True, description=f"An organization. {ONE_NAME}")
class OrganizationReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    slug: str | None = member("Slug of the organization.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"A project. {ONE_NAME}")
class ProjectReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    slug: str | None = member("Slug of the project.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"A team. {ONE_NAME}")
class TeamReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    slug: str | None = member("Slug of the team, without `#`.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"A user, as a member of an organization. {ONE_NAME}")
class UserReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    email: str | None = member("Email address of the user.")
    username: str | None = member("User name of the account.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"An environment. {ONE_NAME}")
class EnvironmentReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    name: str | None = member("Name of the environment; empty for events without one.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"A release. {ONE_NAME}")
class ReleaseReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    version: str | None = member("Complete version, for example `shop@1.4.0`.")
    latest: bool | None = member("True for the newest release of each project.")


@strawberry.input(one_of=True, description=f"A source repository. {ONE_NAME}")
class RepositoryReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    name: str | None = member("Name of the repository in Sentry.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


EntityReference = (
    ProjectReference | TeamReference | UserReference | EnvironmentReference | ReleaseReference | RepositoryReference
)
WRITTEN_NAMES = frozenset({"slug", "name", "version", "username"})
"""Names that Sentry takes in the bodies of writes."""
LATEST = "latest"
"""How Sentry calls the newest release of each project."""
KINDS: Mapping[type, Kind] = MappingProxyType(
    {
        ProjectReference: Kind.PROJECT,
        TeamReference: Kind.TEAM,
        UserReference: Kind.USER,
        EnvironmentReference: Kind.ENVIRONMENT,
        ReleaseReference: Kind.RELEASE,
        RepositoryReference: Kind.REPOSITORY,
    }
)
GLOBAL_IDS: Mapping[Kind, Mapping[str, tuple[str, int]]] = MappingProxyType(
    {kind: {kind.value: ("sentryId", 2)} for kind in Kind}
    | {
        Kind.RELEASE: {"Release": ("version", 2)},
        Kind.ENVIRONMENT: {"OrganizationEnvironment": ("sentryId", 2), "ProjectEnvironment": ("name", 3)},
    }
)
"""Type of a global ID → the name in its last part, and the number of parts."""
GIVEN_NAMES: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("id", "slug", "email", "username", "name", "version", "uuid")}
    | {"short_id": "shortId", "sentry_id": "sentryId"}
)
"""Attribute of an input → name of the member."""


def reference_of(value: EntityReference, *field: str) -> Reference:
    """The reference in an input at this path; raises BadUserInput for a value of the wrong kind."""
    by, given = given_name(value, field)
    kind = KINDS[type(value)]
    if by != "id":
        return Reference(kind, by, given, given, (*field, by))
    with within(*field, "id"):
        given_type = decode_id(given).typename
        typename = given_type if given_type in GLOBAL_IDS[kind] else next(iter(GLOBAL_IDS[kind]))
        name, count = GLOBAL_IDS[kind][typename]
        organization_id, *_, key = key_from_id(given, typename, count)
    return Reference(kind, name, key, given, (*field, "id"), organization_id)


def release_of(value: ReleaseReference, *field: str) -> Reference | str:
    """The release in an input, or the word for the newest one."""
    if value.latest is None or value.latest is strawberry.UNSET:
        return reference_of(value, *field)
    if not value.latest:
        raise BadUserInput("'latest' can only be true", (*field, "latest"))
    return LATEST


def references_of(values: Sequence[EntityReference] | None, *field: str) -> list[Reference]:
    """The references in a list of inputs; raises BadUserInput for more than a URL should hold."""
    return [reference_of(value, *field, str(index)) for index, value in enumerate(bounded(values, *field))]


def bounded(values: Sequence[Any] | None, *field: str) -> Sequence[Any]:
    """The values of a list, none for null; raises BadUserInput for more than a URL should hold."""
    if values is not None and len(values) > MAX_VALUES:
        raise BadUserInput(f"'{field[-1]}' takes at most {MAX_VALUES} values", field)
    return values or ()


async def named_or_only_organization(
    value: OrganizationReference | None, load_context: LoadContext, *, of: str
) -> OrganizationRef:
    """The organization in the member `organization` of an input, or the only one that the token can see.

    `of` is the word for the object that it belongs to, for the message of the BadUserInput.
    """
    if value is not None:
        return await find_organization(value, load_context, "organization")
    visible = await load_context.organizations.all(load_context.call_context)
    if len(visible) != 1:
        message = f"The token can see several organizations: 'organization' must say which one the {of} belongs to"
        raise BadUserInput(message, ("organization",))
    return visible[0]


async def names_of(
    references: Sequence[Reference], organization: OrganizationRef, load_context: LoadContext
) -> list[str]:
    """The names of referenced objects as bodies of writes have them; those that are given are not looked up.

    The name of a user is the username. Raises BadUserInput for an object that does not exist.
    """
    check_organizations(references, organization)
    others = [reference for reference in references if reference.by not in WRITTEN_NAMES]
    entities = await resolve_references(others, organization, load_context) if others else {}
    has_users = any(reference.kind is Kind.USER for reference in others)
    usernames = await usernames_by_id(organization, load_context) if has_users else {}
    names = {reference: usernames.get(entity.id, entity.name) for reference, entity in entities.items()}
    return [names.get(reference, reference.value) for reference in references]


async def key_in_organization(
    value: str, typename: str, load_context: LoadContext, *field: str
) -> tuple[OrganizationRef, str]:
    """The organization and the key in the global ID of an object; raises BadUserInput when the token sees neither."""
    with within(*field, "id"):
        organization_id, key = key_from_id(value, typename, 2)
        organization = await load_context.organizations.find(load_context.call_context, organization_id)
        if organization is None:
            raise UnknownReference(f"The {typename.lower()} does not exist or is not visible to the token")
    return organization, key


async def find_organization(value: OrganizationReference, load_context: LoadContext, *field: str) -> OrganizationRef:
    """The organization that a reference names; raises BadUserInput when the token sees none of that name."""
    by, given = given_name(value, field)
    with within(*field, by):
        name = key_from_id(given, "Organization", 1)[0] if by == "id" else given
        organization = await load_context.organizations.find(load_context.call_context, name)
        if organization is None:
            known = await load_context.organizations.all(load_context.call_context)
            message = f"Organization '{given[:SHOWN_CHARACTERS]}' does not exist or is not visible to the token"
            raise UnknownReference(message + did_you_mean(name, [one.slug for one in known]))
    return organization


def given_name(value: Any, field: tuple[str, ...]) -> tuple[str, str]:
    """The member that is set, and its text; raises BadUserInput for a text that belongs into another member."""
    for attribute, by in GIVEN_NAMES.items():
        text = getattr(value, attribute, None)
        if text is None or text is strawberry.UNSET:
            continue
        _check_kind(by, str(text), (*field, by))
        return by, str(text)
    raise BadUserInput("A reference needs one of its fields", field)


def _check_kind(by: str, text: str, field: tuple[str, ...]) -> None:
    if by == "sentryId" and not text.isdecimal():
        raise BadUserInput(f"'{text[:SHOWN_CHARACTERS]}' is not a numeric ID of Sentry's API", field)
    if by == "slug" and text.isdecimal():
        raise BadUserInput(f"'{text[:SHOWN_CHARACTERS]}' is a numeric ID, not a slug. Use `sentryId`", field)
    if by not in {"id", "sentryId"}:
        check_not_global(text, field)


def check_not_global(text: str, field: tuple[str, ...]) -> None:
    """Raise BadUserInput for a global ID where a name of another kind is expected."""
    if len(text) < MIN_ID_LENGTH:
        return
    try:
        typename = decode_id(text).typename
    except BadUserInput:
        return
    raise BadUserInput(
        f"'{text[:SHOWN_CHARACTERS]}' is the global ID of type {typename}, not a {field[-1]}. Use `id`", field
    )
