"""Routes that write issues: updates, merges, deletions and comments."""

from collections.abc import Sequence

from dexter_graphql.sandbox.http import (
    NO_PERMISSION,
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_bad_request,
    raise_http_error,
    raise_validation_error,
)
from dexter_graphql.sandbox.issue_editor import IssueEditor, check_assignee, find_assignee
from dexter_graphql.sandbox.issue_selection import list_visible_issues, select_issues
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.serializers.issue_details import serialize_activity
from dexter_graphql.sandbox.serializers.issues import serialize_issue, without_omitted
from dexter_graphql.sandbox.status_updates import StatusChange, parse_status_update
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.model import Activity, Assignee, Issue

WRITE = any_scope("event:write", "event:admin")
ADMIN = any_scope("event:admin")
MAX_BULK = 1000
_FLAGS = ("hasSeen", "isBookmarked", "isSubscribed")


def _make_editor(request: Request) -> IssueEditor:
    return IssueEditor(request.world, request.organization, request.user)


def _update_one(request: Request) -> object:
    issue, fields = request.issue, _supported_fields(request)
    if fields.get("discard"):
        return _discard(request, [issue], fields)
    _apply_changes(request, [issue], fields)
    return serialize_issue(request.world, request.organization, issue, request.user)


def _update_many(request: Request) -> object:
    fields = _supported_fields(request)
    issues = _select_targets(request, may_update_all="status" in fields)
    if not issues:
        return Response(None, 204)
    if fields.get("discard"):
        return _discard(request, issues, fields)
    if fields.get("merge"):
        return _merge(request, issues)
    applied = _apply_changes(request, issues, fields)
    return _serialize_legacy_answer(issues[0]) if "project" in request.path_params else applied


def _supported_fields(request: Request) -> dict[str, object]:
    """The body without the fields that the imitated release ignores."""
    fields = dict(request.json_object())
    if not request.has(Capability.ISSUE_PRIORITY):
        fields.pop("priority", None)
    if not request.has(Capability.ISSUE_SUBSTATUS):
        fields.pop("substatus", None)
        if fields.get("status") == "ignored" and not fields.get("statusDetails"):
            fields["substatus"] = "archived_forever"
    return fields


def _serialize_legacy_answer(issue: Issue) -> dict[str, object]:
    """The response of a project's bulk update, which always has the same three members."""
    return {
        "status": issue.status,
        "statusDetails": issue.status_details,
        "isPublic": issue.share_id is not None,
    }


def _select_targets(request: Request, *, may_update_all: bool) -> Sequence[Issue]:
    """The issues with the given ids, unknown ones omitted; without ids those that match the search."""
    ids = request.param_list("id")
    if any(not text.isdigit() for text in ids):
        raise_bad_request("Group ids must be integers")
    if len(ids) > MAX_BULK:
        raise_bad_request(f"You can update up to {MAX_BULK} issues at a time.")
    if ids:
        projects = {project.id for project in request.selected_projects()}
        known = {issue.id: issue for issue in list_visible_issues(request) if issue.project.id in projects}
        return [known[text] for text in dict.fromkeys(ids) if text in known]
    if not may_update_all:
        raise_bad_request("id is required unless the status is changed.")
    return [row.issue for row in select_issues(request).rows[:MAX_BULK]]


def _apply_changes(request: Request, issues: Sequence[Issue], fields: dict[str, object]) -> dict[str, object]:
    """Validate all changes, then apply them; returns the body of a bulk update."""
    projects = list(dict.fromkeys(issue.project for issue in issues))
    status = parse_status_update(request.organization, projects, fields, request.world.now())
    assignee = _parse_assignee(request, issues, fields)
    priority = _parse_priority(fields)
    editor, applied = _make_editor(request), dict[str, object]()
    if status is not None:
        _set_status(editor, issues, status)
        applied |= without_omitted(request.world, dict(status.applied))
    if "assignedTo" in fields:
        for issue in issues:
            editor.assign(issue, assignee)
        applied["assignedTo"] = serialize_issue(request.world, request.organization, issues[0], request.user)[
            "assignedTo"
        ]
    if priority is not None:
        for issue in issues:
            editor.set_priority(issue, priority)
        applied["priority"] = priority
    return applied | _apply_flags(editor, issues, fields)


def _apply_flags(editor: IssueEditor, issues: Sequence[Issue], fields: dict[str, object]) -> dict[str, object]:
    applied: dict[str, object] = {}
    for name in (*_FLAGS, "isPublic", "inbox"):
        if name not in fields:
            continue
        is_on = fields[name]
        if not isinstance(is_on, bool):
            raise_validation_error({name: ["Must be a valid boolean."]})
        applied[name] = is_on
        for issue in issues:
            if name == "isPublic":
                editor.set_public(issue, is_public=is_on)
            elif name == "inbox":
                editor.mark_reviewed(issue)
            else:
                editor.set_flag(issue, name, is_on=is_on)
    if applied.get("isPublic") and len(issues) == 1:
        applied["shareId"] = issues[0].share_id
    return applied


def _set_status(editor: IssueEditor, issues: Sequence[Issue], change: StatusChange) -> None:
    for issue in issues:
        if change.status == "resolved":
            editor.resolve(issue, change.resolution)
        elif change.status == "ignored":
            editor.archive(issue, change.substatus or "", dict(change.details))
        else:
            editor.unresolve(issue, change.substatus or "ongoing")


def _parse_assignee(request: Request, issues: Sequence[Issue], fields: dict[str, object]) -> Assignee | None:
    value = fields.get("assignedTo")
    if value in {None, ""}:
        return None
    assignee = find_assignee(request.organization, str(value))
    for issue in issues:
        check_assignee(request.organization, issue.project, assignee)
    return assignee


def _parse_priority(fields: dict[str, object]) -> str | None:
    priority = fields.get("priority")
    if priority is None:
        return None
    if priority not in {"low", "medium", "high"}:
        raise_validation_error({"priority": [f'"{priority}" is not a valid choice.']})
    return str(priority)


def _discard(request: Request, issues: Sequence[Issue], fields: dict[str, object]) -> Response:
    if len(fields) > 1:
        raise_validation_error({"discard": ["Other attributes cannot be updated when discarding"]})
    if not ADMIN & request.token.scopes:
        raise_http_error(403, NO_PERMISSION)
    _mark_deleted(issues)
    return Response(None, 204)


def _merge(request: Request, issues: Sequence[Issue]) -> object:
    if len(issues) < 2:  # noqa: PLR2004
        raise_bad_request("At least two issues are needed for a merge.")
    if not all(issue.is_error for issue in issues):
        raise_bad_request("Only error issues can be merged.")
    parent, children = _make_editor(request).merge(issues)
    return {"merge": {"parent": parent.id, "children": [child.id for child in children]}}


def _delete_one(request: Request) -> Response:
    _mark_deleted([request.issue])
    return Response(None, 202)


def _delete_many(request: Request) -> Response:
    _mark_deleted(_select_targets(request, may_update_all=True))
    return Response(None, 204)


def _mark_deleted(issues: Sequence[Issue]) -> None:
    """Queue the deletion: the issues are hidden at once and stay stored."""
    for issue in issues:
        issue.status, issue.substatus = "pending_deletion", None


def _list_comments(request: Request) -> Response:
    return paginate(request, list(reversed(request.issue.comments)), serialize_activity)


def _create_comment(request: Request) -> Response:
    issue = request.issue
    return Response(serialize_activity(_make_editor(request).add_comment(issue, _parse_text(request))), 201)


def _update_comment(request: Request) -> object:
    issue, text = request.issue, _parse_text(request)
    comment = _own_comment(request, issue)
    comment.data["text"] = text
    _make_editor(request).publish_comment(issue, comment, "updated")
    return serialize_activity(comment)


def _delete_comment(request: Request) -> Response:
    issue = request.issue
    comment = _own_comment(request, issue)
    issue.activity.remove(comment)
    _make_editor(request).publish_comment(issue, comment, "deleted")
    return Response(None, 204)


def _own_comment(request: Request, issue: Issue) -> Activity:
    """The comment in the path; 403 unless the user is its author."""
    comment = find_or_404(issue.comments, request.path_params["comment"])
    if comment.user is not request.user:
        raise_http_error(403, NO_PERMISSION)
    return comment


def _parse_text(request: Request) -> str:
    fields = request.json_object()
    if "text" not in fields:
        raise_validation_error({"text": ["This field is required."]})
    text = fields["text"]
    if not isinstance(text, str) or not text.strip():
        raise_validation_error({"text": ["This field may not be blank."]})
    return text


_MANY = "/organizations/{organization}/issues/"
_MANY_OF_PROJECT = "/projects/{organization}/{project}/issues/"

ROUTES = (
    Route("PUT", _MANY, _update_many, WRITE),
    Route("DELETE", _MANY, _delete_many, ADMIN),
    Route("PUT", _MANY_OF_PROJECT, _update_many, WRITE),
    Route("DELETE", _MANY_OF_PROJECT, _delete_many, ADMIN),
    Route("PUT", f"{ISSUE}/", _update_one, WRITE),
    Route("DELETE", f"{ISSUE}/", _delete_one, ADMIN),
    Route("GET", f"{ISSUE}/notes/", _list_comments, READ),
    Route("POST", f"{ISSUE}/notes/", _create_comment, WRITE),
    Route("PUT", f"{ISSUE}/notes/{{comment}}/", _update_comment, WRITE),
    Route("DELETE", f"{ISSUE}/notes/{{comment}}/", _delete_comment, WRITE),
)
