"""Endpoints of traces."""

from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.path_parameters import HEX, PathParameter
from dexter_graphql.sentry.restriction import AccessLevel, by_response, whole_organization

PARAMETERS = (("trace", PathParameter("trace ID", HEX)),)

DETAIL = Endpoint(
    "traces.detail",
    "GET",
    "/organizations/{organization}/trace/{trace}/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_response("project_id", nested=("children", "errors", "occurrences")),
    parameters=PARAMETERS,
)
META = Endpoint(
    "traces.meta",
    "GET",
    "/organizations/{organization}/trace-meta/{trace}/",
    ("org:admin", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    parameters=PARAMETERS,
)
