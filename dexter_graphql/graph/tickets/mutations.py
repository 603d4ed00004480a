"""Mutations of links between issues and tickets."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.common.user_errors import mistakes_as_data, not_found_error
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.integrations.references import (
    INSTALLATION_REFERENCE_ENDPOINTS,
    INTEGRATION_REFERENCE_ENDPOINTS,
    AppInstallationReference,
    IntegrationReference,
    find_installation,
    find_integration,
)
from dexter_graphql.graph.issues.announcements import announce_update
from dexter_graphql.graph.issues.references import (
    ISSUE_REFERENCE_ENDPOINTS,
    ORGANIZATION,
    IssueReference,
    find_issue_anywhere,
)
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import OrganizationReference
from dexter_graphql.graph.tickets.payloads import (
    FIELD_PATHS,
    CreateExternalIssuePayload,
    DeleteAppExternalIssuePayload,
    ExecuteAppIssueActionPayload,
    LinkExternalIssuePayload,
    SetAppExternalIssuePayload,
    TicketResult,
    UnlinkExternalIssuePayload,
    refuse,
)
from dexter_graphql.graph.tickets.types import ExternalIssueAction
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import ExternalIssueKey, IssueKey
from dexter_graphql.loaders.tickets import (
    create_ticket,
    delete_app_link,
    link_ticket,
    run_app_action,
    set_app_link,
    unlink_ticket,
)
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.catalogue import tickets as catalogue

FORM_VALUES = "Other values of the form, by name."
LINK_ID = "Global ID of the external issue."


@strawberry.input(description="Common fields of the inputs that link an issue.")
class IssueLinkInput:
    """Base."""

    issue: IssueReference = strawberry.field(description="Issue to link.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)


@strawberry.input(description="Input of `createExternalIssue`.")
class CreateExternalIssueInput(IssueLinkInput):
    """Input."""

    integration: IntegrationReference = strawberry.field(description="Integration with the tracker.")
    title: str = strawberry.field(description="Title of the new ticket.")
    description: str | None = strawberry.field(default=None, description="Description of the new ticket.")
    values: JSON | None = strawberry.field(default=None, description=FORM_VALUES)


@strawberry.input(description="Input of `linkExternalIssue`.")
class LinkExternalIssueInput(IssueLinkInput):
    """Input."""

    integration: IntegrationReference = strawberry.field(description="Integration with the tracker.")
    key: str = strawberry.field(description="Key of the ticket in the tracker, for example `SHOP-41`.")
    values: JSON | None = strawberry.field(default=None, description=FORM_VALUES)


@strawberry.input(description="Input of `unlinkExternalIssue`.")
class UnlinkExternalIssueInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description=LINK_ID)


@strawberry.input(description="Input of `setAppExternalIssue`.")
class SetAppExternalIssueInput(IssueLinkInput):
    """Input."""

    app_installation: AppInstallationReference = strawberry.field(description="Installed app, whose token is needed.")
    project_name: str = strawberry.field(description="Name of the project in the tracker.")
    identifier: str = strawberry.field(description="Identifier of the ticket in that project.")
    web_url: str = strawberry.field(description="URL of the ticket.")


@strawberry.input(description="Input of `deleteAppExternalIssue`.")
class DeleteAppExternalIssueInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description=LINK_ID)
    app_installation: AppInstallationReference = strawberry.field(description="Installed app, whose token is needed.")


@strawberry.input(description="Input of `executeAppIssueAction`.")
class ExecuteAppIssueActionInput(IssueLinkInput):
    """Input."""

    app_installation: AppInstallationReference = strawberry.field(description="Installed app.")
    action: ExternalIssueAction = strawberry.field(description="Create a ticket or link one.")
    uri: str = strawberry.field(description="`AppIssueForm.uri` of the form.")
    values: JSON | None = strawberry.field(default=None, description="Values of the form, by name.")
    expected_url: str | None = strawberry.field(
        default=None,
        description="URL that a linked ticket must have. Another one, and another link of the app, is a conflict.",
    )


@strawberry.type
class TicketMutations:
    """Root fields."""

    @call(uses=(catalogue.CREATE, *ISSUE_REFERENCE_ENDPOINTS, *INTEGRATION_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def create_external_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateExternalIssueInput, strawberry.argument(description="Issue and the new ticket.")],
    ) -> CreateExternalIssuePayload | None:
        """Create a ticket in the tracker of an integration and link an issue to it. Not idempotent."""
        issue = await _issue_of(input, load_context)
        if issue is None:
            return refuse(input, [not_found_error("issue")])
        number = await find_integration(input.integration, issue.organization, load_context, "integration")
        body = form_values(input.values) | {"title": input.title}
        if input.description is not None:
            body["description"] = input.description
        link = await create_ticket(issue, number, body, load_context)
        return await _announced(TicketResult(issue, link), load_context)

    @call(uses=(catalogue.LINK, *ISSUE_REFERENCE_ENDPOINTS, *INTEGRATION_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def link_external_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[LinkExternalIssueInput, strawberry.argument(description="Issue and ticket.")],
    ) -> LinkExternalIssuePayload | None:
        """Link an issue to a ticket in the tracker of an integration."""
        issue = await _issue_of(input, load_context)
        if issue is None:
            return refuse(input, [not_found_error("issue")])
        number = await find_integration(input.integration, issue.organization, load_context, "integration")
        body = form_values(input.values) | {"externalIssue": input.key}
        link = await link_ticket(issue, number, body, load_context)
        return await _announced(TicketResult(issue, link), load_context)

    @call(uses=(catalogue.UNLINK, catalogue.UNLINK_APP, issue_catalogue.INTEGRATIONS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("id",))
    async def unlink_external_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UnlinkExternalIssueInput, strawberry.argument(description="Link to remove.")],
    ) -> UnlinkExternalIssuePayload | None:
        """Remove the link of an issue to a ticket. The ticket stays in its tracker."""
        key = await _link_of(input.id, load_context)
        if key is None:
            return refuse(input, [not_found_error("id")])
        await unlink_ticket(key, load_context)
        return await _announced(TicketResult(key.issue, deleted_id=input.id), load_context)

    @call(
        uses=(
            catalogue.SET_APP_LINK,
            *ISSUE_REFERENCE_ENDPOINTS,
            *INSTALLATION_REFERENCE_ENDPOINTS,
        )
    )
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def set_app_external_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetAppExternalIssueInput, strawberry.argument(description="Issue and ticket.")],
    ) -> SetAppExternalIssuePayload | None:
        """Link an issue to a ticket as an app, or change the app's link. Needs the token of the app."""
        issue = await _issue_of(input, load_context)
        if issue is None:
            return refuse(input, [not_found_error("issue")])
        uuid = await find_installation(input.app_installation, issue.organization, load_context, "appInstallation")
        body = {"webUrl": input.web_url, "project": input.project_name, "identifier": input.identifier}
        link = await set_app_link(issue, uuid, body, load_context)
        return await _announced(TicketResult(issue, link), load_context)

    @call(uses=(catalogue.DELETE_APP_LINK, *INSTALLATION_REFERENCE_ENDPOINTS))
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("id",))
    async def delete_app_external_issue(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteAppExternalIssueInput, strawberry.argument(description="Link to remove.")],
    ) -> DeleteAppExternalIssuePayload | None:
        """Remove the link of an app as that app. Needs the token of the app."""
        key = await _link_of(input.id, load_context)
        if key is None:
            return refuse(input, [not_found_error("id")])
        uuid = await find_installation(input.app_installation, key.issue.organization, load_context, "appInstallation")
        await delete_app_link(key, uuid, load_context)
        return await _announced(TicketResult(key.issue, deleted_id=input.id), load_context)

    @call(
        uses=(
            catalogue.APP_ACTION,
            *ISSUE_REFERENCE_ENDPOINTS,
            *INSTALLATION_REFERENCE_ENDPOINTS,
        )
    )
    @mistakes_as_data(refuse, FIELD_PATHS, absent=("issue",))
    async def execute_app_issue_action(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ExecuteAppIssueActionInput, strawberry.argument(description="Issue, app and form.")],
    ) -> ExecuteAppIssueActionPayload | None:
        """Have an installed app create a ticket, or link one. Not idempotent. Needs the token of a user."""
        issue = await _issue_of(input, load_context)
        if issue is None:
            return refuse(input, [not_found_error("issue")])
        uuid = await find_installation(input.app_installation, issue.organization, load_context, "appInstallation")
        body = form_values(input.values) | {"action": input.action.value, "uri": input.uri}
        link = await run_app_action(issue, uuid, body, input.expected_url, load_context)
        return await _announced(TicketResult(issue, link), load_context)


async def _announced(result: TicketResult, load_context: LoadContext) -> TicketResult:
    """The result, after the change of its issue was published."""
    if result.issue is not None:
        await announce_update(result.issue, load_context)
    return result


def form_values(values: Any) -> dict[str, Any]:
    """The values of a form; raises BadUserInput unless they are an object."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise BadUserInput("'values' must be an object", ("values",))
    return dict(values)


async def _issue_of(input: IssueLinkInput, load_context: LoadContext) -> IssueKey | None:
    return await find_issue_anywhere(input.issue, input.organization, load_context)


async def _link_of(value: str, load_context: LoadContext) -> ExternalIssueKey | None:
    """The key in the global ID of a link; None when the organization is not visible to the token."""
    with within("id"):
        organization_id, issue, link = key_from_id(value, "ExternalIssue", 3)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else ExternalIssueKey(IssueKey(organization, issue), link)
