"""What detectors and workflows have in common: selections, sorting, names, groups of conditions, links."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from dexter_graphql.sandbox.http import Call, bad_request, invalid

_MAX_NAME: Final = 200


def must_choose(call: Call) -> None:
    """Refuse a change of many that names none: an empty selection would mean everything."""
    if not any(call.texts(name) for name in ("id", "query", "project")):
        bad_request("At least one of 'id', 'query', 'project', or 'projectSlug' must be provided.")


def chosen_ids(call: Call) -> set[str]:
    """The ids asked for, empty for all; 400 for one that is not a number."""
    ids = call.texts("id")
    if any(not value.isdigit() for value in ids):
        bad_request("Invalid ID format")
    return set(ids)


def arranged(call: Call, rows: Iterable[Any], orders: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """The rows in the order of `sortBy`, by id unless asked otherwise; 400 for an unknown order."""
    order = call.text("sortBy") or "id"
    key = orders.get(order.removeprefix("-"))
    if key is None:
        bad_request(f"Invalid sortBy: {order}")
    return sorted(rows, key=key, reverse=order.startswith("-"))


def checked_name(fields: dict[str, Any]) -> str:
    """The name of a body; 400 when it is missing or too long."""
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        invalid({"name": ["This field is required."]})
    if len(name) > _MAX_NAME:
        invalid({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    return name


def checked_enabled(call: Call) -> bool:
    """Whether the body switches on or off; 400 when it does neither."""
    value = call.fields().get("enabled")
    return value if isinstance(value, bool) else invalid({"enabled": ["This field is required."]})


def numbered_group(call: Call, group: dict[str, Any]) -> dict[str, Any]:
    """A group of conditions as answered: with ids for itself and all that is in it."""

    def numbered(parts: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
        return [{"id": call.world.new_id(), **part} for part in parts or ()]

    actions = [{"integrationId": None, "data": {}, "config": {}, "status": "active"} | one
               for one in numbered(group.get("actions"))]  # fmt: skip
    conditions = [{"conditionResult": True} | one for one in numbered(group.get("conditions"))]
    return {
        "id": group.get("id") or call.world.new_id(),
        "organizationId": call.organization.id,
        "logicType": group.get("logicType") or "any",
        "conditions": conditions,
        "actions": actions,
    }


def link(ids: list[str], other: str, *, is_linked: bool) -> None:
    """Make a list of ids contain another one, or not."""
    if is_linked and other not in ids:
        ids.append(other)
    elif not is_linked and other in ids:
        ids.remove(other)
