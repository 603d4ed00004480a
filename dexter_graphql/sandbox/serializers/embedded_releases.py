"""JSON of releases embedded in issues and events."""

from dexter_graphql.sandbox.serializers.versions import serialize_version_info
from dexter_graphql.sandbox.world.model import Commit, Deploy, Release


def serialize_last_deploy(deploy: Deploy) -> dict[str, object]:
    """A deploy embedded in a release."""
    return {
        "id": deploy.id,
        "environment": deploy.environment,
        "name": deploy.name,
        "url": deploy.url,
        "dateStarted": deploy.date_started,
        "dateFinished": deploy.date_finished,
    }


def serialize_last_commit(commit: Commit) -> dict[str, object]:
    """A commit embedded in a release."""
    return {"id": commit.id, "message": commit.message, "dateCreated": commit.date_created}


def serialize_embedded_release(release: Release) -> dict[str, object]:
    """A release embedded in events and issue details."""
    return {
        "id": release.id,
        "version": release.version,
        "versionInfo": serialize_version_info(release.version),
        "status": release.status,
        "ref": release.ref,
        "url": release.url,
        "userAgent": "sentry-cli/2.46.0",
        "data": {},
        "dateCreated": release.date_created,
        "dateReleased": release.date_released,
        "commitCount": len(release.commits),
        "deployCount": len(release.deploys),
        "lastCommit": serialize_last_commit(release.commits[0]) if release.commits else None,
        "lastDeploy": serialize_last_deploy(release.deploys[-1]) if release.deploys else None,
    }


def serialize_issue_release(release: Release) -> dict[str, object]:
    """The `firstRelease` or `lastRelease` of an issue."""
    return serialize_embedded_release(release) | {"shortVersion": release.version.rpartition("@")[2]}
