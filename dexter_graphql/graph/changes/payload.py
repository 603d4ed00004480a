"""Objects of changes as JSON, without members that belong to one user."""

from typing import Any

import msgspec

from dexter_graphql.graph.common.scalars import raw
from dexter_graphql.graph.issues.seeds import PERSONAL


def shared_payload(reported: bytes) -> msgspec.Raw:
    """The JSON without members that depend on the credential, at any depth."""
    return raw(_without_personal(msgspec.json.decode(reported)))


def _without_personal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_personal(member) for name, member in value.items() if name not in PERSONAL}
    return [_without_personal(member) for member in value] if isinstance(value, list) else value
