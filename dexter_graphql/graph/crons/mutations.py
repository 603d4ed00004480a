"""Mutations of cron monitors."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import UnknownReference
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.crons.inputs import (
    CreateCronMonitorInput,
    DeleteCronMonitorInput,
    UpdateCronMonitorInput,
    changes_of,
    config_of,
)
from dexter_graphql.graph.crons.references import CRON_REFERENCE_ENDPOINTS, CronTarget, find_cron
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.monitors.cron import CronMonitor
from dexter_graphql.graph.projects.references import PROJECT_REFERENCE_ENDPOINTS, find_project
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.relay.references import names_of, reference_of, references_of
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.cron_writes import (
    CREATE_ENDPOINTS,
    DELETE_ENDPOINTS,
    UPDATE_ENDPOINTS,
    create_cron,
    delete_cron,
    update_cron,
)
from dexter_graphql.loaders.crons import CronKey, cron_monitor, monitor_id
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS

FIELD_PATHS = MappingProxyType(
    {name: (name,) for name in ("project", "name", "slug", "status", "owner")}
    | {
        "is_muted": ("isMuted",),
        "config": ("schedule",),
        "config.checkin_margin": ("marginSeconds",),
        "config.max_runtime": ("maxRuntimeSeconds",),
        "config.timezone": ("timezone",),
        "config.failure_issue_threshold": ("failureThreshold",),
        "config.recovery_threshold": ("recoveryThreshold",),
        "environment": ("environments",),
    }
)
"""Member of the request bodies → path in the inputs."""


@dataclass(frozen=True, slots=True)
class CronResult:
    """Result of a mutation of a cron monitor."""

    key: CronKey | None = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


refusals_as_data = mistakes_as_data(
    lambda _input, mistakes: CronResult(refusals=mistakes), FIELD_PATHS, absent=("monitor",)
)


@value_type
class CreateCronMonitorPayload:
    """Result of `createCronMonitor`."""

    monitor: CronMonitor | None = batch(
        cron_monitor, key=lambda result: result.key, reads={}, description="The created monitor."
    )

    @computed()
    def user_errors(result: CronResult) -> list[UserError]:
        """Reasons why the monitor was not created; empty on success."""
        return result.refusals


@value_type
class UpdateCronMonitorPayload:
    """Result of `updateCronMonitor`."""

    monitor: CronMonitor | None = batch(
        cron_monitor, key=lambda result: result.key, reads={}, description="The changed monitor."
    )

    @computed()
    def user_errors(result: CronResult) -> list[UserError]:
        """Reasons why the monitor was not changed; empty on success."""
        return result.refusals


@value_type
class DeleteCronMonitorPayload:
    """Result of `deleteCronMonitor`."""

    monitor: CronMonitor | None = batch(
        cron_monitor,
        key=lambda result: result.key,
        reads={},
        description="The monitor without the deleted environments; null when it was deleted as a whole.",
    )

    @computed()
    def deleted_id(result: CronResult) -> strawberry.ID | None:
        """Global ID of the deleted monitor; null when only environments were deleted."""
        return None if result.deleted_id is None else strawberry.ID(result.deleted_id)

    @computed()
    def user_errors(result: CronResult) -> list[UserError]:
        """Reasons why the monitor was not deleted; empty on success."""
        return result.refusals


@strawberry.type
class CronMutations:
    """Root fields."""

    @call(uses=(*CREATE_ENDPOINTS, *PROJECT_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @mistakes_as_data(lambda _input, mistakes: CronResult(refusals=mistakes), FIELD_PATHS, absent=("project",))
    async def create_cron_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateCronMonitorInput, strawberry.argument(description="Monitor to create.")],
    ) -> CreateCronMonitorPayload | None:
        """Create a monitor of a scheduled job. Not idempotent: without a slug each call creates a monitor."""
        project = await find_project(input.project, input.organization, load_context)
        changes = await changes_of(input, project.organization, load_context)
        [slug] = await names_of([reference_of(input.project, "project")], project.organization, load_context)
        body = {"project": slug, **changes, "config": config_of(input)}
        return CronResult(await create_cron(project.organization, body, load_context))

    @call(uses=(*UPDATE_ENDPOINTS, *CRON_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def update_cron_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateCronMonitorInput, strawberry.argument(description="Monitor and its new values.")],
    ) -> UpdateCronMonitorPayload | None:
        """Change a monitor of a scheduled job. Its current values are read first, as Sentry replaces all of them."""
        target = await find_cron(input.monitor, input.organization, input.project, load_context)
        changes = await changes_of(input, target.key.organization, load_context)
        return CronResult(await update_cron(target.key, changes, config_of(input), load_context))

    @call(uses=(*DELETE_ENDPOINTS, *CRON_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS, *cron_monitor.uses))
    @refusals_as_data
    async def delete_cron_monitor(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteCronMonitorInput, strawberry.argument(description="Monitor to delete.")],
    ) -> DeleteCronMonitorPayload | None:
        """Delete a monitor of a scheduled job with its check-ins, or only some of its environments."""
        target = await find_cron(input.monitor, input.organization, input.project, load_context)
        organization = target.key.organization
        references = references_of(input.environments, "environments")
        names = await names_of(references, organization, load_context)
        deleted_id = None if names else await _id_of(target, load_context)
        await delete_cron(target.key, names, load_context)
        return CronResult(target.key if names else None, deleted_id)


async def _id_of(target: CronTarget, load_context: LoadContext) -> str:
    """The global ID of a monitor; raises UnknownReference when there is none with the slug."""
    number = target.id or await monitor_id(target.key, load_context)
    if number is None:
        raise UnknownReference("The monitor does not exist or is not visible to the token", ("monitor", "slug"))
    return encode_id("Monitor", target.key.organization.id, number)
