"""Routes of events: of an issue, of a project, single ones, their attachments, and user feedback."""

import hashlib
from collections.abc import Sequence

from dexter_graphql.sandbox.http import Answer, Call, Deprecation, Route, invalid, not_found, paginate, scopes
from dexter_graphql.sandbox.issue_selection import events_between, make_search
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.serializers import events as bodies
from dexter_graphql.sandbox.serializers.issues import updated_issue
from dexter_graphql.sandbox.serializers.llm_text import formatted
from dexter_graphql.sandbox.serializers.source_maps import source_map_debug
from dexter_graphql.sandbox.time_ranges import time_range
from dexter_graphql.sandbox.world.event_attributes import replay_of
from dexter_graphql.sandbox.world.model import Attachment, Event, Feedback

_PROJECT_READ = scopes("project:read", "project:write", "project:admin")
_PROJECT_WRITE = scopes("project:write", "project:admin")
_EVENT_WRITE = scopes("event:write", "event:admin")


def _of_issue(call: Call) -> Answer:
    found = events_between(call.issue, time_range(call), call.environments())
    search = make_search(call, call.text("query") or "")
    matching = search.matching(found) if search.matches(call.issue) else []
    return _list(call, matching)


def _of_project(call: Call) -> Answer:
    """Error events of the project; those of other issues are not listed here."""
    project, span = call.project, time_range(call)
    issues = [i for i in call.organization.issues.values() if i.project is project and i.is_error]
    return _list(call, [event for issue in issues for event in events_between(issue, span, None)])


def _list(call: Call, events: Sequence[Event]) -> Answer:
    """Newest first, or in a fixed disorder with `sample`."""
    if call.flag("sample"):
        rows = sorted(events, key=lambda event: event.id)
    else:
        rows = sorted(events, key=lambda event: (event.at, event.id), reverse=True)
    return paginate(call, rows, bodies.whole if call.flag("full") else bodies.list_item)


def _one_of_issue(call: Call) -> object:
    issue, environments, wanted = call.issue, call.environments(), call.parameters["event_id"]
    events = [e for e in issue.events if environments is None or e.environment in environments]
    event = _named(events, wanted) or not_found()
    style = call.text("llmFormat")
    if style is None:
        return bodies.detail(event)
    if style not in {"markdown", "xml"}:
        invalid({"llmFormat": [f'"{style}" is not a valid choice.']})
    return bodies.detail(event) | {"formatted": formatted(event, style)}


def _named(events: Sequence[Event], wanted: str) -> Event | None:
    """`latest`, `oldest`, `recommended` (the newest with a replay, else the newest), or an id."""
    if not events:
        return None
    if wanted == "latest":
        return events[-1]
    if wanted == "oldest":
        return events[0]
    if wanted == "recommended":
        return max(events, key=lambda event: (replay_of(event) is not None, event.at))
    wanted = wanted.replace("-", "").lower()
    return next((event for event in events if event.id == wanted), None)


def _event(call: Call) -> Event:
    """The event of a path below a project."""
    event = call.organization.events.get(call.parameters["event_id"].replace("-", "").lower())
    return event if event is not None and event.issue.project is call.project else not_found()


def _one_of_project(call: Call) -> object:
    return bodies.detail(_event(call))


def _json(call: Call) -> object:
    return bodies.ingest(call.world, call.organization, _event(call))


def _source_map_debug(call: Call) -> object:
    return source_map_debug(_event(call))


def _attachment_body(event: Event, attachment: Attachment) -> dict[str, object]:
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


def _attachments(call: Call) -> Answer:
    event, wanted = _event(call), (call.text("query") or "").lower()
    found = [a for a in call.organization.attachments.get(event.id, []) if wanted in a.name.lower()]
    return paginate(call, found, lambda attachment: _attachment_body(event, attachment))


def _attachments_of_issue(call: Call) -> Answer:
    held = call.organization.attachments
    found = [(event, file) for event in reversed(call.issue.events) for file in held.get(event.id, [])]
    return paginate(call, found, lambda pair: _attachment_body(*pair))


def _attachment(call: Call) -> object:
    """The members of an attachment, or its bytes with `download`."""
    event = _event(call)
    found = call.organization.attachments.get(event.id, [])
    attachment = next((a for a in found if a.id == call.parameters["attachment_id"]), None) or not_found()
    if call.text("download") is None:
        return _attachment_body(event, attachment)
    headers = {
        "Content-Type": attachment.mimetype,
        "Content-Disposition": f'attachment; filename="{attachment.name}"',
    }
    return Answer(attachment.content, 200, headers)


def _delete_attachment(call: Call) -> Answer:
    held = call.organization.attachments.get(_event(call).id, [])
    attachment = next((a for a in held if a.id == call.parameters["attachment_id"]), None) or not_found()
    held.remove(attachment)
    return Answer(None, 204)


def _feedback_body(call: Call, report: Feedback) -> dict[str, object]:
    issue = updated_issue(call.world, call.organization, report.event.issue, call.user)
    return bodies.user_report(report) | {"issue": issue}


def _feedback(call: Call) -> Answer:
    project = call.project
    reports = [r for i in call.organization.issues.values() if i.project is project for r in i.feedback]
    reports.sort(key=lambda report: report.date_created, reverse=True)
    return paginate(call, reports, lambda report: _feedback_body(call, report))


def _feedback_of_issue(call: Call) -> Answer:
    return paginate(call, list(reversed(call.issue.feedback)), lambda report: _feedback_body(call, report))


def _create_feedback(call: Call) -> object:
    fields, project = call.fields(), call.project
    missing = [name for name in ("event_id", "name", "email", "comments") if not fields.get(name)]
    if missing:
        invalid({name: ["This field is required."] for name in missing})
    event = call.organization.events.get(str(fields["event_id"]).replace("-", "").lower())
    if event is None or event.issue.project is not project:
        invalid({"event_id": ["This event is not known."]})
    world = call.world
    report = Feedback(
        world.new_id(), event, str(fields["name"]), str(fields["email"]), str(fields["comments"]), world.now()
    )
    event.issue.feedback.append(report)
    return _feedback_body(call, report)


_PROJECT = "/projects/{organization}/{project}"
_EVENT = f"{_PROJECT}/events/{{event_id}}"

ROUTES = (
    Route("GET", f"{ISSUE}/events/", _of_issue, READ),
    Route("GET", f"{ISSUE}/events/{{event_id}}/", _one_of_issue, READ),
    Route("GET", f"{ISSUE}/attachments/", _attachments_of_issue, READ),
    Route("GET", f"{ISSUE}/user-reports/", _feedback_of_issue, READ),
    Route("GET", f"{_PROJECT}/events/", _of_project, _PROJECT_READ),
    Route("GET", f"{_EVENT}/", _one_of_project, _PROJECT_READ),
    Route("GET", f"{_EVENT}/json/", _json, READ),
    Route("GET", f"{_EVENT}/source-map-debug/", _source_map_debug, _PROJECT_READ),
    Route("GET", f"{_EVENT}/attachments/", _attachments, _PROJECT_READ),
    Route("GET", f"{_EVENT}/attachments/{{attachment_id}}/", _attachment, _PROJECT_READ),
    Route("DELETE", f"{_EVENT}/attachments/{{attachment_id}}/", _delete_attachment, _EVENT_WRITE),
    Route("GET", f"{_PROJECT}/user-feedback/", _feedback, _PROJECT_READ),
    Route("POST", f"{_PROJECT}/user-feedback/", _create_feedback, _PROJECT_WRITE, Deprecation("2024-12-01")),
)
