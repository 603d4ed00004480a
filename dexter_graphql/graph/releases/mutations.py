"""Mutations of releases."""

from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import mistakes_as_data
from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.relay.references import find_organization
from dexter_graphql.graph.releases.announcements import (
    announce_deletion,
    announce_deploy,
    announce_release,
    update_kind,
)
from dexter_graphql.graph.releases.inputs import (
    ArchiveReleaseInput,
    CreateDeployInput,
    CreateReleaseInput,
    DeleteReleaseInput,
    FinalizeReleaseInput,
    RestoreReleaseInput,
    SetReleaseCommitsInput,
    UpdateReleaseInput,
    commits_body,
    create_body,
    deploy_body,
    given_members,
)
from dexter_graphql.graph.releases.payloads import (
    ArchiveReleasePayload,
    CreateDeployPayload,
    CreateReleasePayload,
    DeleteReleasePayload,
    FinalizeReleasePayload,
    ReleaseResult,
    RestoreReleasePayload,
    SetReleaseCommitsPayload,
    UpdateReleasePayload,
)
from dexter_graphql.graph.releases.references import RELEASE_REFERENCE_ENDPOINTS, find_release
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.release_writes import (
    Body,
    create_deploy,
    create_release,
    delete_release,
    release_project_slugs,
    update_release,
)
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.realtime.changes import Kind
from dexter_graphql.sentry.catalogue import releases as catalogue

FIELD_PATHS = MappingProxyType(
    {name: (name,) for name in ("version", "projects", "ref", "url", "owner", "commits", "refs", "environment", "name")}
    | {
        "dateReleased": ("releasedAt",),
        "dateStarted": ("startedAt",),
        "dateFinished": ("finishedAt",),
        "status": ("isArchived",),
    }
)
"""Member of the request bodies → path in the inputs."""
CHANGED = (("ref", "ref"), ("url", "url"), ("released_at", "dateReleased"))
"""Attribute of UpdateReleaseInput and name in the body."""
refusals_as_data = mistakes_as_data(
    lambda _input, mistakes: ReleaseResult(refusals=mistakes), FIELD_PATHS, absent=("release",)
)


@strawberry.type
class ReleaseMutations:
    """Root fields."""

    @call(uses=(catalogue.CREATE, *RELEASE_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @mistakes_as_data(lambda _input, mistakes: ReleaseResult(refusals=mistakes), FIELD_PATHS, absent=("organization",))
    async def create_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateReleaseInput, strawberry.argument(description="Release to create.")],
    ) -> CreateReleasePayload | None:
        """Create a release, or update the one with this version: then `isNew` is false. Projects are added to it."""
        organization = await find_organization(input.organization, load_context, "organization")
        body = await create_body(input, organization, load_context)
        key = ReleaseKey(organization, input.version)
        created = await create_release(key, body, load_context)
        kind = Kind.CREATED if created.is_new else update_kind(body)
        await announce_release(key, kind, created.raw, load_context)
        return ReleaseResult(created.record, created.is_new)

    @call(uses=(catalogue.UPDATE, *RELEASE_REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def update_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateReleaseInput, strawberry.argument(description="Release and its new values.")],
    ) -> UpdateReleasePayload | None:
        """Change members of a release; those that are not given keep their values."""
        key = await find_release(input.release, input.organization, load_context)
        return await _update(key, given_members(input, CHANGED), load_context)

    @call(uses=(catalogue.UPDATE, *RELEASE_REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def finalize_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[FinalizeReleaseInput, strawberry.argument(description="Release and time.")],
    ) -> FinalizeReleasePayload | None:
        """Set the time when a release was published."""
        key = await find_release(input.release, input.organization, load_context)
        released_at = input.released_at or load_context.loaders.now
        return await _update(key, {"dateReleased": released_at.isoformat()}, load_context)

    @call(uses=(catalogue.UPDATE, *RELEASE_REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def archive_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[ArchiveReleaseInput, strawberry.argument(description="Release to archive.")],
    ) -> ArchiveReleasePayload | None:
        """Archive a release, which leaves it out of lists. Archiving an archived release changes nothing."""
        key = await find_release(input.release, input.organization, load_context)
        return await _update(key, {"status": "archived"}, load_context)

    @call(uses=(catalogue.UPDATE, *RELEASE_REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def restore_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[RestoreReleaseInput, strawberry.argument(description="Release to restore.")],
    ) -> RestoreReleasePayload | None:
        """Restore an archived release. Restoring an open release changes nothing."""
        key = await find_release(input.release, input.organization, load_context)
        return await _update(key, {"status": "open"}, load_context)

    @call(uses=(catalogue.UPDATE, *RELEASE_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def set_release_commits(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[SetReleaseCommitsInput, strawberry.argument(description="Release and its commits.")],
    ) -> SetReleaseCommitsPayload | None:
        """Set the commits of a release: all of them, or the newest one of each repository."""
        key = await find_release(input.release, input.organization, load_context)
        body = await commits_body(input, key.organization, load_context)
        if len(body) != 1:
            raise BadUserInput("Exactly one of 'commits' and 'refs' must be given", ("refs" if body else "commits",))
        return await _update(key, body, load_context)

    @call(uses=(catalogue.DETAIL, catalogue.DELETE, *RELEASE_REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def delete_release(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteReleaseInput, strawberry.argument(description="Release to delete.")],
    ) -> DeleteReleasePayload | None:
        """Delete a release with its files. Sentry refuses that while issues refer to the release."""
        key = await find_release(input.release, input.organization, load_context)
        projects = await release_project_slugs(key, load_context)
        await delete_release(key, load_context)
        await announce_deletion(key, projects, load_context)
        return ReleaseResult(deleted_id=encode_id("Release", key.organization.id, key.version))

    @call(uses=(catalogue.CREATE_DEPLOY, catalogue.DETAIL, *RELEASE_REFERENCE_ENDPOINTS, *REFERENCE_ENDPOINTS))
    @refusals_as_data
    async def create_deploy(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateDeployInput, strawberry.argument(description="Release and deploy.")],
    ) -> CreateDeployPayload | None:
        """Record that a release was deployed. Not idempotent: repeating the request records a second deploy."""
        key = await find_release(input.release, input.organization, load_context)
        body = await deploy_body(input, key.organization, load_context)
        created = await create_deploy(key, body, load_context)
        await announce_deploy(key, created.raw, load_context)
        return ReleaseResult(deploy=created.record)


async def _update(key: ReleaseKey, body: Body, load_context: LoadContext) -> ReleaseResult:
    updated = await update_release(key, body, load_context)
    await announce_release(key, update_kind(body), updated.raw, load_context)
    return ReleaseResult(updated.record)
