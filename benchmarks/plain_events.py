"""Event types of the plain server, read from decoded bodies."""

from typing import Any

import strawberry

JSON = dict[str, Any]


@strawberry.type
class EventTag:
    """A tag of an event."""

    key: str | None
    value: str | None


@strawberry.type
class EventUser:
    """The affected user."""

    email: str | None
    username: str | None
    ip_address: str | None


@strawberry.type
class ContextLine:
    """A line of source code."""

    line: int | None
    text: str | None


@strawberry.type
class StackFrame:
    """A stack frame."""

    file: str | None
    function: str | None
    line: int | None
    is_in_app: bool | None
    context: list[ContextLine]

    @staticmethod
    def of(data: JSON) -> "StackFrame":
        """The frame of a decoded body."""
        return StackFrame(
            file=data["filename"],
            function=data["function"],
            line=data["lineNo"],
            is_in_app=data["inApp"],
            context=[ContextLine(line=line, text=text) for line, text in data["context"]],
        )


@strawberry.type
class ExceptionMechanism:
    """The mechanism that captured an exception."""

    type: str | None
    is_handled: bool | None


@strawberry.type
class ExceptionValue:
    """An exception with its stack."""

    type: str | None
    value: str | None
    mechanism: ExceptionMechanism | None
    frames: list[StackFrame] | None

    @staticmethod
    def of(data: JSON) -> "ExceptionValue":
        """The exception of a decoded body."""
        mechanism, stack = data["mechanism"], data["stacktrace"]
        return ExceptionValue(
            type=data["type"],
            value=data["value"],
            mechanism=ExceptionMechanism(type=mechanism["type"], is_handled=mechanism["handled"])
            if mechanism
            else None,
            frames=[StackFrame.of(frame) for frame in stack["frames"]] if stack else None,
        )


@strawberry.type
class Breadcrumb:
    """An action before the event."""

    occurred_at: str | None
    category: str | None
    level: str | None
    message: str | None

    @staticmethod
    def of(data: JSON) -> "Breadcrumb":
        """The breadcrumb of a decoded body."""
        return Breadcrumb(
            occurred_at=data["timestamp"], category=data["category"], level=data["level"], message=data["message"]
        )


@strawberry.type
class HTTPRequest:
    """The HTTP request of the event."""

    url: str | None
    method: str | None


@strawberry.type
class Event:
    """An event."""

    data: strawberry.Private[JSON]
    event_id: str
    title: str | None
    message: str | None
    occurred_at: str | None
    platform: str | None

    @staticmethod
    def of(data: JSON) -> "Event":
        """The event of a decoded body; its entries are read when they are queried."""
        return Event(
            data=data,
            event_id=data["eventID"],
            title=data["title"],
            message=data["message"],
            occurred_at=data["dateCreated"],
            platform=data["platform"],
        )

    @strawberry.field
    def end_user(self) -> EventUser | None:
        """The affected user."""
        user = self.data["user"]
        return (
            EventUser(email=user["email"], username=user["username"], ip_address=user["ip_address"]) if user else None
        )

    @strawberry.field
    def tags(self) -> list[EventTag]:
        """The tags."""
        return [EventTag(key=tag["key"], value=tag["value"]) for tag in self.data["tags"]]

    @strawberry.field
    def exceptions(self) -> list[ExceptionValue] | None:
        """The exceptions of the chain."""
        entry = self._entry("exception")
        return [ExceptionValue.of(value) for value in entry["values"]] if entry else None

    @strawberry.field
    def breadcrumbs(self, last: int = 100) -> list[Breadcrumb] | None:
        """The breadcrumbs."""
        entry = self._entry("breadcrumbs")
        return [Breadcrumb.of(crumb) for crumb in entry["values"][-last:]] if entry else None

    @strawberry.field
    def request(self) -> HTTPRequest | None:
        """The HTTP request of the event."""
        entry = self._entry("request")
        return HTTPRequest(url=entry["url"], method=entry["method"]) if entry else None

    def _entry(self, kind: str) -> JSON | None:
        return next((entry["data"] for entry in self.data["entries"] if entry["type"] == kind), None)
