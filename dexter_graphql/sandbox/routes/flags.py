"""Routes of the log of feature flags."""

from operator import attrgetter
from typing import Final

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404, raise_bad_request
from dexter_graphql.sandbox.pagination import take_page
from dexter_graphql.sandbox.time_ranges import parse_time_range
from dexter_graphql.sandbox.world.model import FlagChange

_READ = any_scope("org:read", "org:write", "org:admin")
_LOG: Final = "/organizations/{organization}/flags/logs/"
_SORTS: Final = ("created_at", "createdAt", "action", "created_by", "created_by_type", "flag", "provider")


def list_changes(request: Request) -> Response:
    """List the changes in the time range, filtered by flags and providers."""
    flags, providers = request.param_list("flag"), request.param_list("provider")
    time_range = parse_time_range(request)
    rows = [
        change
        for change in request.organization.flag_changes
        if time_range.contains(change.created_at.timestamp())
        and (not flags or change.flag in flags)
        and (not providers or change.provider in providers)
    ]
    page = take_page(request, _sort(request, rows))
    return Response({"data": [_serialize(change) for change in page.rows]}, 200, page.headers)


def get_change(request: Request) -> object:
    """Get one change."""
    return {"data": _serialize(find_or_404(request.organization.flag_changes, request.path_params["flag_change"]))}


def _sort(request: Request, rows: list[FlagChange]) -> list[FlagChange]:
    sort = request.param("sort")
    if sort is None:
        return rows
    name = sort.removeprefix("-")
    if name not in _SORTS:
        raise_bad_request(f"Invalid sort: {sort}")
    attribute = {"createdAt": "created_at", "created_by_type": "created_by"}.get(name, name)
    key = attrgetter(attribute)
    return sorted(rows, key=lambda change: (key(change) is not None, str(key(change))), reverse=sort.startswith("-"))


def _serialize(change: FlagChange) -> dict[str, object]:
    return {
        "id": int(change.id),
        "action": change.action,
        "createdAt": change.created_at,
        "createdBy": change.created_by,
        "createdByType": "email" if change.created_by else None,
        "flag": change.flag,
        "provider": change.provider,
        "tags": dict(change.tags),
    }


ROUTES = (
    Route("GET", _LOG, list_changes, _READ),
    Route("GET", _LOG + "{flag_change}/", get_change, _READ),
)
