"""Consistency of the REST routes."""

import pytest

from dexter_graphql.operations.routes import load_routes, parse_route
from dexter_graphql.parity.routes import check_routes

HEADER = "# name: A\n# purpose: B\n# calls: 1\n"
TEAMS = "# route: GET /api/v1/teams/more\n# result: organization.teams\n"


def problems_of(graph, text):
    """Problems of a document beside the routes that the server has."""
    route = parse_route("a.graphql", HEADER + text)
    statuses = check_routes([*load_routes(), route], graph.schema)
    return next(status.problems for status in statuses if status.path == route.path)


def test_routes_of_the_server_are_consistent(graph):
    """Every route follows the rules of all."""
    statuses = check_routes(load_routes(), graph.schema)

    assert [status for status in statuses if status.problems] == []
    assert len(statuses) == len(load_routes())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEAMS + "{", "Syntax Error"),
        (TEAMS + "{ nothing }", "Cannot query field 'nothing'"),
        (TEAMS + "{ organizations { nodes { slug } } }", "does not select the result's field 'organization'"),
        (
            TEAMS + 'query ($search: [String!]) { organization(slug: "acme") { teams { nodes { slug } } '
            "discover(dataset: ERRORS, fields: $search) { table } } }",
            "'search' is [String!], elsewhere String",
        ),
        (
            TEAMS + "query ($cursor: String, $organization: String!) { organization(slug: $organization) "
            "{ teams(after: $cursor) { nodes { slug } } } }",
            "a list needs 'cursor' and 'limit'",
        ),
        (
            TEAMS + "query ($organization: String!) { organization(slug: $organization) "
            "{ teams { nodes { slug } pageInfo { endCursor } } } }",
            "a list that is paged needs 'pageInfo'",
        ),
        (
            TEAMS.replace("teams/more", "teams/{team}/more")
            + 'query { organization(slug: "acme") { teams { nodes { slug } } } }',
            "a part of the path is no variable",
        ),
        (
            TEAMS.replace("GET", "PUT") + 'query { organization(slug: "acme") { teams { nodes { slug } } } }',
            "PUT serves a query",
        ),
    ],
)
def test_broken_rules_are_named(graph, text, problem):
    """A document that cannot be served, or that differs from the others, has its problems."""
    assert any(problem in found for found in problems_of(graph, text))
