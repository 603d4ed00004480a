"""References to issues."""

import re
from collections.abc import Sequence

import strawberry

from dexter_graphql.errors import BadUserInput, UnknownReference, within
from dexter_graphql.graph.relay.global_ids import encode_id, key_from_id
from dexter_graphql.graph.relay.references import (
    GLOBAL_ID,
    ONE_NAME,
    SENTRY_ID,
    OrganizationReference,
    bounded,
    check_not_global,
    given_name,
    member,
    named_or_only_organization,
)
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id, numeric_id
from dexter_graphql.loaders.issues.keys import IssueKey, ShortIdKey
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.parents import OrganizationRef

ISSUE_REFERENCE_ENDPOINTS = (organizations.LIST, organizations.DETAIL, organizations.SHORT_ID)
"""What looking up an issue by a reference may call."""
ORGANIZATION = (
    "Organization of the issue. Needed only when the issue is not given by its global ID and the token can see several"
    " organizations."
)
SHORT_ID = re.compile(r"[A-Z0-9_-]{1,100}-[0-9A-Z]{1,13}")


@strawberry.input(one_of=True, description=f"An issue. {ONE_NAME}")
class IssueReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    short_id: str | None = member("Short ID such as `WEB-9`.")
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


def issue_id(key: IssueKey) -> str:
    """The global ID of an issue."""
    return encode_id("Issue", key.organization.id, key.id)


def checked_short_id(value: str, *field: str) -> str:
    """A short ID in upper case; raises BadUserInput when its form is wrong."""
    short_id = value.strip().upper()
    if SHORT_ID.fullmatch(short_id):
        return short_id
    if value.isdecimal():
        message = f"'{value[:64]}' is a numeric ID, not a short ID (expected a form like WEB-9). Use `sentryId`"
        raise BadUserInput(message, field)
    check_not_global(value, field)
    raise BadUserInput(f"'{value[:64]}' is not a valid short ID (expected a form like WEB-9)", field)


async def issue_key_of(value: str, load_context: LoadContext) -> IssueKey | None:
    """The key in the global ID of an issue; None when the organization is not visible to the token."""
    organization_id, number = key_from_id(value, "Issue", 2)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else IssueKey(organization, number)


async def find_issue(
    value: IssueReference, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> IssueKey | None:
    """The issue of an organization that a reference names; None when there is none with that short ID."""
    by, given = given_name(value, field)
    if by == "shortId":
        short_id = checked_short_id(given, *field, by)
        return await numeric_id(ShortIdKey(organization, short_id), load_context)
    if by == "sentryId":
        return IssueKey(organization, given)
    with within(*field, by):
        organization_id, number = key_from_id(given, "Issue", 2)
        if organization_id != organization.id:
            raise BadUserInput(f"The issue does not belong to organization '{organization.slug}'")
    return IssueKey(organization, number)


async def find_issue_anywhere(
    value: IssueReference, organization: OrganizationReference | None, load_context: LoadContext
) -> IssueKey | None:
    """The issue that the members `issue` and `organization` of an input name; None when there is none.

    A global ID names its organization. Other names are those of the only organization that the token can see, unless
    one is given.
    """
    by, given = given_name(value, ("issue",))
    if by == "id" and organization is None:
        with within("issue", "id"):
            return await issue_key_of(given, load_context)
    own = await named_or_only_organization(organization, load_context, of="issue")
    return await find_issue(value, own, load_context, "issue")


async def issues_in_each(
    values: Sequence[IssueReference] | None, organizations: Sequence[OrganizationRef], load_context: LoadContext
) -> dict[OrganizationRef, frozenset[str] | None]:
    """The numeric IDs of the issues in `issues` that each organization has, None in each when nothing is given.

    Raises BadUserInput for an issue that is in none of them.
    """
    if values is None:
        return dict.fromkeys(organizations)
    keys = [
        await _find_in_any(value, organizations, load_context, "issues", str(index))
        for index, value in enumerate(bounded(values, "issues"))
    ]
    issues = await load_context.load_each(issues_by_id, [key for candidates in keys for key in candidates])
    for index, candidates in enumerate(keys):
        if all(issues[key] is None for key in candidates):
            by, name = given_name(values[index], ())
            message = f"Issue '{name[:100]}' does not exist or is not visible to the token"
            raise UnknownReference(message, ("issues", str(index), by))
    numbers = {organization: set[str]() for organization in organizations}
    for key, issue in issues.items():
        if issue is not None:
            numbers[key.organization].add(key.id)
    return {organization: frozenset(own) for organization, own in numbers.items()}


async def _find_in_any(
    value: IssueReference, organizations: Sequence[OrganizationRef], load_context: LoadContext, *field: str
) -> list[IssueKey]:
    """The issues that a reference may name, of each organization; raises BadUserInput when it fits none of them."""
    keys, errors = [], []
    for organization in organizations:
        try:
            keys.append(await find_issue(value, organization, load_context, *field))
        except BadUserInput as error:
            errors.append(error)
    if not keys:
        raise errors[0]
    return [key for key in keys if key is not None]
