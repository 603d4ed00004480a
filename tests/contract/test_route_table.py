"""The sandbox's route table, against everything that is known to exist."""

import pytest
from published import Documents, key_of

from dexter_graphql.sandbox.http import Route
from dexter_graphql.sandbox.routes import all_routes

ROUTES = [
    pytest.param(route, id=f"{route.method} {route.path}")
    for route in sorted(all_routes(), key=lambda route: (route.path, route.method))
]


@pytest.mark.parametrize("route", ROUTES)
def test_route_is_known(route: Route, documents: Documents):
    """The sandbox invents no operation: each is published, was published, or is listed as existing."""
    is_known = documents.knows(key_of(route.method, route.path))

    assert is_known


def test_scopes_are_those_published(documents: Documents):
    """What opens a route is what its document says, or a stronger right of the same family."""
    published = {param.id: documents.find(key_of(param.values[0].method, param.values[0].path)) for param in ROUTES}
    routes = {param.id: param.values[0] for param in ROUTES}

    invalids = [
        name
        for name, operation in published.items()
        if operation is not None and not _is_open_to(routes[name].scopes, operation.scopes)
    ]

    assert invalids == []


def _is_open_to(scopes: frozenset[str], published: frozenset[str]) -> bool:
    families = {parents.partition(":")[0] for parents in published}
    stronger = {s for s in scopes - published if s.partition(":")[0] in families and not s.endswith(":read")}
    return published <= scopes <= published | stronger


@pytest.mark.parametrize("route", ROUTES)
def test_unpublished_scopes_are_plausible(route: Route, documents: Documents):
    """Nobody publishes the scopes of the other operations; ours at least overlap with what is believed of them."""
    known = documents.catalogue.get(key_of(route.method, route.path), frozenset())

    assert not known or known & route.scopes


def test_no_operation_is_routed_twice():
    """Two handlers for one operation would leave it to their order which of them answers."""
    keys = [key_of(param.values[0].method, param.values[0].path) for param in ROUTES]

    assert len(keys) == len(set(keys))
