"""JSON of releases, commits, deploys, files and repositories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.serializers.versions import serialize_version_info
from dexter_graphql.sandbox.world.model import (
    Commit,
    Deploy,
    Organization,
    Project,
    Release,
    ReleaseFile,
    Repository,
    User,
)


@dataclass(slots=True)
class ReleaseSummary:
    """New issues by project, and the first and last event, of one release."""

    new_issues: dict[str, int] = field(default_factory=dict)
    first_event: datetime | None = None
    last_event: datetime | None = None


def summarize_releases(organization: Organization) -> dict[int, ReleaseSummary]:
    """A summary by release id; releases without events are absent."""
    summaries: dict[int, ReleaseSummary] = {}
    for issue in organization.issues.values():
        first = issue.events[0].release
        if first is not None:
            new_issues = summaries.setdefault(first.id, ReleaseSummary()).new_issues
            new_issues[issue.project.id] = new_issues.get(issue.project.id, 0) + 1
    for event in organization.events.values():
        if event.release is not None:
            summary = summaries.setdefault(event.release.id, ReleaseSummary())
            summary.first_event = min(summary.first_event or event.time, event.time)
            summary.last_event = max(summary.last_event or event.time, event.time)
    return summaries


def serialize_release(
    record: Release,
    organization: Organization,
    summary: ReleaseSummary,
    health: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A release in lists and alone; `health` is its health data by project id."""
    newest = max(record.commits, key=lambda commit: commit.date_created, default=None)
    last = max(record.deploys, key=lambda deploy: deploy.date_finished, default=None)
    return {
        "id": record.id,
        "version": record.version,
        "shortVersion": record.version,
        "status": record.status,
        "versionInfo": serialize_version_info(record.version),
        "ref": record.ref,
        "url": record.url,
        "dateReleased": record.date_released,
        "dateCreated": record.date_created,
        "data": {},
        "newGroups": sum(summary.new_issues.values()),
        "owner": serialize_user(record.owner) if record.owner else None,
        "commitCount": len(record.commits),
        "lastCommit": serialize_commit(newest, organization) if newest else None,
        "deployCount": len(record.deploys),
        "lastDeploy": serialize_deploy(last) if last else None,
        "authors": [
            serialize_author(user)
            for user in {commit.author.email: commit.author for commit in record.commits}.values()
        ],
        "projects": [_project(project, record, summary, health) for project in record.projects],
        "firstEvent": summary.first_event,
        "lastEvent": summary.last_event,
        "currentProjectMeta": {},
        "userAgent": None,
    }


def serialize_author(user: User) -> dict[str, Any]:
    """The author of a commit: a user, or name and email without an account."""
    return serialize_user(user) if user.id else {"name": user.name, "email": user.email}


def serialize_commit(record: Commit, organization: Organization) -> dict[str, Any]:
    """A commit with its releases."""
    return serialize_repository_commit(record) | {
        "releases": [
            {
                "version": release.version,
                "shortVersion": release.version,
                "ref": release.ref,
                "url": release.url,
                "dateReleased": release.date_released,
                "dateCreated": release.date_created,
            }
            for release in organization.releases
            if any(other.id == record.id for other in release.commits)
        ]
    }


def serialize_repository_commit(record: Commit) -> dict[str, Any]:
    """A commit in the list of its repository."""
    return {
        "id": record.id,
        "message": record.message,
        "dateCreated": record.date_created,
        "pullRequest": None,
        "suspectCommitType": "",
        "repository": serialize_repository(record.repository),
        "author": serialize_author(record.author),
    }


def serialize_commit_files(record: Commit, organization: Organization) -> list[dict[str, Any]]:
    """The files changed by a commit."""
    return [
        {
            "id": f"{int(record.id[:8], 16)}{index}",
            "orgId": int(organization.id),
            "author": serialize_author(record.author),
            "commitMessage": record.message,
            "filename": path,
            "type": kind,
            "repoName": record.repository.name,
        }
        for index, (path, kind) in enumerate(record.files)
    ]


def serialize_repository(record: Repository) -> dict[str, Any]:
    """A source repository."""
    return {
        "id": record.id,
        "name": record.name,
        "url": record.url,
        "provider": {"id": record.provider_id, "name": record.provider_name},
        "status": record.status,
        "dateCreated": record.date_created,
        "integrationId": record.integration_id,
        "externalSlug": record.external_slug,
        "externalId": record.external_id,
    }


def serialize_deploy(record: Deploy) -> dict[str, Any]:
    """A deploy, which does not name its release."""
    return {
        "id": record.id,
        "environment": record.environment,
        "dateStarted": record.date_started,
        "dateFinished": record.date_finished,
        "name": record.name,
        "url": record.url,
    }


def serialize_release_file(record: ReleaseFile) -> dict[str, Any]:
    """A file of a release without its content."""
    return {
        "id": record.id,
        "name": record.name,
        "dist": record.dist,
        "headers": dict(record.headers),
        "size": len(record.content),
        "sha1": record.sha1,
        "dateCreated": record.date_created,
    }


def _project(
    record: Project, release: Release, summary: ReleaseSummary, health: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": int(record.id),
        "slug": record.slug,
        "name": record.name,
        "newGroups": summary.new_issues.get(record.id, 0),
        "platform": record.platform,
        "platforms": [record.platform],
        "hasHealthData": bool(release.deploys),
    }
    return body if health is None else body | {"healthData": health.get(record.id)}
