"""Blocks of code that coverage does not trace."""

import sys
from contextlib import contextmanager
from functools import wraps


@contextmanager
def untraced():
    """No tracing of coverage within the block: it takes longer than the code itself."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)


def untraced_call(function):
    """The function, executed without the tracing of coverage; it must not be a coroutine function."""

    @wraps(function)
    def call(*arguments):
        with untraced():
            return function(*arguments)

    return call
