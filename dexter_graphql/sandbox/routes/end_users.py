"""Route of the end users that a project's events name."""

import hashlib
from typing import Any

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_bad_request
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.world.event_attributes import EndUser, make_end_user
from dexter_graphql.sandbox.world.model import Project

_READ = any_scope("project:admin", "project:read", "project:write")
_KEYS = {"id": "id", "email": "email", "username": "username", "ip": "ip_address"}


def list_end_users(request: Request) -> Response:
    """List the end users of a project's events, filtered by one `key:value` in `query`."""
    project, query = request.project, request.param("query")
    seen: dict[int, None] = {}
    for issue in request.organization.issues.values():
        if issue.project is project:
            seen |= dict.fromkeys(event.person for event in issue.events if event.person >= 0)
    rows = [make_end_user(number) for number in sorted(seen)]
    if query:
        key, _, value = query.partition(":")
        if key not in _KEYS:
            raise_bad_request("Invalid query")
        rows = [row for row in rows if getattr(row, _KEYS[key]) == value]
    return paginate(request, rows, lambda user: _serialize_end_user(user, project))


def _serialize_end_user(record: EndUser, project: Project) -> dict[str, Any]:
    digest = hashlib.md5(record.id.encode(), usedforsecurity=False).hexdigest()
    return {
        "id": f"{project.id}{record.id}",
        "tagValue": f"id:{record.id}",
        "identifier": record.id,
        "username": record.username,
        "email": record.email,
        "name": record.username.title(),
        "ipAddress": record.ip_address,
        "avatarUrl": f"https://avatars.example/{digest}",
        "hash": digest,
        "dateCreated": None,
    }


ROUTES = (Route("GET", "/projects/{organization}/{project}/users/", list_end_users, _READ),)
