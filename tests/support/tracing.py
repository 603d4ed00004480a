"""Blocks of code that coverage does not trace."""

import sys
from contextlib import contextmanager


@contextmanager
def untraced():
    """No tracing of coverage within the block: it takes longer than the code itself."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)
