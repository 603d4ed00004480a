"""Parents of an answer."""

import pytest

from dexter_graphql.sentry.parents import OrganizationRef, Parents

ACME = OrganizationRef("1", "acme")


VALUES = {"project": "a", "issue": "b", "release": "c", "team": "d", "event": "e"}


@pytest.mark.parametrize("name", VALUES)
def test_one_step_below(name):
    """A level below adds its own parent and keeps the others."""
    parents = Parents(ACME, **VALUES)

    assert Parents(ACME).within(**{name: "x"}) == Parents(ACME, **{name: "x"})
    assert parents.within(**{name: "x"}) == Parents(ACME, **VALUES | {name: "x"})
    assert parents.within() == parents
