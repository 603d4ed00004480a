"""Integrations, their providers, apps and installations. Tickets tied to issues are served next to issues."""

from dexter_graphql.sandbox.http import Answer, Call, Route, not_found, paginate, scopes
from dexter_graphql.sandbox.serializers import integrations

_READ = scopes("org:admin", "org:integrations", "org:read", "org:write")
_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_APP_READ = scopes(
    "event:admin", "event:read", "event:write", "member:read", "org:read", "project:read", "project:releases",
    "team:read",
)  # fmt: skip


def list_integrations(call: Call) -> Answer:
    """The organization's integrations, narrowed by provider and features; `includeConfig=0` empties the settings."""
    organization, provider = call.organization, call.text("providerKey")
    features = {name.lower().replace("_", "-") for name in call.texts("features")}
    rows = [
        one
        for one in organization.integrations
        if provider in {None, one.provider_key} and features <= set(one.features)
    ]
    without: dict[str, object] = {"configOrganization": [], "configData": None}
    extra = without if call.text("includeConfig") == "0" else {}
    return paginate(call, rows, lambda one: integrations.integration(one, organization) | extra)


def get_integration(call: Call) -> object:
    """One integration."""
    wanted = call.parameters["integration"]
    found = next((one for one in call.organization.integrations if one.id == wanted), None) or not_found()
    return integrations.integration(found, call.organization)


def list_providers(call: Call) -> object:
    """The providers that could be set up, one of them when `providerKey` names it; 404 for an unknown one."""
    wanted = call.text("providerKey")
    found = [one for one in call.organization.integrations if wanted in {None, one.provider_key}]
    return {"providers": [integrations.provider(one) for one in found] or not_found()}


def list_installations(call: Call) -> Answer:
    """The apps installed in the organization."""
    organization = call.organization
    return paginate(call, organization.installations, lambda one: integrations.installation(one, organization))


def list_apps(call: Call) -> object:
    """The internal apps of the organization, not paged."""
    return [integrations.app(one, call.organization) for one in call.organization.apps]


def get_app(call: Call) -> object:
    """One app by id or slug, of any organization in reach."""
    wanted = call.parameters["app"]
    for organization in call.world.organizations:
        if organization.slug in call.token.organizations:
            for one in organization.apps:
                if wanted in {str(one.id), one.slug, one.uuid}:
                    return integrations.app(one, organization)
    return not_found()


_ORGANIZATION = "/organizations/{organization}/"

ROUTES = (
    Route("GET", _ORGANIZATION + "integrations/", list_integrations, _READ),
    Route("GET", _ORGANIZATION + "integrations/{integration}/", get_integration, _READ),
    Route("GET", _ORGANIZATION + "config/integrations/", list_providers, _ORGANIZATION_READ),
    Route(
        "GET", _ORGANIZATION + "sentry-app-installations/", list_installations, scopes("org:read", "org:integrations")
    ),
    Route("GET", _ORGANIZATION + "sentry-apps/", list_apps, _ORGANIZATION_READ),
    Route("GET", "/sentry-apps/{app}/", get_app, _APP_READ),
)
