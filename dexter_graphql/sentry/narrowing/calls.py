"""Restriction of a call to the projects that a caller may reach, before it is made."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, NotFound, OutOfReach
from dexter_graphql.sentry.narrowing.reached_projects import ReachedProjects
from dexter_graphql.sentry.narrowing.request import EndpointRequest
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.restriction import Narrowing

MAX_PARAMETER_BYTES = 6144
"""Bytes of the parameters that name projects. Proxies refuse request lines above 8 KiB."""
ALL_PROJECTS = "-1"
SEARCH = "query"
NAMING_TERMS = ("id:", "slug:")
MAX_SLUGS = 100
"""Projects that the search of one call for projects names; the answer to a longer reach is filtered alone."""
SYNTAX = frozenset('()"')
"""Characters with which a search could end the terms that are added to it."""


def narrow_request(request: EndpointRequest, projects: ReachedProjects) -> EndpointRequest:
    """The request for the reached projects only; raises OutOfReach or NotFound when nothing would remain of it."""
    restriction = request.endpoint.restriction
    name = restriction.name or ""
    if restriction.narrowing is Narrowing.QUERY:
        request = request._replace(query=_narrowed_query(request, name, projects))
    elif restriction.narrowing is Narrowing.SEARCH:
        request = request._replace(query=_narrowed_search(request, name, projects))
    elif restriction.narrowing is Narrowing.PATH and request.path[name] not in projects.names:
        raise not_found(request.endpoint)
    elif request.endpoint is catalogue.LIST:
        request = request._replace(query=_narrowed_project_list(request.query, projects))
    if restriction.parameters:
        replaced = {parameter for parameter, _ in restriction.parameters}
        query = [pair for pair in request.query if pair[0] not in replaced]
        request = request._replace(query=(*query, *restriction.parameters))
    return request


def not_found(endpoint: Endpoint) -> NotFound:
    """The error for an object out of reach: the same as for one that does not exist."""
    return NotFound("The requested resource does not exist", title=endpoint.title, status=HTTPStatus.NOT_FOUND)


def _narrowed_query(request: EndpointRequest, name: str, projects: ReachedProjects) -> Sequence[tuple[str, str]]:
    """The query with the IDs of the reached projects among those that it names, or of all when it names none."""
    named = [value for parameter, value in request.query if parameter == name and value]
    ids = projects.ids if not named or ALL_PROJECTS in named else projects.ids_of(named)
    if not ids:
        raise OutOfReach("None of these projects is within the caller's reach", title=request.endpoint.title)
    added = [(name, number) for number in ids]
    if sum(len(parameter) + len(value) + 2 for parameter, value in added) > MAX_PARAMETER_BYTES:
        message = f"The caller may reach {len(ids)} projects, which are too many for one call; filter by projects"
        raise BadRequest(message, title=request.endpoint.title, status=None)
    return (*(pair for pair in request.query if pair[0] != name), *added)


def _narrowed_project_list(query: Sequence[tuple[str, str]], projects: ReachedProjects) -> Sequence[tuple[str, str]]:
    """The query for the reached projects by their slugs, so that its pages are not full of others.

    A search that names projects is left as it is, because slugs are alternatives to each other.
    """
    text = next((value for name, value in query if name == SEARCH), "")
    is_named = any(word.startswith(NAMING_TERMS) for word in text.split())
    if is_named or not 0 < len(projects.slug_of) <= MAX_SLUGS:
        return query
    terms = " ".join(f"slug:{slug}" for slug in sorted(projects.slug_of.values()))
    return (*(pair for pair in query if pair[0] != SEARCH), (SEARCH, BatchSearch(f"{text} {terms}".strip())))


def _narrowed_search(request: EndpointRequest, name: str, projects: ReachedProjects) -> Sequence[tuple[str, str]]:
    """The query with a term for the reached projects in its search."""
    text = next((value for parameter, value in request.query if parameter == name), "")
    if not SYNTAX.isdisjoint(text) or "or" in text.lower().split():
        message = "A search with quotation marks, parentheses or OR cannot be restricted to the caller's projects"
        raise BadRequest(message, title=request.endpoint.title, status=None)
    if not projects.ids:
        raise OutOfReach("No project is within the caller's reach", title=request.endpoint.title)
    term = f"project.id:[{','.join(projects.ids)}]"
    return (*(pair for pair in request.query if pair[0] != name), (name, f"{text} {term}".strip()))


def named_objects(request: EndpointRequest) -> Iterator[tuple[str, str]]:
    """The objects that path and body name and that must be in reach: kind of path parameter, and value.

    Raises OutOfReach for a body without projects where it must name some.
    """
    restriction = request.endpoint.restriction
    members: dict[str, Any] = request.body if isinstance(request.body, dict) else {}
    if restriction.narrowing is Narrowing.BODY and not members.get(restriction.name or ""):
        raise OutOfReach(
            "The input must name what it belongs to, within the caller's reach", title=request.endpoint.title
        )
    if restriction.narrowing is Narrowing.PARENT and restriction.name is not None:
        yield restriction.name, request.path[restriction.name]
    for name, kind in restriction.objects:
        value = members.get(name)
        for item in value if isinstance(value, (list, tuple)) else [] if value is None else [value]:
            yield kind, str(item)


def named_in_query(request: EndpointRequest) -> Iterator[tuple[str, list[str]]]:
    """The objects that the query names: kind of path parameter, and values."""
    for name, kind in request.endpoint.restriction.objects:
        values = [value for parameter, value in request.query if parameter == name]
        if values:
            yield kind, values


def without_objects(request: EndpointRequest, kind: str, reached: frozenset[str]) -> EndpointRequest:
    """The request without objects of a kind in its query that are not reached; raises NotFound when none remains."""
    names = {name for name, named_kind in request.endpoint.restriction.objects if named_kind == kind}
    query = [pair for pair in request.query if pair[0] not in names or pair[1] in reached]
    if not reached:
        raise not_found(request.endpoint)
    return request._replace(query=query)
