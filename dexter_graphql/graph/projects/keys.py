"""Client keys: what programs send events with."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from dexter_graphql.graph.declarations.fields import LIST, batch, entity, plain, value_type
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.projects import ClientKeyKey, ProjectKey, client_key, projects_by_id

if TYPE_CHECKING:
    from dexter_graphql.graph.projects.types import Project


@value_type
class DSN:
    """Addresses that programs send to with this key. The one with the secret half is not given."""

    public: str | None = plain(description="What an SDK is set up with.")
    csp: str | None = plain(description="Where browsers report violations of a content security policy.")
    security: str | None = plain(description="Where browsers report other security events.")
    minidump: str | None = plain(description="Where minidumps are sent.")
    nel: str | None = plain(description="Where browsers report network errors.")
    unreal: str | None = plain(description="Where Unreal Engine sends crashes.")
    crons: str | None = plain(description="Where cron jobs check in; the name of the monitor must be put in.")
    cdn: str | None = plain(description="Script that loads the browser SDK.")
    playstation: str | None = plain(description="Where PlayStation sends crashes.")
    integration: str | None = plain(description="Where integrations send to.")
    otlp_traces: str | None = plain("otlp_traces", description="Where OpenTelemetry sends traces.")
    otlp_logs: str | None = plain("otlp_logs", description="Where OpenTelemetry sends logs.")


@value_type
class KeyRateLimit:
    """How many events a key takes."""

    count: int | None = plain(description="Events within one window.")
    window_seconds: int | None = plain("window", description="Length of the window in seconds.")


@entity(key=ClientKeyKey, load=client_key, representations=(LIST,))
class ClientKey(Node):
    """A key that programs send events of a project with. Its secret half is not given."""

    key: str = plain("id", description="Sentry's own id of the key: its public half.")
    label: str = plain(description="Name for people.")
    public: str | None = plain(description="Public half.")
    is_active: bool = plain("isActive", description="False when what is sent with it is refused.")
    rate_limit: KeyRateLimit | None = plain("rateLimit", description="How many events it takes; null without limit.")
    dsn: DSN | None = plain(description="Addresses to send to.")
    browser_sdk_version: str | None = plain(
        "browserSdkVersion", description="Version of the browser SDK that its script loads."
    )
    use_case: str | None = plain("useCase", description="What it is for; `user` for those that people made.")
    date_created: datetime | None = plain("dateCreated", description="When it was made.")
    project: Annotated["Project", strawberry.lazy("dexter_graphql.graph.projects.types")] | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, row.parents.project),
        reads={},
        description="The project.",
    )
