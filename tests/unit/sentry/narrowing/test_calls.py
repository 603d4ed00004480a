"""Requests that are restricted before they become calls."""

import pytest

from dexter_graphql.sentry.catalogue import alerts, environments, issues, monitors, projects, releases, teams
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, NotFound, OutOfReach
from dexter_graphql.sentry.narrowing.calls import (
    MAX_PARAMETER_BYTES,
    named_in_query,
    named_objects,
    narrow_request,
    without_objects,
)
from dexter_graphql.sentry.narrowing.reached_projects import ReachedProjects
from dexter_graphql.sentry.narrowing.request import EndpointRequest
from dexter_graphql.sentry.restriction import AccessLevel, by_search

REACHED = ReachedProjects({"12": "web", "7": "api", "30": "99"})
OWN = [("project", "12"), ("project", "30"), ("project", "7")]
SEARCH = Endpoint("logs", "GET", "/organizations/{organization}/logs/", (), restriction=by_search(AccessLevel.READ))


def request(endpoint, *query, path=(), body=None):
    """A request without parents."""
    return EndpointRequest(endpoint, None, dict(path), query, body)


@pytest.mark.parametrize(
    ("named", "narrowed"),
    [
        ((), OWN),
        (("-1",), OWN),
        (("",), OWN),
        (("web",), [("project", "12")]),
        (("7", "web", "5", "foreign"), [("project", "12"), ("project", "7")]),
        (("30",), [("project", "30")]),
    ],
)
def test_query_never_becomes_wider(named, narrowed):
    """The reached ones of the named projects are sent, by ID in a fixed order; all of them when none is named."""
    query = [("project", name) for name in named]

    sent = narrow_request(request(issues.LIST, *query, ("query", "is:unresolved")), REACHED).query

    assert list(sent) == [("query", "is:unresolved"), *narrowed]


@pytest.mark.parametrize(
    ("named", "projects"), [(("5",), REACHED), (("99",), REACHED), ((), ReachedProjects({}))], ids=str
)
def test_nothing_remains_of_a_query(named, projects):
    """Without any project the call would read all of them, and a slug of digits could be another project's ID."""
    with pytest.raises(OutOfReach):
        narrow_request(request(issues.LIST, *(("project", name) for name in named)), projects)


def test_too_many_projects_are_refused():
    """A request line that proxies would refuse is not sent; a filter by projects makes it shorter."""
    projects = ReachedProjects({str(10**15 + number): f"p{number}" for number in range(300)})
    with pytest.raises(BadRequest, match="300 projects, which are too many for one call; filter by projects"):
        narrow_request(request(issues.LIST), projects)

    sent = narrow_request(request(issues.LIST, ("project", "p7")), projects).query

    assert sum(map(len, sent[0])) < MAX_PARAMETER_BYTES
    assert list(sent) == [("project", str(10**15 + 7))]


@pytest.mark.parametrize(("project", "is_reached"), [("web", True), ("12", True), ("5", False), ("99", False)])
def test_path_is_compared(project, is_reached):
    """A project out of reach is answered like one that does not exist."""
    given = request(projects.DETAIL, path={"project": project})
    if is_reached:
        assert narrow_request(given, REACHED) == given
    else:
        with pytest.raises(NotFound, match="does not exist"):
            narrow_request(given, REACHED)


@pytest.mark.parametrize(
    ("text", "narrowed"),
    [
        ("", "project.id:[12,30,7]"),
        ("level:error", "level:error project.id:[12,30,7]"),
        ("Order", "Order project.id:[12,30,7]"),
    ],
)
def test_search_gets_a_term(text, narrowed):
    """All terms of a search must match, so that the added one restricts it."""
    assert narrow_request(request(SEARCH, ("query", text)), REACHED).query == (("query", narrowed),)


@pytest.mark.parametrize("text", ["a OR b", "a or b", "a) OR (b", 'message:"x', "(a)"])
def test_search_that_could_escape_is_refused(text):
    """What could end the added term, or offer an alternative to it, is not sent."""
    with pytest.raises(BadRequest, match="cannot be restricted"):
        narrow_request(request(SEARCH, ("query", text)), REACHED)


def test_search_needs_a_project():
    """A term without projects would match all."""
    with pytest.raises(OutOfReach):
        narrow_request(request(SEARCH), ReachedProjects({}))


@pytest.mark.parametrize(
    ("text", "narrowed"),
    [
        ("", "slug:99 slug:api slug:web"),
        ("shop", "shop slug:99 slug:api slug:web"),
        ("id:1 id:2", "id:1 id:2"),
        ("slug:other", "slug:other"),
    ],
)
def test_list_of_projects_is_narrowed_by_slugs(text, narrowed):
    """Else its pages could be full of other projects; a search that names projects is left to the filter."""
    assert narrow_request(request(projects.LIST, ("query", text)), REACHED).query == (("query", narrowed),)


def test_long_reach_does_not_narrow_the_list_of_projects():
    """The answer is filtered alone."""
    reached = ReachedProjects({str(number): f"p{number}" for number in range(101)})

    assert narrow_request(request(projects.LIST, ("per_page", "9")), reached).query == (("per_page", "9"),)


def test_parameters_of_the_restriction_replace_others():
    """A list is requested with the members by which it is restricted."""
    assert narrow_request(request(teams.LIST, ("detailed", "0"), ("cursor", "1")), REACHED).query == (
        ("cursor", "1"),
        ("detailed", "1"),
    )


@pytest.mark.parametrize(
    ("endpoint", "body", "named"),
    [
        (releases.CREATE, {"projects": ["web", 5]}, [("project", "web"), ("project", "5")]),
        (monitors.CREATE, {"project": "web"}, [("project", "web")]),
        (monitors.UPDATE, {"name": "x"}, [("monitor", "m")]),
        (monitors.UPDATE, {"project": "api"}, [("monitor", "m"), ("project", "api")]),
        (alerts.UPDATE_WORKFLOW, {"detectorIds": ["1", 2]}, [("workflow", "3"), ("detector", "1"), ("detector", "2")]),
        (environments.UPDATE, None, []),
    ],
)
def test_objects_in_path_and_body(endpoint, body, named):
    """Every object that the path or the body names is checked."""
    path = {"monitor": "m", "workflow": "3"}

    assert list(named_objects(request(endpoint, path=path, body=body))) == named


@pytest.mark.parametrize("body", [None, {}, {"projects": []}, []])
def test_body_must_name_projects(body):
    """Sentry could take an object without projects as one of all of them."""
    with pytest.raises(OutOfReach, match="must name what it belongs to"):
        list(named_objects(request(releases.CREATE, body=body)))


def test_objects_in_queries():
    """Those out of reach are left out; without any, the call would concern all objects."""
    given = request(alerts.UPDATE_WORKFLOWS, ("id", "1"), ("id", "2"), ("project", "12"))

    assert list(named_in_query(given)) == [("workflow", ["1", "2"])]
    assert without_objects(given, "workflow", frozenset({"2"})).query == [("id", "2"), ("project", "12")]
    with pytest.raises(NotFound):
        without_objects(given, "workflow", frozenset())
