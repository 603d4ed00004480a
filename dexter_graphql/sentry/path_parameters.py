"""Kinds of path parameters: what may stand in the path of a request to Sentry.

A value that does not match its kind is the client's mistake and is refused before any call, so that it cannot lead to
another endpoint.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from dexter_graphql.sentry.errors import InvalidParameter

SHOWN_CHARACTERS = 40
AMBIGUOUS = frozenset("%/")
"""Characters that change their meaning when a value is decoded twice. Values without them are the same either way."""


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A kind of parameter: its name in messages and the pattern of its values."""

    label: str
    pattern: re.Pattern[str]
    is_decoded_twice: bool = False
    """True where Sentry decodes the value once more, after the path was split."""

    def is_valid(self, value: str) -> bool:
        """True when the value may be sent: it matches the pattern and is no step in a path."""
        return value not in {".", ".."} and self.pattern.fullmatch(value) is not None

    def encode(self, value: str, *, title: str = "") -> str:
        """The percent-encoded value; raises InvalidParameter for one that may not be sent."""
        if not self.is_valid(value):
            raise InvalidParameter(f"{_shown(value)} is not a valid {self.label}", title=title)
        escaped = quote(value, safe="") if self.is_decoded_twice and not AMBIGUOUS.isdisjoint(value) else value
        return quote(escaped, safe="")


def text_pattern(max_characters: int) -> re.Pattern[str]:
    """Any text without control characters and unpaired surrogates."""
    return re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{max_characters}}}")


def _shown(value: str) -> str:
    return ascii(value[:SHOWN_CHARACTERS])


NUMBER = re.compile(r"[0-9]{1,20}")
SLUG = re.compile(r"[A-Za-z0-9_-]{1,100}")
HEX = re.compile(r"[0-9A-Fa-f]{32}")
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

TAG_KEY = PathParameter("tag key", text_pattern(200))
SHORT_ID = PathParameter("short id", re.compile(r"[A-Za-z0-9_-]{1,128}"))
ISSUE_ID_OR_SHORT_ID = PathParameter("issue id or short id", SHORT_ID.pattern)
EVENT_ID_OR_WORD = PathParameter("event id", re.compile(r"[0-9A-Fa-f]{32}|latest|oldest|recommended"))

PARAMETERS: Mapping[str, PathParameter] = MappingProxyType(
    {
        "attachment": PathParameter("attachment id", NUMBER),
        "comment": PathParameter("comment id", NUMBER),
        "conversation": PathParameter("conversation id", text_pattern(200)),
        "detector": PathParameter("monitor id", NUMBER),
        "environment": PathParameter("environment name", text_pattern(64), is_decoded_twice=True),
        "event": PathParameter("event id", HEX),
        "external_issue": PathParameter("external issue id", NUMBER),
        "file": PathParameter("file id", re.compile(r"[A-Za-z0-9_=-]{1,500}")),
        "flag_change": PathParameter("flag change id", NUMBER),
        "installation": PathParameter("app installation uuid", UUID),
        "integration": PathParameter("integration id", NUMBER),
        "issue": PathParameter("issue id", NUMBER),
        "key": PathParameter("project key", HEX),
        "member": PathParameter("member id", re.compile(r"[0-9]{1,20}|me")),
        "monitor": PathParameter("cron monitor slug", SLUG),
        "organization": PathParameter("organization slug", SLUG),
        "project": PathParameter("project slug", SLUG),
        "release": PathParameter("release version", text_pattern(250)),
        "repository": PathParameter("repository id", NUMBER),
        "rule": PathParameter("alert rule id", NUMBER),
        "team": PathParameter("team slug", SLUG),
        "workflow": PathParameter("alert id", NUMBER),
    }
)
"""The kind of each parameter, by its name in the path template; an endpoint may declare another one."""
