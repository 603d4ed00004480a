"""A subscription to changes over server-sent events that resumes from its last position."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPResponse
from random import Random
from typing import Any

import msgspec

from dexter_graphql.cli.client import CONNECTION_ERRORS, RunningServer, read_message
from dexter_graphql.errors import ErrorCode

SUBSCRIPTION = """
subscription Tail($organization: String!, $entities: [ChangeEntity!], $kinds: [ChangeKind!], $after: String) {
  activity(
    organization: { slug: $organization }
    filter: { entities: $entities, kinds: $kinds }
    after: $after
  ) {
    position
    gap { missed }
    change {
      entity entityRaw kind action origin occurredAt receivedAt
      actor { name }
      issue { id shortId title status level project { slug } }
      comment { text }
      event { id title level environment }
      alert { alertKind alertName status title webUrl }
      release { version deploy { environment } }
      autofix { stage isCompleted issue { shortId title } }
    }
  }
}
"""
"""What webhooks contain, and the issues of comments and of Seer, which cost one call for those that arrive together."""
SILENCE_S = 60.0
"""Longest silence: a server sends heartbeats more often."""
BASE_S = 0.5
CAP_S = 15.0
DOUBLINGS = 6
MAX_LINE_BYTES = 4 * 1024 * 1024
DATA = b"data:"
HEARTBEAT = b":"
UNKNOWN_GAP = {"position": None, "gap": {"missed": None}, "change": None}
PASSING_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
PASSING_CODES = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.BUDGET_EXHAUSTED,
        ErrorCode.DEADLINE_EXCEEDED,
        ErrorCode.UPSTREAM_TIMEOUT,
        ErrorCode.UPSTREAM_UNAVAILABLE,
    }
)
"""Errors after which the same request may succeed."""

Item = Mapping[str, Any]
Wait = Callable[[float, str], None]
"""Waits some seconds for a reason, which is fit for users."""


class StreamInterrupted(Exception):
    """The stream ended, and may be resumed."""


class StreamRefused(Exception):
    """The server will not send the stream; the message is the server's."""


class PositionRefused(StreamRefused):
    """The server has refused an argument, and the position is one."""


class ChangeFollower:
    """Follows the changes of an organization; `after` is the position of the last item."""

    def __init__(
        self, server: RunningServer, headers: Mapping[str, str], variables: Mapping[str, Any], after: str | None = None
    ) -> None:
        self.after = after
        self._server = server
        self._headers = {"Accept": "text/event-stream", **headers}
        self._variables = variables
        self._failures = 0
        self._random = Random()  # noqa: S311  # jitter, no secret

    def follow(self, wait: Wait) -> Iterator[Item]:
        """Yield items without end; `wait` is called before the stream is resumed. Raises StreamRefused."""
        while True:
            try:
                yield from self._read_stream()
            except PositionRefused:
                # Signed with another key, as after a restart without DEXTER_SECRET: it cannot be continued.
                self.after = None
                yield UNKNOWN_GAP
            except (StreamInterrupted, *CONNECTION_ERRORS) as error:
                self._failures += 1
                wait(self._delay_s(), str(error) or type(error).__name__)

    def _delay_s(self) -> float:
        return self._random.uniform(0, min(CAP_S, BASE_S * 2 ** min(self._failures, DOUBLINGS)))

    def _read_stream(self) -> Iterator[Item]:
        """Yield items of one connection until it ends, which raises."""
        variables = {**self._variables, "after": self.after}
        body = msgspec.json.encode({"query": SUBSCRIPTION, "variables": variables})
        with self._server.post("/graphql", body, self._headers, timeout_s=SILENCE_S) as response:
            if response.status != HTTPStatus.OK:
                raise _rejection_of(response)
            while line := response.readline(MAX_LINE_BYTES):
                if line.startswith(HEARTBEAT):
                    self._failures = 0
                elif line.startswith(DATA) and (data := line.removeprefix(DATA).strip()):
                    item = self._parse(data)
                    self.after, self._failures = item["position"], 0
                    yield item
        raise StreamInterrupted("The server ended the stream")

    def _parse(self, data: bytes) -> Item:
        try:
            answer = msgspec.json.decode(data, type=dict[str, Any])
        except (ValueError, RecursionError):
            raise StreamInterrupted("The stream is damaged") from None
        item: Item | None = (answer.get("data") or {}).get("activity")
        if item is None:
            raise self._error_of(answer.get("errors") or [{"message": "The server sent no item"}])
        return item

    def _error_of(self, errors: list[dict[str, Any]]) -> Exception:
        """Return the exception for the errors in place of an item."""
        message = "; ".join(str(error.get("message")) for error in errors)
        codes = {(error.get("extensions") or {}).get("code") for error in errors}
        if codes <= PASSING_CODES:
            return StreamInterrupted(message)
        is_argument = ErrorCode.BAD_USER_INPUT in codes and self.after is not None
        return (PositionRefused if is_argument else StreamRefused)(message)


def _rejection_of(response: HTTPResponse) -> Exception:
    """Return the exception for a response that is no stream."""
    message = f"{read_message(response)} ({response.status})"
    is_passing = response.status in PASSING_STATUSES or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return (StreamInterrupted if is_passing else StreamRefused)(message)
