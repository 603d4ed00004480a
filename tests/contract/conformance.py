"""Knows how to hold a JSON value against an OpenAPI 3.0 schema; knows no endpoint and no document."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Schema = Mapping[str, Any]

_FORMATS = FormatChecker(formats=())
_SILENT = frozenset({"example", "examples", "description", "title", "default", "nullable", "readOnly", "writeOnly"})


@_FORMATS.checks("date-time", raises=ValueError)
def _is_aware(value: object) -> bool:
    # Sentry prints both `Z` and `+00:00`; a naive timestamp is the mistake worth catching.
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def violations(schema: Schema, value: Any) -> list[str]:
    """What the schema forbids in the value, then the keys it does not know; empty when it conforms."""
    validator = Draft202012Validator(json_schema(schema), format_checker=_FORMATS)
    broken = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
    return broken + [f"{path}: unknown key" for path in unknown_keys((schema,), value)]


def json_schema(schema: Schema) -> dict[str, Any]:
    """The same schema for a JSON Schema validator: OpenAPI 3.0 has a `nullable` that it does not know."""
    converted = {name: _convert(name, part) for name, part in schema.items() if name not in _SILENT}
    if not schema.get("nullable"):
        return converted
    if "enum" in converted:
        converted["enum"] = [*converted["enum"], None]
    if "type" in converted:
        converted["type"] = [converted["type"], "null"]
        return converted
    return {"anyOf": [converted, {"type": "null"}]}


def _convert(name: str, part: Any) -> Any:
    match name:
        case "properties":
            return {key: json_schema(member) for key, member in part.items()}
        case "anyOf" | "oneOf" | "allOf":
            return [json_schema(branch) for branch in part]
        case "items" | "not" | "additionalProperties":
            return json_schema(part) if isinstance(part, Mapping) else part
        case _:
            return part


def unknown_keys(schemas: Sequence[Schema], value: Any, path: str = "$") -> Iterator[str]:
    """Paths of the keys that none of the alternative schemas lists; open objects know every key."""
    branches = [branch for schema in schemas for branch in _branches(schema)]
    if isinstance(value, Mapping):
        yield from _unknown_members(branches, value, path)
    elif isinstance(value, list):
        items = [branch["items"] for branch in branches if "items" in branch]
        for index, item in enumerate(value):
            yield from unknown_keys(items, item, f"{path}[{index}]")


def _unknown_members(branches: Sequence[Schema], value: Mapping[str, Any], path: str) -> Iterator[str]:
    if _is_open(branches):
        return
    for key, member in value.items():
        known = [schema for branch in branches for schema in _members(branch, key)]
        if not known:
            yield f"{path}.{key}"
        else:
            yield from unknown_keys(known, member, f"{path}.{key}")


def _branches(schema: Schema) -> Iterator[Schema]:
    alternatives = [branch for name in ("anyOf", "oneOf", "allOf") for branch in schema.get(name, ())]
    if not alternatives or "properties" in schema:
        yield schema
    for branch in alternatives:
        yield from _branches(branch)


def _members(branch: Schema, key: str) -> Iterator[Schema]:
    if key in branch.get("properties", {}):
        yield branch["properties"][key]
        return
    extra = branch.get("additionalProperties", False)
    if extra is not False:
        yield extra if isinstance(extra, Mapping) else {}


def _is_open(branches: Sequence[Schema]) -> bool:
    # `{}` allows anything. A bare `{"type": "object"}` beside a branch that lists its properties only
    # says that the object may be empty, so it opens nothing.
    if not branches or any(not (branch.keys() - _SILENT) for branch in branches):
        return True
    listing = [branch for branch in branches if "properties" in branch or "additionalProperties" in branch]
    return not listing
