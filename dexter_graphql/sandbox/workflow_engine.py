"""Helpers shared by the routes of detectors and workflows."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from dexter_graphql.sandbox.http import Request, raise_bad_request, raise_validation_error

_MAX_NAME: Final = 200


def require_selection(request: Request) -> None:
    """Raise a 400 for a bulk change without a filter, which would select everything."""
    if not any(request.param_list(name) for name in ("id", "query", "project")):
        raise_bad_request("At least one of 'id', 'query', 'project', or 'projectSlug' must be provided.")


def parse_ids(request: Request) -> set[str]:
    """The ids in the query, empty for all; 400 unless they are numbers."""
    ids = request.param_list("id")
    if any(not value.isdigit() for value in ids):
        raise_bad_request("Invalid ID format")
    return set(ids)


def sort_records(request: Request, rows: Iterable[Any], orders: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """The records sorted by `sortBy`, by id without it; 400 for an unknown key."""
    order = request.param("sortBy") or "id"
    key = orders.get(order.removeprefix("-"))
    if key is None:
        raise_bad_request(f"Invalid sortBy: {order}")
    return sorted(rows, key=key, reverse=order.startswith("-"))


def parse_name(fields: dict[str, Any]) -> str:
    """The name in a body; 400 when it is missing or too long."""
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        raise_validation_error({"name": ["This field is required."]})
    if len(name) > _MAX_NAME:
        raise_validation_error({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    return name


def parse_enabled(request: Request) -> bool:
    """The `enabled` flag in the body; 400 without it."""
    value = request.json_object().get("enabled")
    return value if isinstance(value, bool) else raise_validation_error({"enabled": ["This field is required."]})


def build_condition_group(request: Request, group: dict[str, Any]) -> dict[str, Any]:
    """A condition group with ids for itself, its conditions and its actions."""

    def numbered(parts: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
        return [{"id": request.world.new_id(), **part} for part in parts or ()]

    actions = [{"integrationId": None, "data": {}, "config": {}, "status": "active"} | part
               for part in numbered(group.get("actions"))]  # fmt: skip
    conditions = [{"conditionResult": True} | part for part in numbered(group.get("conditions"))]
    return {
        "id": group.get("id") or request.world.new_id(),
        "organizationId": request.organization.id,
        "logicType": group.get("logicType") or "any",
        "conditions": conditions,
        "actions": actions,
    }


def set_link(ids: list[str], other: str, *, is_linked: bool) -> None:
    """Add the other id to the list, or remove it."""
    if is_linked and other not in ids:
        ids.append(other)
    elif not is_linked and other in ids:
        ids.remove(other)
