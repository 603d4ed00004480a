"""Integrations, their providers, apps and installations. Tickets tied to issues are served next to issues."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, paginate, raise_not_found
from dexter_graphql.sandbox.serializers import integrations

_READ = any_scope("org:admin", "org:integrations", "org:read", "org:write")
_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_APP_READ = any_scope(
    "event:admin", "event:read", "event:write", "member:read", "org:read", "project:read", "project:releases",
    "team:read",
)  # fmt: skip


def list_integrations(request: Request) -> Response:
    """The organization's integrations, narrowed by provider and features; `includeConfig=0` empties the settings."""
    organization, provider = request.organization, request.param("providerKey")
    features = {name.lower().replace("_", "-") for name in request.param_list("features")}
    rows = [
        one
        for one in organization.integrations
        if provider in {None, one.provider_key} and features <= set(one.features)
    ]
    without: dict[str, object] = {"configOrganization": [], "configData": None}
    extra = without if request.param("includeConfig") == "0" else {}
    return paginate(request, rows, lambda one: integrations.serialize_integration(one, organization) | extra)


def get_integration(request: Request) -> object:
    """One integration."""
    wanted = request.path_params["integration"]
    found = next((one for one in request.organization.integrations if one.id == wanted), None) or raise_not_found()
    return integrations.serialize_integration(found, request.organization)


def list_providers(request: Request) -> object:
    """The providers that could be set up, one of them when `providerKey` names it; 404 for an unknown one."""
    wanted = request.param("providerKey")
    found = [one for one in request.organization.integrations if wanted in {None, one.provider_key}]
    return {"providers": [integrations.serialize_provider(one) for one in found] or raise_not_found()}


def list_installations(request: Request) -> Response:
    """The apps installed in the organization."""
    organization = request.organization
    return paginate(
        request, organization.installations, lambda one: integrations.serialize_installation(one, organization)
    )


def list_apps(request: Request) -> object:
    """The internal apps of the organization, not paged."""
    return [integrations.serialize_app(one, request.organization) for one in request.organization.apps]


def get_app(request: Request) -> object:
    """One app by id or slug, of any organization in reach."""
    wanted = request.path_params["app"]
    for organization in request.world.organizations:
        if organization.slug in request.token.organizations:
            for one in organization.apps:
                if wanted in {str(one.id), one.slug, one.uuid}:
                    return integrations.serialize_app(one, organization)
    return raise_not_found()


_ORGANIZATION = "/organizations/{organization}/"

ROUTES = (
    Route("GET", _ORGANIZATION + "integrations/", list_integrations, _READ),
    Route("GET", _ORGANIZATION + "integrations/{integration}/", get_integration, _READ),
    Route("GET", _ORGANIZATION + "config/integrations/", list_providers, _ORGANIZATION_READ),
    Route(
        "GET",
        _ORGANIZATION + "sentry-app-installations/",
        list_installations,
        any_scope("org:read", "org:integrations"),
    ),
    Route("GET", _ORGANIZATION + "sentry-apps/", list_apps, _ORGANIZATION_READ),
    Route("GET", "/sentry-apps/{app}/", get_app, _APP_READ),
)
