"""Knows which description an answer is held against: the newest, a retired one, or our own."""

from collections.abc import Mapping
from typing import Any

from corrections import corrected
from own_answers import OWN_ANSWERS, SAME_AS
from published import Documents, Key


def description(key: Key, documents: Documents, status: int = 200) -> Mapping[str, Any] | None:
    """The schema of an operation's answer; None when nobody described it."""
    operation = documents.find(Key(key.method, SAME_AS.get(key.path, key.path)))
    schema = operation.schema(status) if operation else None
    if schema is not None:
        return corrected(key, schema)
    return OWN_ANSWERS.get(key.path) if key.method == "GET" else None
