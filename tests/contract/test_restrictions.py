"""Restrictions that endpoints declare: complete, possible, and as narrow as the published operation allows."""

import pytest
from published import Documents, key_of

from dexter_graphql.sentry.catalogue import CATALOGUE
from dexter_graphql.sentry.endpoint import Endpoint, Source
from dexter_graphql.sentry.narrowing.reached_objects import DETAILS, KINDS, LISTS
from dexter_graphql.sentry.restriction import AccessLevel, Narrowing

ALL = [pytest.param(endpoint, id=endpoint.name) for endpoint in CATALOGUE.values()]
READS = [param for param in ALL if param.values[0].is_read]
WRITES = [param for param in ALL if not param.values[0].is_read]
ADMIN_SCOPES = {"event:admin", "project:admin", "org:admin", "member:admin", "team:admin"}
OBJECTS_OF_THE_ORGANIZATION = {"comment", "integration", "key", "member", "organization", "repository"}
"""Path parameters that do not tell a project."""
NAMED = {Narrowing.QUERY, Narrowing.PATH, Narrowing.SEARCH, Narrowing.BODY, Narrowing.PARENT}
WITH_UNPUBLISHED_PARAMETER = {"environments.list"}
"""Endpoints that take `project` although it is not published."""
WITH_MEMBERS = {Narrowing.QUERY, Narrowing.SEARCH, Narrowing.RESPONSE}


def query_parameters(endpoint: Endpoint, documents: Documents) -> set[str]:
    """Names of the query parameters that are published; empty for an operation that is not."""
    operation = documents.find(key_of(endpoint.method, endpoint.path))
    parameters = operation.body.get("parameters", []) if operation else []
    return {parameter["name"] for parameter in parameters if parameter["in"] == "query"}


@pytest.mark.parametrize("endpoint", ALL)
def test_restrictions_are_complete(endpoint: Endpoint):
    """A restriction has the names that its kind of narrowing needs, and no others."""
    restriction = endpoint.restriction

    assert bool(restriction.name) is (restriction.narrowing in NAMED)
    assert not restriction.members or restriction.narrowing in WITH_MEMBERS
    assert restriction.members or restriction.narrowing is not Narrowing.RESPONSE


@pytest.mark.parametrize("endpoint", ALL)
def test_narrowing_by_the_path(endpoint: Endpoint):
    """What is below a project is restricted to it, and the object that restricts a call is in the path."""
    restriction = endpoint.restriction

    assert (restriction.narrowing is Narrowing.PATH) is ("project" in endpoint.path_parameters)
    if restriction.narrowing is Narrowing.PARENT:
        assert restriction.name in endpoint.path_parameters.keys() - OBJECTS_OF_THE_ORGANIZATION


@pytest.mark.parametrize("endpoint", ALL)
def test_narrowing_by_the_query(endpoint: Endpoint, documents: Documents):
    """Published operations with the parameter `project` are narrowed by it unless the path does; others are not."""
    restriction, published = endpoint.restriction, query_parameters(endpoint, documents)

    if restriction.narrowing in {Narrowing.QUERY, Narrowing.SEARCH}:
        is_known = endpoint.source is Source.OBSERVED or endpoint.name in WITH_UNPUBLISHED_PARAMETER
        assert restriction.name in published or is_known
    elif restriction.narrowing in {Narrowing.ORGANIZATION, Narrowing.NOTHING}:
        assert not published & {"project", "projectSlug"}


@pytest.mark.parametrize("endpoint", ALL)
def test_named_objects_can_be_checked(endpoint: Endpoint):
    """The objects that the path or the body names are read by an endpoint that is restricted by itself."""
    restriction = endpoint.restriction
    kinds = {kind for _, kind in restriction.objects}
    kinds |= {restriction.name} if restriction.narrowing is Narrowing.PARENT else set()

    for kind in kinds - {"project"}:
        assert DETAILS[kind].restriction.narrowing is Narrowing.RESPONSE
    if restriction.narrowing is Narrowing.QUERY:
        assert {kind for _, kind in restriction.objects} | {restriction.of} - {"project"} <= LISTS.keys() | {"project"}
        assert all(LISTS[kind].restriction.members for _, kind in restriction.objects)


def test_objects_are_learned_from_restricted_answers():
    """Answers from which nothing is removed do not say what is in reach."""
    assert all(CATALOGUE[name].restriction.members for name in KINDS)


@pytest.mark.parametrize("endpoint", READS)
def test_reads_need_the_lowest_level(endpoint: Endpoint):
    """Reading needs no more than the lowest level."""
    assert endpoint.restriction.access is AccessLevel.READ
    assert endpoint.restriction.narrowing is not Narrowing.BODY


@pytest.mark.parametrize("endpoint", WRITES)
def test_writes_are_restricted_before_the_call(endpoint: Endpoint):
    """A write is not narrowed by its response, and one that needs an administrator's scope needs the highest level."""
    restriction, scopes = endpoint.restriction, set(endpoint.scopes)

    assert restriction.narrowing is not Narrowing.RESPONSE
    assert restriction.access is not AccessLevel.READ
    if scopes <= ADMIN_SCOPES:
        assert restriction.access is AccessLevel.ADMIN


@pytest.mark.parametrize("endpoint", ALL)
def test_open_endpoints_name_nothing_in_projects(endpoint: Endpoint):
    """An endpoint that needs no narrowing has no path to an object of a project."""
    if endpoint.restriction.narrowing is Narrowing.NOTHING:
        assert endpoint.path_parameters.keys() <= {"organization", "flag_change"}
