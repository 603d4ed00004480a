"""Members of an update that a release of Sentry ignored, found by comparing the update with the issue afterwards."""

from collections.abc import Mapping
from typing import Any

import msgspec

UNTIL_ESCALATING = "archived_until_escalating"


class _UpdatedIssue(msgspec.Struct, frozen=True):
    priority: object = None
    substatus: object = None


def ignored_members(body: Mapping[str, Any], issue: bytes) -> frozenset[str]:
    """Names of the members of `body` that are not in effect; releases answer 200 and leave out what they do not know.

    An archive condition works in every release, and archiving permanently is what older ones do, so that `substatus`
    is compared only when the issue is archived until it escalates.
    """
    try:
        updated = msgspec.json.decode(issue, type=_UpdatedIssue)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return frozenset()
    requested = {name: body[name] for name in ("priority",) if name in body}
    if body.get("substatus") == UNTIL_ESCALATING:
        requested["substatus"] = UNTIL_ESCALATING
    return frozenset(name for name, value in requested.items() if getattr(updated, name) != value)
