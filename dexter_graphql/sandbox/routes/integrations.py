"""Routes of integrations, their providers, Sentry apps and installations."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404, raise_not_found
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import integrations

_READ = any_scope("org:admin", "org:integrations", "org:read", "org:write")
_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_APP_READ = any_scope(
    "event:admin", "event:read", "event:write", "member:read", "org:read", "project:read", "project:releases",
    "team:read",
)  # fmt: skip


def list_integrations(request: Request) -> Response:
    """List the integrations, filtered by provider and features; `includeConfig=0` omits their configuration."""
    organization, provider = request.organization, request.param("providerKey")
    features = {name.lower().replace("_", "-") for name in request.param_list("features")}
    rows = [
        integration
        for integration in organization.integrations
        if provider in {None, integration.provider_key} and features <= set(integration.features)
    ]
    without: dict[str, object] = {"configOrganization": [], "configData": None}
    extra = without if request.param("includeConfig") == "0" else {}
    return paginate(
        request, rows, lambda integration: integrations.serialize_integration(integration, organization) | extra
    )


def get_integration(request: Request) -> object:
    """Get an integration."""
    integration = find_or_404(request.organization.integrations, request.path_params["integration"])
    return integrations.serialize_integration(integration, request.organization)


def list_providers(request: Request) -> object:
    """List the integration providers, filtered by `providerKey`; 404 for an unknown one."""
    provider, records = request.param("providerKey"), request.organization.integrations
    providers = [integrations.serialize_provider(i) for i in records if provider in {None, i.provider_key}]
    return {"providers": providers or raise_not_found()}


def list_installations(request: Request) -> Response:
    """List the app installations of the organization."""
    organization = request.organization
    return paginate(
        request,
        organization.installations,
        lambda installation: integrations.serialize_installation(installation, organization),
    )


def list_apps(request: Request) -> object:
    """List the internal apps of the organization. Not paginated."""
    return [integrations.serialize_app(app, request.organization) for app in request.organization.apps]


def get_app(request: Request) -> object:
    """Get an app by id, slug or UUID in any organization of the token."""
    key = request.path_params["app"]
    for organization in request.world.organizations:
        if organization.slug in request.token.organizations:
            for app in organization.apps:
                if key in {str(app.id), app.slug, app.uuid}:
                    return integrations.serialize_app(app, organization)
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
