"""Routes of tickets: links of issues to trackers of integrations and apps, and the forms for them."""

from dexter_graphql.sandbox.http import (
    HTTPError,
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_bad_request,
    raise_http_error,
    raise_not_found,
    raise_unknown_path,
    raise_validation_error,
)
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.serializers import integrations
from dexter_graphql.sandbox.serializers.issues import serialize_external_issue
from dexter_graphql.sandbox.world.model import ExternalIssue, Installation, Integration, Issue, Organization

_WRITE = any_scope("event:write", "event:admin")
_ADMIN = any_scope("event:admin")
_ORGANIZATION_READ = any_scope("org:admin", "org:integrations", "org:read", "org:write")
_TRACKER_FEATURES = frozenset({"issue-basic", "issue-sync"})


def _list_external_issues(request: Request) -> object:
    return [serialize_external_issue(ticket) for ticket in request.issue.external_issues if ticket.installation_uuid]


def _list_integrations(request: Request) -> Response:
    """The integrations that can link issues, each with its tickets of the issue."""
    organization = request.organization

    def render(record: Integration) -> object:
        tickets = [ticket for ticket in request.issue.external_issues if ticket.integration_id == record.id]
        return integrations.serialize_issue_integration(record, organization, tickets)

    return paginate(request, [record for record in organization.integrations if _is_tracker(record)], render)


def _is_tracker(record: Integration) -> bool:
    return not _TRACKER_FEATURES.isdisjoint(record.features)


def _tracker(request: Request) -> Integration:
    """The integration in the path; 400 for one without tickets."""
    record = find_or_404(request.organization.integrations, request.path_params["integration"])
    return record if _is_tracker(record) else raise_bad_request("This feature is not supported for this integration.")


def _get_form(request: Request) -> object:
    """The fields of the form for a new ticket, or for the link to one."""
    issue, tracker, action = request.issue, _tracker(request), request.param("action")
    body = integrations.serialize_tracker(tracker, request.organization)
    if action == "create":
        return body | {"createIssueConfig": _create_fields(issue)}
    if action == "link":
        field = {"name": "externalIssue", "label": "Issue", "default": "", "type": "string", "required": True}
        return body | {"linkIssueConfig": [field]}
    return raise_bad_request("Action is required and should be either link or create")


def _create_fields(issue: Issue) -> list[dict[str, object]]:
    projects = [["SHOP", "Shop"], ["OPS", "Operations"]]
    return [
        {"name": "title", "label": "Title", "default": issue.title, "type": "string", "required": True},
        {"name": "description", "label": "Description", "default": issue.culprit, "type": "textarea", "maxRows": 10},
        {"name": "project", "label": "Project", "type": "select", "choices": projects, "updatesForm": True},
    ]


def _create_ticket(request: Request) -> Response:
    title = _required(request, "title")
    key = f"{request.json_object().get('project') or 'SHOP'}-{len(title) + len(request.issue.external_issues)}"
    return _link(request, key)


def _link_ticket(request: Request) -> Response:
    return _link(request, _required(request, "externalIssue"))


def _link(request: Request, key: str) -> Response:
    issue, tracker = request.issue, _tracker(request)
    if any(t.integration_id == tracker.id and t.display_name == key for t in issue.external_issues):
        raise_validation_error({"non_field_errors": ["That issue is already linked"]})
    url = f"https://{tracker.domain_name}/browse/{key}"
    ticket_id = request.world.new_id()
    ticket = ExternalIssue(ticket_id, issue.id, tracker.provider_key, key, url, integration_id=tracker.id)
    issue.external_issues.append(ticket)
    request.world.record(issue, "create_issue", request.user, {"title": key, "provider": tracker.provider_name})
    body = {"id": int(ticket_id), "key": key, "url": url, "integrationId": int(tracker.id), "displayName": key}
    return Response(body, 201)


def _unlink_ticket(request: Request) -> Response:
    issue, tracker, link_id = request.issue, _tracker(request), request.param("externalIssue")
    if link_id is None or not link_id.isdecimal():
        raise_validation_error({"externalIssue": ["A valid integer is required."]})
    tickets = [t for t in issue.external_issues if t.integration_id == tracker.id]
    issue.external_issues.remove(find_or_404(tickets, link_id))
    return Response(None, 204)


def _unlink_app_ticket(request: Request) -> Response:
    """Remove the link of an app; a 404 without a body for another link."""
    issue, link_id = request.issue, request.path_params["external_issue"]
    ticket = next((t for t in issue.external_issues if t.installation_uuid and t.id == link_id), None)
    if ticket is None:
        raise_unknown_path()
    issue.external_issues.remove(ticket)
    return Response(None, 204)


def _list_components(request: Request) -> Response:
    """The forms of installed apps."""
    organization = request.organization

    def render(installation: Installation) -> object:
        return integrations.serialize_component(installation)

    return paginate(request, organization.installations, render)


def _get_options(request: Request) -> object:
    """Choices of a field, which contain the text of `query`."""
    _installation(request)
    if not request.param("uri"):
        raise_bad_request("uri is required")
    text = (request.param("query") or "").lower()
    choices = [["shop", "Shop"], ["ops", "Operations"]]
    return {"choices": [choice for choice in choices if text in choice[1].lower()], "defaultValue": "shop"}


def _execute_action(request: Request) -> Response:
    """Create or link a ticket as the app; 409 when a guarded link would replace another one."""
    if request.user is None:
        raise_http_error(401, "Authentication credentials were not provided.")
    organization, installation = _installation(request)
    action, group, _ = (_required(request, name) for name in ("action", "groupId", "uri"))
    if action not in {"create", "link"}:
        raise_validation_error({"action": [f'"{action}" is not a valid choice.']})
    issue = organization.find_issue(group) or raise_not_found()
    fields, expected = request.json_object(), request.param("expectedExternalIssueUrl")
    identifier = str(fields.get("identifier") or fields.get("title") or issue.number)
    url = f"https://tracker.example/{installation.app.slug}/{identifier}"
    if expected is not None and (expected != url or _link_of_app(issue, installation)):
        raise_http_error(409, "The app linked another issue.")
    ticket = _replace_link(request, issue, installation, (installation.app.slug, f"app#{identifier}", url))
    return Response(serialize_external_issue(ticket), 200 if expected is None else 201)


def _set_app_ticket(request: Request) -> object:
    """Create or change the link of the app to an issue."""
    organization, installation = _installation(request)
    fields = request.json_object()
    if not isinstance(fields.get("issueId"), int):
        raise_validation_error({"issueId": ["A valid integer is required."]})
    url, project, identifier = (_required(request, name) for name in ("webUrl", "project", "identifier"))
    issue = organization.find_issue(str(fields["issueId"])) or raise_not_found()
    values = (installation.app.slug, f"{project}#{identifier}", url)
    return serialize_external_issue(_replace_link(request, issue, installation, values))


def _delete_app_ticket(request: Request) -> Response:
    organization, installation = _installation(request)
    for issue in organization.issues.values():
        ticket = _link_of_app(issue, installation)
        if ticket is not None and ticket.id == request.path_params["external_issue"]:
            issue.external_issues.remove(ticket)
            return Response(None, 204)
    return raise_not_found()


def _replace_link(
    request: Request, issue: Issue, installation: Installation, values: tuple[str, str, str]
) -> ExternalIssue:
    """The only link of the app to the issue, with these values."""
    previous = _link_of_app(issue, installation)
    if previous is not None:
        issue.external_issues.remove(previous)
    link_id = request.world.new_id() if previous is None else previous.id
    ticket = ExternalIssue(link_id, issue.id, *values, installation_uuid=installation.uuid)
    issue.external_issues.append(ticket)
    return ticket


def _link_of_app(issue: Issue, installation: Installation) -> ExternalIssue | None:
    return next((t for t in issue.external_issues if t.installation_uuid == installation.uuid), None)


def _installation(request: Request) -> tuple[Organization, Installation]:
    """The installation in the path and its organization; 404 when the token does not see it."""
    for organization in request.world.organizations:
        for installation in organization.installations:
            if installation.uuid == request.path_params["uuid"] and organization.slug in request.token.organizations:
                return organization, installation
    return raise_not_found()


def _required(request: Request, name: str) -> str:
    value = request.json_object().get(name)
    if not isinstance(value, str) or not value.strip():
        raise HTTPError(400, {name: ["This field is required."]})
    return value


_INTEGRATION = f"{ISSUE}/integrations/{{integration}}/"
_INSTALLATION = "/sentry-app-installations/{uuid}/"

ROUTES = (
    Route("GET", f"{ISSUE}/external-issues/", _list_external_issues, READ),
    Route("DELETE", f"{ISSUE}/external-issues/{{external_issue}}/", _unlink_app_ticket, _ADMIN),
    Route("GET", f"{ISSUE}/integrations/", _list_integrations, READ),
    Route("GET", _INTEGRATION, _get_form, READ),
    Route("POST", _INTEGRATION, _create_ticket, _WRITE),
    Route("PUT", _INTEGRATION, _link_ticket, _WRITE),
    Route("DELETE", _INTEGRATION, _unlink_ticket, _ADMIN),
    Route("GET", "/organizations/{organization}/sentry-app-components/", _list_components, _ORGANIZATION_READ),
    Route("GET", _INSTALLATION + "external-requests/", _get_options, _ORGANIZATION_READ),
    Route("POST", _INSTALLATION + "external-issue-actions/", _execute_action, READ),
    Route("POST", _INSTALLATION + "external-issues/", _set_app_ticket, any_scope("event:write")),
    Route("DELETE", _INSTALLATION + "external-issues/{external_issue}/", _delete_app_ticket, _ADMIN),
)
