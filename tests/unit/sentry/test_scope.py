"""Where an answer came from, and one step below it."""

import pytest

from dexter_graphql.sentry.scope import OrganizationRef, Scope

ACME = OrganizationRef("1", "acme")


@pytest.mark.parametrize("name", ["project", "issue", "release", "team"])
def test_one_step_below(name):
    """A step below adds what it is about, and keeps where it came from."""
    scope = Scope(ACME, project="a", issue="b", release="c", team="d")

    assert Scope(ACME).within(**{name: "x"}) == Scope(ACME, **{name: "x"})
    assert scope.within(**{name: "x"}) == Scope(
        ACME, **{"project": "a", "issue": "b", "release": "c", "team": "d"} | {name: "x"}
    )
    assert scope.within() == scope
