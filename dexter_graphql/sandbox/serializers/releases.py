"""Writes releases, commits, deploys and repositories as Sentry prints them. Does not know how to find them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.serializers.actors import serialize_user
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

_SEMANTIC = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([\w.]+))?(?:\+([\w.]+))?")
_HASH_LENGTH: Final = 40
_SHORT_HASH: Final = 12


@dataclass(slots=True)
class ReleaseSummary:
    """What the events of an organization say about one release."""

    new_issues: dict[str, int] = field(default_factory=dict)
    first_event: datetime | None = None
    last_event: datetime | None = None


def summarize_releases(organization: Organization) -> dict[int, ReleaseSummary]:
    """A footprint per release id; releases without events are absent."""
    found: dict[int, ReleaseSummary] = {}
    for issue in organization.issues.values():
        first = issue.events[0].release
        if first is not None:
            counts = found.setdefault(first.id, ReleaseSummary()).new_issues
            counts[issue.project.id] = counts.get(issue.project.id, 0) + 1
    for event in organization.events.values():
        if event.release is not None:
            mark = found.setdefault(event.release.id, ReleaseSummary())
            mark.first_event = min(mark.first_event or event.time, event.time)
            mark.last_event = max(mark.last_event or event.time, event.time)
    return found


def serialize_release(
    record: Release,
    organization: Organization,
    footprint: ReleaseSummary,
    health: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A release, the same in lists and alone; `health` holds what each project (by id) says about health."""
    newest = max(record.commits, key=lambda one: one.date_created, default=None)
    last = max(record.deploys, key=lambda one: one.date_finished, default=None)
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
        "newGroups": sum(footprint.new_issues.values()),
        "owner": serialize_user(record.owner) if record.owner else None,
        "commitCount": len(record.commits),
        "lastCommit": serialize_commit(newest, organization) if newest else None,
        "deployCount": len(record.deploys),
        "lastDeploy": serialize_deploy(last) if last else None,
        "authors": [
            serialize_author(person) for person in {one.author.email: one.author for one in record.commits}.values()
        ],
        "projects": [_project(one, record, footprint, health) for one in record.projects],
        "firstEvent": footprint.first_event,
        "lastEvent": footprint.last_event,
        "currentProjectMeta": {},
        "userAgent": None,
    }


def serialize_author(person: User) -> dict[str, Any]:
    """Who wrote a commit: a user, or name and address of somebody without an account."""
    return serialize_user(person) if person.id else {"name": person.name, "email": person.email}


def serialize_commit(record: Commit, organization: Organization) -> dict[str, Any]:
    """A commit with the releases it is part of."""
    return serialize_repository_commit(record) | {
        "releases": [
            {
                "version": one.version,
                "shortVersion": one.version,
                "ref": one.ref,
                "url": one.url,
                "dateReleased": one.date_released,
                "dateCreated": one.date_created,
            }
            for one in organization.releases
            if any(other.id == record.id for other in one.commits)
        ]
    }


def serialize_repository_commit(record: Commit) -> dict[str, Any]:
    """A commit as the list of its repository shows it."""
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
    """The files a commit touched."""
    return [
        {
            "id": f"{int(record.id[:8], 16)}{place}",
            "orgId": int(organization.id),
            "author": serialize_author(record.author),
            "commitMessage": record.message,
            "filename": path,
            "type": kind,
            "repoName": record.repository.name,
        }
        for place, (path, kind) in enumerate(record.files)
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
    """A deploy; it does not say of which release."""
    return {
        "id": record.id,
        "environment": record.environment,
        "dateStarted": record.date_started,
        "dateFinished": record.date_finished,
        "name": record.name,
        "url": record.url,
    }


def serialize_release_file(record: ReleaseFile) -> dict[str, Any]:
    """A file of a release, without its bytes."""
    return {
        "id": record.id,
        "name": record.name,
        "dist": record.dist,
        "headers": dict(record.headers),
        "size": len(record.content),
        "sha1": record.sha1,
        "dateCreated": record.date_created,
    }


def serialize_version_info(version: str) -> dict[str, Any]:
    """The parts of a version: `package@1.2.3-pre+build`, or a package with anything else after the sign."""
    package, _, raw = version.rpartition("@")
    match, is_hash = _SEMANTIC.fullmatch(raw), len(raw) == _HASH_LENGTH
    parts: dict[str, Any] = {"raw": raw}
    if match:
        major, minor, patch, pre, build = match.groups()
        numbers = {"major": int(major), "minor": int(minor), "patch": int(patch)}
        parts |= {**numbers, "pre": pre, "buildCode": build, "components": 3}
    return {
        "package": package or None,
        "version": parts,
        "description": raw[:_SHORT_HASH] if is_hash else raw,
        "buildHash": raw if is_hash else None,
    }


def _project(
    record: Project, owner: Release, footprint: ReleaseSummary, health: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": int(record.id),
        "slug": record.slug,
        "name": record.name,
        "newGroups": footprint.new_issues.get(record.id, 0),
        "platform": record.platform,
        "platforms": [record.platform],
        "hasHealthData": bool(owner.deploys),
    }
    return answer if health is None else answer | {"healthData": health.get(record.id)}
