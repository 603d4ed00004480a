"""Routes of the release setup of projects, and of the thresholds of releases."""

from typing import Any

from dexter_graphql.sandbox.http import Request, Route, raise_bad_request
from dexter_graphql.sandbox.routes.releases import READ
from dexter_graphql.sandbox.time_ranges import parse_time_range
from dexter_graphql.sandbox.world.model import Project, Release

_LIMIT = 100
_WINDOW_S = 3600


def get_setup(request: Request) -> object:
    """List the four steps of the setup."""
    project, organization = request.project, request.organization
    releases = [release for release in organization.releases if project in release.projects]
    steps = {
        "tag": any(event.release in releases for event in organization.events.values()),
        "repo": bool(organization.repositories),
        "commit": any(release.commits for release in releases),
        "deploy": any(release.deploys for release in releases),
    }
    return [{"step": step, "complete": is_complete} for step, is_complete in steps.items()]


def list_thresholds(request: Request) -> object:
    """List a threshold of 100 errors an hour for each selected release, by project and version."""
    if not request.param("start") or not request.param("end"):
        raise_bad_request("Missing start or end")
    versions = request.param_list("release")
    environments: list[str | None] = [*request.param_list("environment")] or [None]
    return {
        f"{project.slug}-{release.version}": [
            _serialize(request, project, release, environment) for environment in environments
        ]
        for project in request.selected_projects()
        for release in request.organization.releases
        if project in release.projects and (not versions or release.version in versions)
    }


def _serialize(request: Request, project: Project, release: Release, environment: str | None) -> dict[str, Any]:
    period = parse_time_range(request)
    errors = sum(
        event.release is release and period.contains(event.at) and environment in {None, event.environment}
        for event in request.organization.events.values()
    )
    return {
        "environment": None if environment is None else {"name": environment},
        "project": {"id": project.id, "slug": project.slug, "name": project.name},
        "release": release.version,
        "threshold_type": "total_error_count",
        "trigger_type": "over",
        "value": _LIMIT,
        "window_in_seconds": _WINDOW_S,
        "start": period.start,
        "end": period.end,
        "is_healthy": errors <= _LIMIT,
        "key": f"{project.slug}-{release.version}",
        "project_slug": project.slug,
        "project_id": int(project.id),
        "metric_value": errors,
    }


ROUTES = (
    Route("GET", "/projects/{organization}/{project}/releases/completion/", get_setup, READ),
    Route("GET", "/organizations/{organization}/release-threshold-statuses/", list_thresholds, READ),
)
