"""Routes that change issues: one or many at once, deletion, and comments."""

from collections.abc import Sequence

from dexter_graphql.sandbox.http import (
    NO_PERMISSION,
    Answer,
    Call,
    Route,
    bad_request,
    invalid,
    not_found,
    paginate,
    refuse,
    scopes,
)
from dexter_graphql.sandbox.issue_editor import Editor, check_assignee, find_assignee
from dexter_graphql.sandbox.issue_selection import select, visible
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.serializers.issues import activity, updated_issue
from dexter_graphql.sandbox.status_updates import StatusChange, read_status
from dexter_graphql.sandbox.world.model import Activity, Assignee, Issue

WRITE = scopes("event:write", "event:admin")
ADMIN = scopes("event:admin")
MAX_BULK = 1000
_MARKS = ("hasSeen", "isBookmarked", "isSubscribed")


def _editor(call: Call) -> Editor:
    return Editor(call.world, call.organization, call.user)


def _update_one(call: Call) -> object:
    issue = call.issue
    fields = call.fields()
    if fields.get("discard"):
        return _discard(call, [issue], fields)
    _apply(call, [issue], fields)
    return updated_issue(call.world, call.organization, issue, call.user)


def _update_many(call: Call) -> object:
    fields = call.fields()
    issues = _chosen(call, may_update_all="status" in fields)
    if not issues:
        return Answer(None, 204)
    if fields.get("discard"):
        return _discard(call, issues, fields)
    if fields.get("merge"):
        return _merge(call, issues)
    applied = _apply(call, issues, fields)
    return _old_answer(issues[0]) if "project" in call.parameters else applied


def _old_answer(issue: Issue) -> dict[str, object]:
    """A project's bulk update always tells the same three members."""
    return {
        "status": issue.status,
        "statusDetails": issue.status_details,
        "isPublic": issue.share_id is not None,
    }


def _chosen(call: Call, *, may_update_all: bool) -> Sequence[Issue]:
    """The issues with the given ids, those out of reach silently left out; without ids those the search finds."""
    ids = call.texts("id")
    if any(not text.isdigit() for text in ids):
        bad_request("Group ids must be integers")
    if len(ids) > MAX_BULK:
        bad_request(f"You can update up to {MAX_BULK} issues at a time.")
    if ids:
        projects = {project.id for project in call.projects()}
        known = {issue.id: issue for issue in visible(call) if issue.project.id in projects}
        return [known[text] for text in dict.fromkeys(ids) if text in known]
    if not may_update_all:
        bad_request("id is required unless the status is changed.")
    return [row.issue for row in select(call).rows[:MAX_BULK]]


def _apply(call: Call, issues: Sequence[Issue], fields: dict[str, object]) -> dict[str, object]:
    """Check everything, then change everything; returns what a bulk answer tells."""
    projects = list(dict.fromkeys(issue.project for issue in issues))
    status = read_status(call.organization, projects, fields, call.world.now())
    assignee = _assignee(call, issues, fields)
    priority = _priority(fields)
    editor, applied = _editor(call), dict[str, object]()
    if status is not None:
        _set_status(editor, issues, status)
        applied |= status.applied
    if "assignedTo" in fields:
        for issue in issues:
            editor.assign(issue, assignee)
        applied["assignedTo"] = updated_issue(call.world, call.organization, issues[0], call.user)["assignedTo"]
    if priority is not None:
        for issue in issues:
            editor.set_priority(issue, priority)
        applied["priority"] = priority
    return applied | _apply_marks(editor, issues, fields)


def _apply_marks(editor: Editor, issues: Sequence[Issue], fields: dict[str, object]) -> dict[str, object]:
    applied: dict[str, object] = {}
    for name in (*_MARKS, "isPublic", "inbox"):
        if name not in fields:
            continue
        is_on = fields[name]
        if not isinstance(is_on, bool):
            invalid({name: ["Must be a valid boolean."]})
        applied[name] = is_on
        for issue in issues:
            if name == "isPublic":
                editor.share(issue, is_public=is_on)
            elif name == "inbox":
                editor.review(issue)
            else:
                editor.mark(issue, name, is_on=is_on)
    if applied.get("isPublic") and len(issues) == 1:
        applied["shareId"] = issues[0].share_id
    return applied


def _set_status(editor: Editor, issues: Sequence[Issue], change: StatusChange) -> None:
    for issue in issues:
        if change.status == "resolved":
            editor.resolve(issue, change.resolution)
        elif change.status == "ignored":
            editor.archive(issue, change.substatus or "", dict(change.details))
        else:
            editor.unresolve(issue, change.substatus or "ongoing")


def _assignee(call: Call, issues: Sequence[Issue], fields: dict[str, object]) -> Assignee | None:
    wanted = fields.get("assignedTo")
    if wanted in {None, ""}:
        return None
    assignee = find_assignee(call.organization, str(wanted))
    for issue in issues:
        check_assignee(call.organization, issue.project, assignee)
    return assignee


def _priority(fields: dict[str, object]) -> str | None:
    priority = fields.get("priority")
    if priority is None:
        return None
    if priority not in {"low", "medium", "high"}:
        invalid({"priority": [f'"{priority}" is not a valid choice.']})
    return str(priority)


def _discard(call: Call, issues: Sequence[Issue], fields: dict[str, object]) -> Answer:
    if len(fields) > 1:
        invalid({"discard": ["Other attributes cannot be updated when discarding"]})
    if not ADMIN & call.token.scopes:
        refuse(403, NO_PERMISSION)
    _remove(issues)
    return Answer(None, 204)


def _merge(call: Call, issues: Sequence[Issue]) -> object:
    if len(issues) < 2:  # noqa: PLR2004 - it takes two
        bad_request("At least two issues are needed for a merge.")
    if not all(issue.is_error for issue in issues):
        bad_request("Only error issues can be merged.")
    parent, children = _editor(call).merge(issues)
    return {"merge": {"parent": parent.id, "children": [child.id for child in children]}}


def _delete_one(call: Call) -> Answer:
    _remove([call.issue])
    return Answer(None, 202)


def _delete_many(call: Call) -> Answer:
    _remove(_chosen(call, may_update_all=True))
    return Answer(None, 204)


def _remove(issues: Sequence[Issue]) -> None:
    """Deletion is queued: the issue is out of sight at once and gone for good some day."""
    for issue in issues:
        issue.status, issue.substatus = "pending_deletion", None


def _list_comments(call: Call) -> Answer:
    return paginate(call, list(reversed(call.issue.comments)), activity)


def _create_comment(call: Call) -> Answer:
    issue = call.issue
    return Answer(activity(_editor(call).comment(issue, _text(call))), 201)


def _update_comment(call: Call) -> object:
    issue, text = call.issue, _text(call)
    line = _own_comment(call, issue)
    line.data["text"] = text
    _editor(call).announce_comment(issue, line, "updated")
    return activity(line)


def _delete_comment(call: Call) -> Answer:
    issue = call.issue
    line = _own_comment(call, issue)
    issue.activity.remove(line)
    _editor(call).announce_comment(issue, line, "deleted")
    return Answer(None, 204)


def _own_comment(call: Call, issue: Issue) -> Activity:
    """The comment of the path; only its author may touch it."""
    line = next((c for c in issue.comments if c.id == call.parameters["comment"]), None) or not_found()
    if line.user is not call.user:
        refuse(403, NO_PERMISSION)
    return line


def _text(call: Call) -> str:
    fields = call.fields()
    if "text" not in fields:
        invalid({"text": ["This field is required."]})
    text = fields["text"]
    if not isinstance(text, str) or not text.strip():
        invalid({"text": ["This field may not be blank."]})
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
