"""Client keys of projects."""

from datetime import datetime

from dexter_graphql.graph.declarations.fields import LIST, batch, entity, plain, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import ClientKeyKey, ProjectKey, client_key, projects_by_id


@value_type
class DSN:
    """Endpoints for sending data with a client key. The DSN with the secret key is not exposed."""

    public: str | None = plain(description="DSN for the configuration of an SDK.")
    csp: str | None = plain(description="Endpoint for content security policy reports.")
    security: str | None = plain(description="Endpoint for other browser security reports.")
    minidump: str | None = plain(description="Endpoint for minidumps.")
    nel: str | None = plain(description="Endpoint for Network Error Logging reports.")
    unreal: str | None = plain(description="Endpoint for Unreal Engine crash reports.")
    crons: str | None = plain(
        description="Endpoint for cron check-ins, with a placeholder for the slug of the monitor."
    )
    cdn: str | None = plain(description="URL of the script that loads the browser SDK.")
    playstation: str | None = plain(description="Endpoint for PlayStation crash reports.")
    integration: str | None = plain(description="Endpoint for integrations.")
    otlp_traces: str | None = plain("otlp_traces", description="Endpoint for OpenTelemetry traces.")
    otlp_logs: str | None = plain("otlp_logs", description="Endpoint for OpenTelemetry logs.")


@value_type
class KeyRateLimit:
    """Rate limit of a client key."""

    count: int | None = plain(description="Maximum number of events per window.")
    window_seconds: int | None = plain("window", description="Length of the window in seconds.")


@entity(key=ClientKeyKey, load=client_key, representations=(LIST,))
class ClientKey(Node):
    """Client key (DSN) of a project. Its secret key is not exposed."""

    key: str = plain("id", description="ID of the key in Sentry, which equals its public key.")
    label: str = plain(description="Display name of the key.")
    public: str | None = plain(description="Public key of the DSN.")
    is_active: bool | None = plain("isActive", description="False when events sent with the key are rejected.")
    rate_limit: KeyRateLimit | None = plain("rateLimit", description="Rate limit of the key; null when it has none.")
    dsn: DSN | None = plain(description="Endpoints for sending data with the key.")
    browser_sdk_version: str | None = plain(
        "browserSdkVersion", description="Version of the browser SDK that the `cdn` script loads."
    )
    use_case: str | None = plain(
        "useCase", description="Purpose of the key, for example `user` for keys created by users."
    )
    created_at: datetime | None = plain("dateCreated", description="Time when the key was created.")
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, row.parents.project),
        reads={},
        description="Project that the key belongs to.",
    )
