"""Answers of a stream, and the bounded log in which the subscribers of one stream find them."""

from collections import deque
from typing import NamedTuple

from dexter_graphql.concurrency.bounded_map import SizeBudget
from dexter_graphql.engine.pipeline import ExecutionAnswer

MAX_ANSWERS = 256
MAX_BYTES = 1024 * 1024
"""Bounds of one log."""


class StreamedAnswer(NamedTuple):
    """An answer, and the position after it; None when the stream cannot be resumed there.

    `start` is the position at which the stream began, before all of its answers; None when it is not known.
    """

    answer: ExecutionAnswer
    position: str | None
    start: str | None = None


class AnswerLog:
    """The newest answers of a stream. Each has a number; `first` is that of the oldest one kept, `end` the next one.

    `budget` bounds the bytes of all logs.
    """

    __slots__ = (
        "_answers",
        "_budget",
        "_max_answers",
        "_max_bytes",
        "_numbers",
        "_size_bytes",
        "_start",
        "end",
        "first",
    )

    def __init__(self, budget: SizeBudget, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._budget = budget
        self._answers: deque[StreamedAnswer] = deque()
        self._numbers: dict[str, int] = {}
        self._max_answers = max_answers
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._start: str | None = None
        self.first = self.end = 0

    def __repr__(self) -> str:
        return f"<AnswerLog {self.first} to {self.end}, {self._size_bytes} bytes>"

    def append(self, streamed: StreamedAnswer) -> None:
        """Append an answer and drop the oldest ones above the bounds. Keeps at least the newest."""
        if not self.end:
            self._start = streamed.start
        self._answers.append(streamed)
        self._size_bytes += len(streamed.answer.body)
        self._budget.used += len(streamed.answer.body)
        if streamed.position is not None:
            self._numbers[streamed.position] = self.end
        self.end += 1
        while len(self._answers) > 1 and self._is_full():
            self._drop_oldest()

    def clear(self) -> None:
        """Drop all answers, because no subscriber is left."""
        while self._answers:
            self._drop_oldest()

    def _is_full(self) -> bool:
        is_over_own = len(self._answers) > self._max_answers or self._size_bytes > self._max_bytes
        return is_over_own or self._budget.used > self._budget.limit

    def at(self, number: int) -> StreamedAnswer:
        """The answer with a number, which must be kept."""
        return self._answers[number - self.first]

    def number_after(self, position: str) -> int | None:
        """Number of the answer after a position; None when no answer with that position is kept."""
        number = self._numbers.get(position)
        return None if number is None else number + 1

    def position_before(self, number: int) -> str | None:
        """Position before an answer; None when it is not known."""
        if number == 0:
            return self._start
        return self.at(number - 1).position if self.first < number <= self.end else None

    def _drop_oldest(self) -> None:
        oldest = self._answers.popleft()
        self._size_bytes -= len(oldest.answer.body)
        self._budget.used -= len(oldest.answer.body)
        if oldest.position is not None and self._numbers.get(oldest.position) == self.first:
            del self._numbers[oldest.position]
        self.first += 1
