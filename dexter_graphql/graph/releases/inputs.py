"""Inputs of release mutations, and the request bodies that they are translated to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.commits.enums import FileChange
from dexter_graphql.graph.common.optional_members import null_mistake, optional
from dexter_graphql.graph.relay.references import (
    EnvironmentReference,
    OrganizationReference,
    ProjectReference,
    ReleaseReference,
    RepositoryReference,
    UserReference,
    names_of,
    reference_of,
    references_of,
)
from dexter_graphql.graph.releases.references import ORGANIZATION
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.parents import OrganizationRef

Body = dict[str, Any]
REF = "Branch, tag or commit from which the release was built."
URL = "URL with details about the release."
COMMITS = "All commits of the release, newest first. They replace those that it has."
REFS = (
    "Newest commit of each repository. Sentry fetches the commits since the previous release in the background; the"
    " repositories must be connected by an integration."
)


@strawberry.input(description="Changed file of a commit.")
class FileChangeInput:
    """Input."""

    path: str = strawberry.field(description="Path of the file in the repository.")
    change: FileChange = strawberry.field(description="Kind of change. UNKNOWN is refused.")


@strawberry.input(description="Commit of a release.")
class ReleaseCommitInput:
    """Input."""

    key: str = strawberry.field(description="Hash of the commit.")
    repository: RepositoryReference | None = optional(
        "Repository of the commit. Sentry creates one for a name that it does not know."
    )
    message: str | None = optional("Complete commit message.")
    author_name: str | None = optional("Name of the author.")
    author_email: str | None = optional("Email address of the author.")
    committed_at: datetime | None = optional("Time of the commit. Default: now.")
    changes: list[FileChangeInput] | None = optional("Changed files, from which Sentry finds suspect commits.")


@strawberry.input(description="Newest commit of a repository in a release.")
class ReleaseRefInput:
    """Input."""

    repository: RepositoryReference = strawberry.field(description="Repository of the commit.")
    commit: str = strawberry.field(description="Hash of the newest commit.")
    previous_commit: str | None = optional("Hash of the newest commit of the previous release.")


@strawberry.input(description="Input of `createRelease`.")
class CreateReleaseInput:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the release.")
    version: str = strawberry.field(description="Version, at most 200 characters, for example `shop@1.4.0`.")
    projects: list[ProjectReference] = strawberry.field(description="Projects of the release, at least one.")
    ref: str | None = optional(REF)
    url: str | None = optional(URL)
    released_at: datetime | None = optional("Time when the release was published.")
    is_archived: bool | None = optional("True to create it as an archived release.")
    owner: UserReference | None = optional("User who owns the release.")
    commits: list[ReleaseCommitInput] | None = optional(COMMITS)
    refs: list[ReleaseRefInput] | None = optional(REFS)


@strawberry.input(description="Input of `updateRelease`.")
class UpdateReleaseInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release to change.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    ref: str | None = optional(REF)
    url: str | None = optional(URL)
    released_at: datetime | None = optional("Time when the release was published.")


@strawberry.input(description="Input of `finalizeRelease`.")
class FinalizeReleaseInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release that was published.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    released_at: datetime | None = strawberry.field(
        default=None, description="Time when the release was published. Default: now."
    )


@strawberry.input(description="Input of `archiveRelease`.")
class ArchiveReleaseInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release to archive.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)


@strawberry.input(description="Input of `restoreRelease`.")
class RestoreReleaseInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Archived release.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)


@strawberry.input(description="Input of `deleteRelease`.")
class DeleteReleaseInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release to delete, with all of its files.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)


@strawberry.input(description="Input of `setReleaseCommits`. Exactly one of `commits` and `refs` must be given.")
class SetReleaseCommitsInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release of the commits.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    commits: list[ReleaseCommitInput] | None = optional(COMMITS)
    refs: list[ReleaseRefInput] | None = optional(REFS)


@strawberry.input(description="Input of `createDeploy`.")
class CreateDeployInput:
    """Input."""

    release: ReleaseReference = strawberry.field(description="Release that was deployed.")
    organization: OrganizationReference | None = strawberry.field(default=None, description=ORGANIZATION)
    environment: EnvironmentReference = strawberry.field(
        description="Environment of the deploy. Sentry creates one for a name that it does not know."
    )
    name: str | None = optional("Name of the deploy, at most 64 characters.")
    url: str | None = optional("URL with details about the deploy.")
    started_at: datetime | None = optional("Time when the deploy started.")
    finished_at: datetime | None = optional("Time when the deploy finished. Default: now.")
    projects: list[ProjectReference] | None = optional(
        "Projects of the release that were deployed. Default: all of them."
    )


def is_given(value: Any, *field: str) -> bool:
    """True when an optional member is given; raises BadUserInput for null, which Sentry ignores."""
    if value is None:
        raise null_mistake(*field)
    return value is not strawberry.UNSET


def given_members(given: Any, names: Sequence[tuple[str, str]], *field: str) -> Body:
    """The members of an input that are given, by the names in the body; `names` are pairs of attribute and name."""
    body = {}
    for attribute, wire in names:
        value = getattr(given, attribute)
        if is_given(value, *field, _graphql_name(attribute)):
            body[wire] = value.isoformat() if isinstance(value, datetime) else value
    return body


async def create_body(input: CreateReleaseInput, organization: OrganizationRef, load_context: LoadContext) -> Body:
    """The body that creates a release, without its version."""
    if not input.projects:
        raise BadUserInput("'projects' requires at least one project", ("projects",))
    body: Body = {"projects": await names_of(references_of(input.projects, "projects"), organization, load_context)}
    body |= given_members(input, (("ref", "ref"), ("url", "url"), ("released_at", "dateReleased")))
    if is_given(input.is_archived, "isArchived"):
        body["status"] = "archived" if input.is_archived else "open"
    if is_given(input.owner, "owner"):
        body["owner"] = await _name(input.owner, organization, load_context, "owner")
    return body | await commits_body(input, organization, load_context)


async def commits_body(
    input: CreateReleaseInput | SetReleaseCommitsInput, organization: OrganizationRef, load_context: LoadContext
) -> Body:
    """The commits and refs of an input."""
    body: Body = {}
    if is_given(input.commits, "commits"):
        commits: Sequence[Any] = input.commits or ()
        body["commits"] = [
            await _commit(commit, organization, load_context, "commits", str(index))
            for index, commit in enumerate(commits)
        ]
    if is_given(input.refs, "refs"):
        refs: Sequence[Any] = input.refs or ()
        body["refs"] = [
            await _ref(ref, organization, load_context, "refs", str(index)) for index, ref in enumerate(refs)
        ]
    return body


async def deploy_body(input: CreateDeployInput, organization: OrganizationRef, load_context: LoadContext) -> Body:
    """The body that records a deploy."""
    environment = await _name(input.environment, organization, load_context, "environment")
    names = (("name", "name"), ("url", "url"), ("started_at", "dateStarted"), ("finished_at", "dateFinished"))
    body = {"environment": environment, **given_members(input, names)}
    if is_given(input.projects, "projects"):
        body["projects"] = await names_of(references_of(input.projects, "projects"), organization, load_context)
    return body


async def _commit(
    commit: ReleaseCommitInput, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> Body:
    names = (
        ("message", "message"),
        ("author_name", "author_name"),
        ("author_email", "author_email"),
        ("committed_at", "timestamp"),
    )
    body = {"id": commit.key, **given_members(commit, names, *field)}
    if is_given(commit.repository, *field, "repository"):
        body["repository"] = await _name(commit.repository, organization, load_context, *field, "repository")
    if is_given(commit.changes, *field, "changes"):
        changes: Sequence[FileChangeInput] = commit.changes or ()
        body["patch_set"] = [_patch(change, *field, "changes", str(index)) for index, change in enumerate(changes)]
    return body


async def _ref(ref: ReleaseRefInput, organization: OrganizationRef, load_context: LoadContext, *field: str) -> Body:
    repository = await _name(ref.repository, organization, load_context, *field, "repository")
    previous = given_members(ref, (("previous_commit", "previousCommit"),), *field)
    return {"repository": repository, "commit": ref.commit, **previous}


async def _name(value: Any, organization: OrganizationRef, load_context: LoadContext, *field: str) -> str:
    """The name of a single referenced object."""
    (name,) = await names_of([reference_of(value, *field)], organization, load_context)
    return name


def _patch(change: FileChangeInput, *field: str) -> Body:
    if change.change is FileChange.UNKNOWN:
        raise BadUserInput("'change' does not accept UNKNOWN", (*field, "change"))
    return {"path": change.path, "type": change.change.value}


def _graphql_name(attribute: str) -> str:
    first, *rest = attribute.split("_")
    return first + "".join(part.capitalize() for part in rest)
