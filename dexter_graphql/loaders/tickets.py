"""Loaders and writes of tickets in trackers: their forms, and the links of issues to them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.errors import UnknownReference
from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.integrations import InstallationKey
from dexter_graphql.loaders.issues.external_issues import INTEGRATION, INTEGRATION_PREFIX
from dexter_graphql.loaders.issues.keys import ExternalIssueKey, IssueKey, issue_parents
from dexter_graphql.loaders.lists import ALL_ROWS, fetch_list
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.references import Reference, resolve_references
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.catalogue import projects
from dexter_graphql.sentry.catalogue import tickets as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse, MissingRoute, NotFound
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

INTEGRATION_ID = Projection("Integration", "list", (Field("id", "id", int | str, is_required=True),))
ISSUE_LINKS: QueryParameters = (("filter", "issue-link"),)
"""The components of apps that link issues."""


class FormOptions(NamedTuple):
    """Which form is read; `organization_id` is that of a global ID, and `given` the text of the client."""

    organization_id: str | None
    integration: str
    given: str
    action: str


class ChoiceOptions(NamedTuple):
    """For which field of an app's form choices are read."""

    uri: str
    project: Reference | None
    text: str | None
    dependent_data: str | None


class _Linked(msgspec.Struct):
    id: int | str


@fan_out(target="ExternalIssueForm", uses=(catalogue.FORM,))
async def external_issue_forms(key: IssueKey, load_context: LoadContext) -> Any:
    """The form of an integration for a ticket of an issue; options are FormOptions.

    Raises UnknownReference for an integration that the organization does not have.
    """
    options: FormOptions = load_context.options
    form = None
    if options.organization_id in {None, key.organization.id}:
        path = {"issue": key.id, "integration": options.integration}
        query = (("action", options.action),)
        form = await load_context.get_or_none(catalogue.FORM, issue_parents(key), path=path, query=query)
    if form is None:
        slug = key.organization.slug
        message = f"Integration '{options.given[:100]}' does not exist in organization '{slug}'"
        raise UnknownReference(message, ("integration", "sentryId" if options.organization_id is None else "id"))
    return form


@fan_out(target="AppComponent", uses=(catalogue.APP_COMPONENTS,))
async def app_component_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the forms with which installed apps link issues; options are ListOptions."""
    return await fetch_list(catalogue.APP_COMPONENTS, parents, load_context, query=ISSUE_LINKS)


@fan_out(target="AppFormOptions", uses=(catalogue.APP_OPTIONS, projects.LIST))
async def app_form_options(key: InstallationKey, load_context: LoadContext) -> Any:
    """Choices of a field in the form of an app, which the app itself gives; options are ChoiceOptions."""
    options: ChoiceOptions = load_context.options
    project_id = None
    if options.project is not None:
        entities = await resolve_references([options.project], key.organization, load_context)
        project_id = entities[options.project].id
    values = {
        "uri": options.uri,
        "projectId": project_id,
        "query": options.text,
        "dependentData": options.dependent_data,
    }
    return await load_context.get(
        catalogue.APP_OPTIONS,
        Parents(key.organization),
        path={"installation": key.uuid},
        query=tuple((name, value) for name, value in values.items() if value is not None),
    )


async def create_ticket(
    issue: IssueKey, integration: str, body: Mapping[str, Any], load_context: LoadContext
) -> ExternalIssueKey:
    """Create a ticket in the tracker of an integration and link the issue to it."""
    return await _write_link(catalogue.CREATE, issue, integration, body, load_context)


async def link_ticket(
    issue: IssueKey, integration: str, body: Mapping[str, Any], load_context: LoadContext
) -> ExternalIssueKey:
    """Link the issue to a ticket that the tracker of an integration has."""
    return await _write_link(catalogue.LINK, issue, integration, body, load_context)


async def unlink_ticket(key: ExternalIssueKey, load_context: LoadContext) -> None:
    """Remove the link of an issue to a ticket, which stays in its tracker; raises NotFound when there is none."""
    parents, path = issue_parents(key.issue), {"issue": key.issue.id}
    if key.id.startswith(INTEGRATION_PREFIX):
        path["integration"] = await _integration_of(key, load_context)
        link_id = key.id.removeprefix(INTEGRATION_PREFIX)
        await load_context.send(catalogue.UNLINK, parents, path=path, query=(("externalIssue", link_id),))
    else:
        try:
            await load_context.send(catalogue.UNLINK_APP, parents, path={**path, "external_issue": key.id})
        except MissingRoute as error:
            # Sentry answers without a body for the link of another issue.
            raise NotFound("The issue has no such link", title=error.title, status=error.status) from None
    load_context.loaders.clear()


async def set_app_link(
    issue: IssueKey, installation: str, body: Mapping[str, Any], load_context: LoadContext
) -> ExternalIssueKey:
    """Link an issue to a ticket as an app, or change the app's link of the issue."""
    members = {"issueId": int(issue.id), **body}
    reply = await load_context.send(
        catalogue.SET_APP_LINK,
        Parents(issue.organization),
        path={"installation": installation},
        body=members,
        touches=(f"issue/{issue.id}",),
    )
    return _linked(issue, reply, "", catalogue.SET_APP_LINK, load_context)


async def delete_app_link(key: ExternalIssueKey, installation: str, load_context: LoadContext) -> None:
    """Remove the link of an app as that app."""
    await load_context.send(
        catalogue.DELETE_APP_LINK,
        Parents(key.issue.organization),
        path={"installation": installation, "external_issue": key.id},
        touches=(f"issue/{key.issue.id}",),
    )
    load_context.loaders.clear()


async def run_app_action(
    issue: IssueKey, installation: str, body: Mapping[str, Any], expected_url: str | None, load_context: LoadContext
) -> ExternalIssueKey:
    """Have an app create a ticket, or find one, and link the issue to it."""
    reply = await load_context.send(
        catalogue.APP_ACTION,
        Parents(issue.organization),
        path={"installation": installation},
        query=() if expected_url is None else (("expectedExternalIssueUrl", expected_url),),
        body={**body, "groupId": issue.id},
        touches=(f"issue/{issue.id}",),
    )
    return _linked(issue, reply, "", catalogue.APP_ACTION, load_context)


async def _write_link(
    endpoint: Endpoint, issue: IssueKey, integration: str, body: Mapping[str, Any], load_context: LoadContext
) -> ExternalIssueKey:
    path = {"issue": issue.id, "integration": integration}
    reply = await load_context.send(endpoint, issue_parents(issue), path=path, body=dict(body))
    return _linked(issue, reply, INTEGRATION_PREFIX, endpoint, load_context)


def _linked(
    issue: IssueKey, reply: Reply, prefix: str, endpoint: Endpoint, load_context: LoadContext
) -> ExternalIssueKey:
    """The key of the link in an answer; what was read before is read again."""
    load_context.loaders.clear()
    try:
        ticket = msgspec.json.decode(reply.body, type=_Linked)
    except UNREADABLE:
        raise BadResponse("Sentry's answer has no ID of the link", title=endpoint.title) from None
    return ExternalIssueKey(issue, f"{prefix}{ticket.id}")


async def _integration_of(key: ExternalIssueKey, load_context: LoadContext) -> str:
    """The ID of the integration that a link belongs to."""
    projection = load_context.merge_projections(INTEGRATION, INTEGRATION_ID)
    page = await fetch_list(
        issue_catalogue.INTEGRATIONS,
        issue_parents(key.issue),
        load_context,
        options=ALL_ROWS,
        path={"issue": key.issue.id},
        projection=projection,
    )
    link_id = key.id.removeprefix(INTEGRATION_PREFIX)
    for integration in only_records(page.rows):
        links = integration.externalIssues
        if isinstance(links, list) and any(str(msgspec.json.decode(link.id)) == link_id for link in links):
            return str(integration.id)
    raise NotFound("The issue has no such link", title=catalogue.UNLINK.title, status=None)
