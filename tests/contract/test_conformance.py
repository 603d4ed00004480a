"""The judge itself: what it must forgive and what it must not."""

import pytest
from conformance import violations

USER = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "seen": {"type": "string", "format": "date-time", "nullable": True},
        "role": {"type": "string", "enum": ["owner"], "nullable": True},
        "flags": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "data": {"type": "object"},
    },
    "required": ["id"],
}


@pytest.mark.parametrize(
    "value",
    [
        {"id": "1"},
        {"id": "1", "seen": None, "role": None},
        {"id": "1", "seen": "2025-04-03T22:51:19.403000Z", "role": "owner"},
        {"id": "1", "seen": "2025-04-03T22:51:19+00:00", "flags": {"sso": True}, "data": {"any": [1]}},
    ],
)
def test_a_conforming_value_has_no_violation(value):
    """Nullable members, both spellings of UTC, maps and open objects pass."""
    assert violations(USER, value) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"id": 1},
        {"id": None},
        {"id": "1", "seen": "2025-04-03T22:51:19"},
        {"id": "1", "seen": "yesterday"},
        {"id": "1", "role": "guest"},
        {"id": "1", "flags": {"sso": "yes"}},
        {"id": "1", "extra": None},
    ],
)
def test_each_defect_is_one_violation(value):
    """A missing, mistyped, naive, unlisted or unknown member is found, each once."""
    assert len(violations(USER, value)) == 1


def test_a_key_of_any_branch_is_known():
    """Alternatives add up: a key is unknown only when no branch lists it."""
    either = {"anyOf": [USER, {"type": "object", "properties": {"id": {}, "slug": {"type": "string"}}}]}

    assert violations(either, {"id": "1", "slug": "a"}) == []
    assert violations(either, {"id": "1", "name": "a"}) == ["$.name: unknown key"]


def test_a_bare_object_beside_a_listed_one_opens_nothing():
    """The commit's author may be `{}`; that must not wave every key through."""
    author = {"anyOf": [USER, {"type": "object"}]}

    assert violations(author, {}) == []
    assert violations(author, {"id": "1", "mail": "a@b.c"}) == ["$.mail: unknown key"]


def test_unknown_keys_are_found_in_depth():
    """Lists and maps are searched too, and the path says where."""
    page = {"type": "array", "items": {"type": "object", "additionalProperties": USER}}

    assert violations(page, [{"a": {"id": "1"}}, {"b": {"id": "2", "x": 1}}]) == ["$[1].b.x: unknown key"]
