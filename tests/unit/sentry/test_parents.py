"""Where an answer came from, and one step below it."""

import pytest

from dexter_graphql.sentry.parents import OrganizationRef, Parents

ACME = OrganizationRef("1", "acme")


@pytest.mark.parametrize("name", ["project", "issue", "release", "team"])
def test_one_step_below(name):
    """A step below adds what it is about, and keeps where it came from."""
    parents = Parents(ACME, project="a", issue="b", release="c", team="d")

    assert Parents(ACME).within(**{name: "x"}) == Parents(ACME, **{name: "x"})
    assert parents.within(**{name: "x"}) == Parents(
        ACME, **{"project": "a", "issue": "b", "release": "c", "team": "d"} | {name: "x"}
    )
    assert parents.within() == parents
