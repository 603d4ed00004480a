"""Reach of a caller, by which responses and streams are shared."""

import re
from pathlib import Path

import pytest

import dexter_graphql
from dexter_graphql.graph.identity import Reach
from dexter_graphql.sentry.restriction import AccessLevel

PACKAGE = Path(dexter_graphql.__file__).parent
OWN_CALLS = {"app.py", "cli/doctor.py", "graph/identity.py", "realtime/poller.py", "sentry/call_context.py"}
"""Modules that may make a call context: those whose calls are the server's, and the identity's."""
REACH = Reach.of(AccessLevel.READ, frozenset({"acme/web", "acme/api"}))


def test_equal_reaches_have_one_key():
    """The key follows from the values, in all processes, and does not name them."""
    assert Reach.of(AccessLevel.READ, frozenset(("acme/api", "acme/web"))) == REACH
    assert REACH.key == "4ab136b4d373e0f2f1c867a723bd7e96"


@pytest.mark.parametrize(
    "reach",
    [
        Reach.of(AccessLevel.TRIAGE, REACH.projects),
        Reach.of(AccessLevel.READ, frozenset({"acme/web"})),
        Reach.of(AccessLevel.READ, frozenset()),
        Reach.of(AccessLevel.READ),
        Reach.of(AccessLevel.READ, REACH.projects, documents_only=True),
        Reach.of(AccessLevel.READ, REACH.projects, upstream_key="credential"),
    ],
)
def test_every_value_is_in_the_key(reach):
    """Callers of different reach share nothing; no project is not the same as all of them."""
    assert reach.key != REACH.key


def test_calls_of_callers_are_restricted():
    """The calls of a caller have a context that is made of the identity, so that no call is without its reach."""
    modules = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\bCallContext\(", path.read_text(encoding="utf-8"))
    }

    assert modules <= OWN_CALLS
