"""Routes of issue views, which belong to the user of the token."""

from collections.abc import Callable
from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_bad_request, raise_validation_error
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.world.model import IssueView, User

_SCOPES = any_scope("member:read", "member:write", "org:read", "org:write", "org:admin")
_PATH: Final = "/organizations/{organization}/group-search-views/"
_REQUIRED: Final = ("name", "query", "projects", "environments", "timeFilters")
_QUERY_SORTS: Final = frozenset({"date", "new", "trends", "freq", "user", "inbox", "recommended"})


def list_views(request: Request) -> Response:
    """List the user's views, or those that others share: starred ones first, then in the order of `sort`."""
    user, created_by = _get_user(request), request.param("createdBy") or "me"
    if created_by not in {"me", "others"}:
        raise_validation_error({"createdBy": [f'"{created_by}" is not a valid choice.']})
    text = (request.param("query") or "").lower()
    views = [
        view
        for view in request.organization.issue_views
        if (view.created_by is user if created_by == "me" else view.is_shared and view.created_by is not user)
        and (text in view.name.lower() or text in view.query.lower())
    ]
    for sort in reversed(request.param_list("sort")):
        _sort(views, sort, user)
    views.sort(key=lambda view: user.id not in view.starred_by)
    return paginate(request, views, lambda view: _serialize(view, user))


def create_view(request: Request) -> Response:
    """Create a view."""
    user, now = _get_user(request), request.world.now()
    body: dict[str, Any] = request.json_object()
    _check(request, body)
    sort = str(body.get("querySort") or "date")
    view = IssueView(
        request.world.new_id(), str(body["name"]), str(body["query"]), sort, list(body["projects"]),
        list(body["environments"]), dict(body["timeFilters"]), user, now, now,
    )  # fmt: skip
    if body.get("starred"):
        view.starred_by.add(user.id)
    request.organization.issue_views.append(view)
    return Response(_serialize(view, user), 201)


def _get_user(request: Request) -> User:
    return request.user or raise_bad_request("A user is required.")


def _sort(views: list[IssueView], sort: str, user: User) -> None:
    name = sort.removeprefix("-")
    keys: dict[str, Callable[[IssueView], str | float]] = {
        "name": lambda view: view.name,
        "created": lambda view: view.date_created.timestamp(),
        "popularity": lambda view: len(view.starred_by),
        "visited": lambda view: view.visited_at[user.id].timestamp() if user.id in view.visited_at else 0.0,
    }
    if name not in keys:
        raise_validation_error({"sort": [f'"{sort}" is not a valid choice.']})
    views.sort(key=keys[name], reverse=name != sort)


def _check(request: Request, body: dict[str, Any]) -> None:
    missing = [name for name in _REQUIRED if body.get(name) is None]
    if missing:
        raise_validation_error({name: ["This field is required."] for name in missing})
    if not str(body["name"]).strip():
        raise_validation_error({"name": ["This field may not be blank."]})
    if not body["timeFilters"]:
        raise_validation_error({"timeFilters": ["This field may not be empty."]})
    if (body.get("querySort") or "date") not in _QUERY_SORTS:
        raise_validation_error({"querySort": [f'"{body["querySort"]}" is not a valid choice.']})
    known = {int(project.id) for project in request.organization.projects} | {-1}
    if not known.issuperset(body["projects"]):
        raise_validation_error({"projects": ["One or more projects do not exist"]})


def _serialize(view: IssueView, user: User) -> dict[str, object]:
    return {
        "id": view.id,
        "name": view.name,
        "query": view.query,
        "querySort": view.query_sort,
        "projects": view.projects,
        "environments": view.environments,
        "timeFilters": view.time_filters,
        "lastVisited": view.visited_at.get(user.id),
        "dateCreated": view.date_created,
        "dateUpdated": view.date_updated,
        "createdBy": serialize_user(view.created_by),
        "starred": user.id in view.starred_by,
        "stars": len(view.starred_by),
    }


ROUTES = (Route("GET", _PATH, list_views, _SCOPES), Route("POST", _PATH, create_view, _SCOPES))
