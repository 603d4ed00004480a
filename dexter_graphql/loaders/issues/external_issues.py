"""Loaders of external issues: those that Sentry apps linked, and those of built-in integrations."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, Reads, bulk, call_per_chunk, each, fan_out
from dexter_graphql.loaders.issues.keys import ExternalIssueKey, IssueKey, issue_parents
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION, with_id_parameters
from dexter_graphql.loaders.lists import ALL_ROWS, by_organization, fetch_list, find_row, rows_by_key
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import InvalidValue, MissingRoute, NotFound
from dexter_graphql.sentry.lenient import NULL, complete_list, omitted_from
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records, without_invalid_rows

INTEGRATION_PREFIX = "integration-"
"""Begins the ID of a link of an integration, as Sentry numbers those of apps and of integrations separately."""


class _Provider(msgspec.Struct):
    key: msgspec.Raw = NULL


class _Link(msgspec.Struct, rename="camel"):
    id: msgspec.Raw = NULL
    display_name: msgspec.Raw = NULL
    url: msgspec.Raw = NULL


LISTED_MEMBERS = frozenset({"id", "displayName", "webUrl"})
"""Members that links in a list are expected to have."""
LINK_MEMBERS = ("integrationIssues", "sentryAppIssues")
WITH_LINKS: QueryParameters = (*COLLAPSE_ALL, *repeated("expand", LINK_MEMBERS))
LINKED_ISSUE = Projection(
    "Issue",
    "list",
    (Field("id", "id", int | str), *(Field(name, name, list[dict[str, msgspec.Raw]]) for name in LINK_MEMBERS)),
)
"""An issue with what is linked to it."""
INTEGRATION = Projection(
    "Integration",
    "list",
    (Field("externalIssues", "externalIssues", list[_Link]), Field("provider", "provider", _Provider)),
)
"""An integration with what it links to an issue."""


def _external_issues_cost(keys: int, reads: Reads) -> int:
    return call_per_chunk(keys, reads) if keys > 1 and reads("list") <= LISTED_MEMBERS else 2 * keys


def _every_link_cost(keys: int, reads: Reads) -> int:
    return call_per_chunk(keys, reads) + 2 * keys


@bulk(
    target="ExternalIssue",
    uses=(catalogue.LIST, catalogue.EXTERNAL_ISSUES, catalogue.INTEGRATIONS),
    is_shared=False,
    cost=_external_issues_cost,
    fallback_cost=_every_link_cost,
)
async def external_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """The external issues of each issue, those of apps first: two calls per issue.

    Of several issues, a list has those whose links have all that is selected: one call per 100 issues.
    """
    is_listed = len(keys) > 1 and load_context.reads("list") <= LISTED_MEMBERS
    listed = await _listed_links(keys, load_context) if is_listed else {}
    return listed | await each([key for key in keys if key not in listed], lambda key: _links(key, load_context))


async def _listed_links(keys: Sequence[IssueKey], load_context: LoadContext) -> dict[IssueKey, list[Any]]:
    """The links of the issues for which a list suffices. The form of the links in lists is not published."""

    async def answer(organization: OrganizationRef, own_keys: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        async def fetch(parameters: QueryParameters) -> list[Any]:
            query = (*parameters, *RETENTION, *WITH_LINKS)
            return await load_context.get_rows(
                catalogue.LIST, Parents(organization), query=query, projection=LINKED_ISSUE
            )

        rows = only_records(await with_id_parameters(own_keys, fetch, load_context))
        keyed = [(IssueKey(organization, str(row.id)), row) for row in rows]
        return {key: links for key, row in keyed if (links := _links_in(row, key, load_context)) is not None}

    links = await by_organization(keys, answer)
    return {key: value for key, value in links.items() if isinstance(value, list)}


def _links_in(row: Any, key: IssueKey, load_context: LoadContext) -> list[Any] | None:
    """The links of an issue in a list; None when they lack a selected member."""
    projection, apps, integrations = load_context.projection("list"), row.sentryAppIssues, row.integrationIssues
    if (
        not isinstance(apps, list)
        or not isinstance(integrations, list)
        or omitted_from(apps)
        or omitted_from(integrations)
    ):
        return None
    needed = {member.wire for member in projection.members}
    if any(needed - link.keys() for link in (*apps, *integrations)):
        return None
    links = [*apps, *({**link, "id": _link_id(link["id"])} for link in integrations)]
    body = msgspec.json.encode(links)
    return without_invalid_rows(load_context.client.records.decode_list(body, projection, (), issue_parents(key)))


async def _links(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """The external issues that are linked to an issue, those of apps first; when one list fails, those of the other."""
    results = (await each((_app_links, _integration_links), lambda fetch: fetch(key, load_context))).values()
    failures = [result for result in results if isinstance(result, Exception)]
    lists = [result for result in results if not isinstance(result, Exception)]
    if not lists:
        raise failures[0]
    omitted = [error for links in lists for error in omitted_from(links)]
    return complete_list([link for links in lists for link in links], [*failures, *omitted])


@fan_out(target="ExternalIssue", uses=(catalogue.EXTERNAL_ISSUES, catalogue.INTEGRATIONS), is_shared=True)
async def external_issues_by_id(key: ExternalIssueKey, load_context: LoadContext) -> Any:
    """A link, found among those of its issue, because Sentry has no endpoint for a single one."""
    if not key.id.startswith(INTEGRATION_PREFIX):
        path = {"issue": key.issue.id}
        return await find_row(
            catalogue.EXTERNAL_ISSUES, issue_parents(key.issue), load_context, path=path, row_id=key.id
        )
    try:
        links = await _integration_links(key.issue, load_context)
    except NotFound:
        return None
    return rows_by_key((key.id,), [*links, *omitted_from(links)], "id", str)[key.id]


def sentry_id_of(link_id: int | str) -> str:
    """The ID that Sentry gave to a link."""
    return str(link_id).removeprefix(INTEGRATION_PREFIX)


async def _app_links(key: IssueKey, load_context: LoadContext) -> list[Any]:
    rows = await load_context.get_rows(catalogue.EXTERNAL_ISSUES, issue_parents(key), path={"issue": key.id})
    return without_invalid_rows(rows)


async def _integration_links(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """The links of integrations; none where the host lacks the endpoint."""

    async def no_links() -> list[Any]:
        return []

    return await load_context.organizations.capabilities.prefer(
        catalogue.INTEGRATIONS.name,
        key.organization,
        preferred=lambda: _read_integration_links(key, load_context),
        fallback=no_links,
        is_refusal=lambda error: isinstance(error, MissingRoute),
    )


async def _read_integration_links(key: IssueKey, load_context: LoadContext) -> list[Any]:
    path, parents = {"issue": key.id}, issue_parents(key)
    page = await fetch_list(
        catalogue.INTEGRATIONS, parents, load_context, options=ALL_ROWS, path=path, projection=INTEGRATION
    )
    integrations = without_invalid_rows(page.rows)
    body = msgspec.json.encode([link for integration in integrations for link in _links_of(integration)])
    rows = load_context.client.records.decode_list(body, load_context.projection("list"), (), parents)
    links = without_invalid_rows(rows)
    invalid = [error for integration in integrations for error in _errors_of(integration)]
    return complete_list(links, [*omitted_from(integrations), *invalid, *omitted_from(links)])


def _links_of(integration: Any) -> list[dict[str, Any]]:
    """The links of an integration with the members that the links of apps have."""
    links, provider = integration.externalIssues, integration.provider
    if not isinstance(links, list):
        return []
    service_type = provider.key if isinstance(provider, _Provider) else NULL
    return [
        {"id": _link_id(link.id), "serviceType": service_type, "displayName": link.display_name, "webUrl": link.url}
        for link in links
    ]


def _errors_of(integration: Any) -> list[Exception]:
    """The errors of links that cannot be read."""
    links = integration.externalIssues
    return [links] if isinstance(links, InvalidValue) else list(omitted_from(links))


def _link_id(value: msgspec.Raw) -> Any:
    sentry_id = msgspec.json.decode(value)
    return f"{INTEGRATION_PREFIX}{sentry_id}" if type(sentry_id) in {int, str} else value
