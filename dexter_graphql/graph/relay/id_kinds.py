"""Kinds of identifiers that people confuse, for messages that say what would have been right."""

import re
from collections.abc import Callable
from typing import NamedTuple

SHOWN_CHARACTERS = 64
NUMBER = re.compile(r"[0-9]{1,20}")
SHORT_ID = re.compile(r"[A-Z0-9_-]{1,100}-[0-9A-Z]{1,13}")
HEX_ID = re.compile(r"[0-9a-f]{32}")
URL = re.compile(r"https?://")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
SLUG = re.compile(r"[a-z0-9_-]{1,100}")


class IDKind(NamedTuple):
    """A kind of text that is not a global ID: how it is recognised and what takes it."""

    is_match: Callable[[str], object]
    name: str
    advice: str


KINDS = (
    IDKind(
        URL.match,
        "the URL of a page in Sentry",
        "Use `resource(url:)`",
    ),
    IDKind(
        NUMBER.fullmatch,
        "a numeric ID of Sentry's API",
        "References take it as `sentryId`; the global ID of an object is its field `id`",
    ),
    IDKind(HEX_ID.fullmatch, "an event ID", "Use `Issue.event(eventId:)`"),
    IDKind(
        SHORT_ID.fullmatch,
        "a short ID",
        "Use `organization(slug:) { issue(shortId:) }`; references take it as `shortId`",
    ),
    IDKind(EMAIL.fullmatch, "an email address", "References to users take it as `email`"),
    IDKind(SLUG.fullmatch, "a slug", "References take it as `slug`; the global ID of an object is its field `id`"),
)
"""The kinds, the most specific first."""


def explain_id(value: str) -> str:
    """Why a text is no global ID, and what would have been right."""
    text = value.strip()
    for kind in KINDS:
        if kind.is_match(text):
            return f"'{text[:SHOWN_CHARACTERS]}' is {kind.name}, not a global ID. {kind.advice}"
    return "Invalid ID: it was not created by this server"
