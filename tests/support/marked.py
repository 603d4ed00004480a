"""Answers of Sentry whose texts have unique marks, to follow what becomes of each text, and damage to them."""

import re
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from support.engines import line_of
from support.rounds import RoundTransport

ODD_TEXT, ODD_NUMBER, ODD_KEY = "odd text", 90071992, "odd key"
ODD_VALUES = (None, ODD_NUMBER, ODD_TEXT, {}, {ODD_KEY: 1}, [])
"""Replacements for a value. Three of them can be recognised where they are shown."""
SHOWN = (ODD_TEXT, str(ODD_NUMBER), ODD_KEY)
MARK = re.compile(r"mark-\d+-")
FREE_TEXT = re.compile(r"(?!\d{4}-\d\d-\d\d)(?!https?:)(?!\w+:\d+$)(?!\d+(\.\d+)?$).+", re.DOTALL)
"""Text that is no date, URL, reference to an actor, or number."""
IDENTITY = re.compile(
    r"id|.*I[dD]|.*_id|.*\.id|.*[sS]lugs?|key|type|kind|version|projects|teams|teamRoles|detectorIds|owner|createdBy|tags|links|.*Url"
)
"""Names of members that identify an object, or say what it is."""


class Marks:
    """Gives texts their marks."""

    def __init__(self):
        self._numbers = count()

    def mark(self, value, name=None):
        """The value with a mark in every free text that does not identify anything."""
        if isinstance(value, dict):
            return {key: self.mark(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mark(item, name) for item in value]
        is_free = isinstance(value, str) and FREE_TEXT.fullmatch(value) and not is_identity(name)
        return f"mark-{next(self._numbers)}-{value}" if is_free else value


@dataclass(frozen=True)
class Element:
    """A value at a path of the answer to a call."""

    line: str
    path: tuple
    value: Any


class MarkedAnswers:
    """A transport over recorded answers, with marks, and one of them with a damaged element; replies come in rounds.

    `bodies` has each answer by the line of its call.
    """

    def __init__(self, recorded, bodies=None, element=None):
        self.bodies = {} if bodies is None else bodies
        self._recorded, self._element, self._marks = recorded, element, Marks()

    def __repr__(self):
        return f"MarkedAnswers({self._element})"

    def damaged(self, element):
        """The same answers with a damaged element."""
        return MarkedAnswers(self._recorded, self.bodies, element)

    def wire(self):
        """A new transport; all of them return the same replies."""
        return RoundTransport(self._reply, patience_s=None)  # every reply comes, from the sandbox or from memory

    async def _reply(self, call):
        reply = await self._recorded(call)
        _, line = line_of(call)
        if not reply.body:
            return reply
        if line not in self.bodies:
            self.bodies[line] = self._marks.mark(msgspec.json.decode(reply.body))
        body = self.bodies[line]
        if self._element is not None and self._element.line == line:
            body = damage(body, self._element.path, self._element.value)
        return msgspec.structs.replace(reply, body=msgspec.json.encode(body))


def is_identity(name):
    """True for the name of a member that identifies an object, or says what it is."""
    return isinstance(name, str) and IDENTITY.fullmatch(name) is not None


def has_identity(value):
    """True when an object inside the value has such a member."""
    if isinstance(value, dict):
        return any(is_identity(name) or has_identity(item) for name, item in value.items())
    return isinstance(value, list) and any(map(has_identity, value))


def positions(value, path=()):
    """The paths of all values inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from positions(item, (*path, key))


def at(body, path):
    """The value at a path."""
    for key in path:
        body = body[key]
    return body


def damage(body, path, value):
    """A copy of the body with another value at a path."""
    body = deepcopy(body)
    at(body, path[:-1])[path[-1]] = value
    return body


def marks(value):
    """All marks in a value."""
    return set(MARK.findall(repr(value)))


def is_silent(lost, value, touched, errors, text):
    """True when texts of an element are lost without an error, and nothing shows its new value.

    Null and empty values may fit in its place, and so may a value of the same type.
    """
    is_odd = value not in (None, {}, []) and not isinstance(value, type(touched))
    return bool(lost) and is_odd and not errors and not any(shown in text for shown in SHOWN)
