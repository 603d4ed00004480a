"""Routes of saved queries."""

from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404, raise_bad_request
from dexter_graphql.sandbox.http import raise_validation_error as raise_invalid
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.world.model import SavedQuery

_SCOPES = any_scope("org:read", "org:write", "org:admin")
_PATH: Final = "/organizations/{organization}/discover/saved/"
_DATASETS: Final = ("discover", "error-events", "transaction-like")
_SETTINGS: Final = (
    *("start", "end", "range", "fields", "orderby", "environment"),
    *("query", "yAxis", "display", "topEvents", "interval"),
)
_MAX_NAME: Final = 255
_MAX_TOP: Final = 10


def list_queries(request: Request) -> Response:
    """List the saved queries, by name unless `sortBy` says otherwise."""
    part = (request.param("query") or "").removeprefix("name:").strip('"').lower()
    rows = [query for query in request.organization.saved_queries if part in query.name.lower()]
    return paginate(request, _sort(request, rows), _serialize)


def get_query(request: Request) -> object:
    """Get a saved query."""
    return _serialize(_find(request))


def create_query(request: Request) -> Response:
    """Create a saved query."""
    body, now = request.json_object(), request.world.now()
    _check(body)
    query = SavedQuery(request.world.new_id(), "", "", [], request.user, now, now)
    _write(query, body)
    request.organization.saved_queries.append(query)
    return Response(_serialize(query), 201)


def update_query(request: Request) -> object:
    """Replace a saved query: what the body does not have is gone."""
    query, body = _find(request), request.json_object()
    _check(body)
    _write(query, body)
    query.date_updated = request.world.now()
    return _serialize(query)


def delete_query(request: Request) -> Response:
    """Delete a saved query."""
    request.organization.saved_queries.remove(_find(request))
    return Response(None, 204)


def _find(request: Request) -> SavedQuery:
    return find_or_404(request.organization.saved_queries, request.path_params["query"])


def _check(body: dict[str, Any]) -> None:
    name, dataset, top = body.get("name"), body.get("queryDataset", "error-events"), body.get("topEvents")
    if not isinstance(name, str) or not name.strip():
        raise_invalid({"name": ["This field is required."]})
    if len(name) > _MAX_NAME:
        raise_invalid({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    if dataset not in _DATASETS:
        raise_invalid({"queryDataset": [f'"{dataset}" is not a valid choice.']})
    if dataset == "discover":
        raise_invalid(
            {"queryDataset": ["Attribute value `discover` is deprecated. Use `error-events` or `transaction-like`"]}
        )
    if top is not None and not (isinstance(top, int) and 1 <= top <= _MAX_TOP):
        raise_invalid({"topEvents": ["Ensure this value is between 1 and 10."]})


def _write(query: SavedQuery, body: dict[str, Any]) -> None:
    query.name = str(body["name"])
    query.dataset = str(body.get("queryDataset", "error-events"))
    query.projects = [int(project) for project in body.get("projects") or ()]
    query.settings = {name: body[name] for name in _SETTINGS if body.get(name) is not None}


def _sort(request: Request, rows: list[SavedQuery]) -> list[SavedQuery]:
    sort = request.param("sortBy") or "name"
    keys = {"dateCreated": "date_created", "dateUpdated": "date_updated", "name": "name"}
    attribute = keys.get(sort.removeprefix("-"))
    if attribute is None and sort not in {"mostPopular", "recentlyViewed", "myqueries"}:
        raise_bad_request(f"Invalid sortBy: {sort}")
    is_descending = sort.startswith("-")
    return sorted(rows, key=lambda query: getattr(query, attribute or "name"), reverse=is_descending)


def _serialize(query: SavedQuery) -> dict[str, Any]:
    return {
        "id": query.id,
        "name": query.name,
        "projects": query.projects,
        "version": 2,
        "queryDataset": query.dataset,
        "datasetSource": "user",
        "expired": False,
        "dateCreated": query.date_created,
        "dateUpdated": query.date_updated,
        "createdBy": serialize_user(query.created_by) if query.created_by else None,
        **query.settings,
    }


ROUTES = (
    Route("GET", _PATH, list_queries, _SCOPES),
    Route("POST", _PATH, create_query, _SCOPES),
    Route("GET", _PATH + "{query}/", get_query, _SCOPES),
    Route("PUT", _PATH + "{query}/", update_query, _SCOPES),
    Route("DELETE", _PATH + "{query}/", delete_query, _SCOPES),
)
