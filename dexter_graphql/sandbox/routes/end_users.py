"""End users of a project, as its events know them. Members of the organization are in `routes.members`."""

import hashlib
from typing import Any

from dexter_graphql.sandbox.http import Answer, Call, Route, bad_request, paginate, scopes
from dexter_graphql.sandbox.world.event_attributes import Person, person
from dexter_graphql.sandbox.world.model import Project

_READ = scopes("project:admin", "project:read", "project:write")
_KEYS = {"id": "id", "email": "email", "username": "username", "ip": "ip_address"}


def list_people(call: Call) -> Answer:
    """The end users that met an event of the project, narrowed by `query`: one `key:value`."""
    project, query = call.project, call.text("query")
    seen: dict[int, None] = {}
    for issue in call.organization.issues.values():
        if issue.project is project:
            seen |= dict.fromkeys(event.person for event in issue.events if event.person >= 0)
    rows = [person(number) for number in sorted(seen)]
    if query:
        key, _, value = query.partition(":")
        if key not in _KEYS:
            bad_request("Invalid query")
        rows = [one for one in rows if getattr(one, _KEYS[key]) == value]
    return paginate(call, rows, lambda one: _body(one, project))


def _body(record: Person, project: Project) -> dict[str, Any]:
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


ROUTES = (Route("GET", "/projects/{organization}/{project}/users/", list_people, _READ),)
