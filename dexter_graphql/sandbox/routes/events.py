"""Routes of events, their attachments, and user feedback."""

import hashlib
from collections.abc import Sequence

from dexter_graphql.sandbox.http import (
    Deprecation,
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_not_found,
    raise_unknown_path,
    raise_validation_error,
)
from dexter_graphql.sandbox.issue_selection import filter_events, parse_issue_search
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_event_in_path
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.serializers import events as bodies
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from dexter_graphql.sandbox.serializers.llm_text import serialize_llm_text
from dexter_graphql.sandbox.serializers.source_maps import serialize_source_map_debug
from dexter_graphql.sandbox.time_ranges import parse_time_range
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.event_attributes import get_replay_id
from dexter_graphql.sandbox.world.model import Attachment, Event, Feedback

_PROJECT_READ = any_scope("project:read", "project:write", "project:admin")
_PROJECT_WRITE = any_scope("project:write", "project:admin")
_EVENT_WRITE = any_scope("event:write", "event:admin")


def _list_issue_events(request: Request) -> Response:
    events = filter_events(request.issue, parse_time_range(request), request.selected_environments())
    search = parse_issue_search(request, request.param("query") or "")
    matching = search.filter_events(events) if search.matches(request.issue) else []
    return paginate_events(request, matching)


def _list_project_events(request: Request) -> Response:
    """Error events only: Sentry omits the events of other issues here."""
    project, time_range = request.project, parse_time_range(request)
    issues = [i for i in request.organization.issues.values() if i.project is project and i.is_error]
    return paginate_events(request, [event for issue in issues for event in filter_events(issue, time_range, None)])


def paginate_events(request: Request, events: Sequence[Event]) -> Response:
    """Newest first, or in a fixed pseudo-random order with `sample`."""
    if request.bool_param("sample"):
        rows = sorted(events, key=lambda event: event.id)
    else:
        rows = sorted(events, key=lambda event: (event.at, event.id), reverse=True)
    return paginate(request, rows, bodies.serialize_event if request.bool_param("full") else bodies.serialize_list_item)


def _get_issue_event(request: Request) -> object:
    issue, environments, name = request.issue, request.selected_environments(), request.path_params["event_id"]
    events = [e for e in issue.events if environments is None or e.environment in environments]
    _check_event_name(request, name)
    event = _find_event(events, name) or raise_not_found()
    style = request.param("llmFormat") if request.has(Capability.LLM_FORMAT) else None
    if style is None:
        return bodies.serialize_event_detail(event)
    if style not in {"markdown", "xml"}:
        raise_validation_error({"llmFormat": [f'"{style}" is not a valid choice.']})
    return bodies.serialize_event_detail(event) | {"formatted": serialize_llm_text(event, style)}


def _check_event_name(request: Request, name: str) -> None:
    """Raise the 404 of an unknown path for names that the imitated release has no route for."""
    if name in {"latest", "oldest"}:
        return
    needed = Capability.RECOMMENDED_EVENT if name == "recommended" else Capability.ISSUE_EVENT_BY_ID
    if not request.has(needed):
        raise_unknown_path()


def _find_event(events: Sequence[Event], name: str) -> Event | None:
    """The event by id, or `latest`, `oldest` or `recommended`: the newest one with a replay, else the newest."""
    if not events:
        return None
    if name == "latest":
        return events[-1]
    if name == "oldest":
        return events[0]
    if name == "recommended":
        return max(events, key=lambda event: (get_replay_id(event) is not None, event.at))
    name = name.replace("-", "").lower()
    return next((event for event in events if event.id == name), None)


def _get_project_event(request: Request) -> object:
    return bodies.serialize_event_detail(get_event_in_path(request))


def _get_event_json(request: Request) -> object:
    return bodies.serialize_webhook_event(request.world, request.organization, get_event_in_path(request))


def _get_source_map_debug(request: Request) -> object:
    return serialize_source_map_debug(get_event_in_path(request))


def _serialize_attachment(event: Event, attachment: Attachment) -> dict[str, object]:
    return {
        "id": attachment.id,
        "event_id": event.id,
        "type": attachment.type,
        "name": attachment.name,
        "mimetype": attachment.mimetype,
        "dateCreated": attachment.date_created,
        "size": len(attachment.content),
        "headers": {"Content-Type": attachment.mimetype},
        "sha1": hashlib.sha1(attachment.content, usedforsecurity=False).hexdigest(),
    }


def _list_attachments(request: Request) -> Response:
    event, text = get_event_in_path(request), (request.param("query") or "").lower()
    attachments = [a for a in request.organization.attachments.get(event.id, []) if text in a.name.lower()]
    return paginate(request, attachments, lambda attachment: _serialize_attachment(event, attachment))


def _list_issue_attachments(request: Request) -> Response:
    attachments = request.organization.attachments
    rows = [(event, file) for event in reversed(request.issue.events) for file in attachments.get(event.id, [])]
    return paginate(request, rows, lambda pair: _serialize_attachment(*pair))


def _get_attachment(request: Request) -> object:
    """The attachment's fields, or its content with `download`."""
    event = get_event_in_path(request)
    attachments = request.organization.attachments.get(event.id, [])
    attachment = find_or_404(attachments, request.path_params["attachment_id"])
    if request.param("download") is None:
        return _serialize_attachment(event, attachment)
    headers = {
        "Content-Type": attachment.mimetype,
        "Content-Disposition": f'attachment; filename="{attachment.name}"',
    }
    return Response(attachment.content, 200, headers)


def _delete_attachment(request: Request) -> Response:
    attachments = request.organization.attachments.get(get_event_in_path(request).id, [])
    attachment = find_or_404(attachments, request.path_params["attachment_id"])
    attachments.remove(attachment)
    return Response(None, 204)


def _serialize_feedback(request: Request, report: Feedback) -> dict[str, object]:
    issue = serialize_issue(request.world, request.organization, report.event.issue, request.user)
    return bodies.serialize_user_report(report) | {"issue": issue}


def _list_feedback(request: Request) -> Response:
    project = request.project
    reports = [r for i in request.organization.issues.values() if i.project is project for r in i.feedback]
    reports.sort(key=lambda report: report.date_created, reverse=True)
    return paginate(request, reports, lambda report: _serialize_feedback(request, report))


def _list_issue_feedback(request: Request) -> Response:
    environments = request.selected_environments()
    reports = [
        report
        for report in reversed(request.issue.feedback)
        if environments is None or report.event.environment in environments
    ]
    return paginate(request, reports, lambda report: _serialize_feedback(request, report))


def _create_feedback(request: Request) -> object:
    fields, project = request.json_object(), request.project
    missing = [name for name in ("event_id", "name", "email", "comments") if not fields.get(name)]
    if missing:
        raise_validation_error({name: ["This field is required."] for name in missing})
    event = request.organization.events.get(str(fields["event_id"]).replace("-", "").lower())
    if event is None or event.issue.project is not project:
        raise_validation_error({"event_id": ["This event is not known."]})
    world = request.world
    report = Feedback(
        world.new_id(), event, str(fields["name"]), str(fields["email"]), str(fields["comments"]), world.now()
    )
    event.issue.feedback.append(report)
    return _serialize_feedback(request, report)


_PROJECT = "/projects/{organization}/{project}"
_EVENT = f"{_PROJECT}/events/{{event_id}}"

ROUTES = (
    Route("GET", f"{ISSUE}/events/", _list_issue_events, READ),
    Route("GET", f"{ISSUE}/events/{{event_id}}/", _get_issue_event, READ),
    Route("GET", f"{ISSUE}/attachments/", _list_issue_attachments, READ),
    Route("GET", f"{ISSUE}/user-reports/", _list_issue_feedback, READ),
    Route("GET", f"{_PROJECT}/events/", _list_project_events, _PROJECT_READ),
    Route("GET", f"{_EVENT}/", _get_project_event, _PROJECT_READ),
    Route("GET", f"{_EVENT}/json/", _get_event_json, READ),
    Route("GET", f"{_EVENT}/source-map-debug/", _get_source_map_debug, _PROJECT_READ),
    Route("GET", f"{_EVENT}/attachments/", _list_attachments, _PROJECT_READ),
    Route("GET", f"{_EVENT}/attachments/{{attachment_id}}/", _get_attachment, _PROJECT_READ),
    Route("DELETE", f"{_EVENT}/attachments/{{attachment_id}}/", _delete_attachment, _EVENT_WRITE),
    Route("GET", f"{_PROJECT}/user-feedback/", _list_feedback, _PROJECT_READ),
    Route("POST", f"{_PROJECT}/user-feedback/", _create_feedback, _PROJECT_WRITE, Deprecation("2024-12-01")),
)
