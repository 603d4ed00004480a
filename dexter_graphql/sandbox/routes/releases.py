"""Routes that read releases with their commits and deploys."""

import fnmatch
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    raise_bad_request,
)
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_release_in_path
from dexter_graphql.sandbox.serializers import releases
from dexter_graphql.sandbox.serializers.versions import serialize_version_info
from dexter_graphql.sandbox.stats.release_health import HealthFilter, SessionTotals, iter_samples, sum_by
from dexter_graphql.sandbox.time_ranges import parse_period, parse_time_range
from dexter_graphql.sandbox.world.model import Project, Release

READ = any_scope("org:ci", "project:admin", "project:read", "project:releases", "project:write")
_MEMBER_OF_SORT = MappingProxyType(
    {
        "sessions": "totalSessions",
        "users": "totalUsers",
        "adoption": "adoption",
        "crash_free_sessions": "crashFreeSessions",
        "crash_free_users": "crashFreeUsers",
    }
)
_SORTS: Final = ("date", "build", "semver", *_MEMBER_OF_SORT)
_DAY: Final = "24h"


def list_releases(request: Request) -> Response:
    """List the organization's releases, newest first or by `sort`; `health=1` adds health data."""
    return _list_releases(request, request.selected_projects())


def list_project_releases(request: Request) -> Response:
    """List the releases of a project."""
    return _list_releases(request, [request.project])


def get_release(request: Request) -> object:
    """Get a release; the version in the path is percent-encoded."""
    return serialize_single_release(request, get_release_in_path(request))


def serialize_single_release(request: Request, release: Release) -> object:
    """The release as the body of a response."""
    summaries = releases.summarize_releases(request.organization)
    health = _make_health_reader(request, release.projects)(release) if request.bool_param("health") else None
    response = releases.serialize_release(
        release, request.organization, summaries.get(release.id, releases.ReleaseSummary()), health
    )
    return response | _serialize_adoption(request, release)


def list_commits(request: Request) -> Response:
    """List the commits of a release, newest first."""
    rows = sorted(get_release_in_path(request).commits, key=lambda commit: commit.date_created, reverse=True)
    return paginate(request, rows, lambda release: releases.serialize_commit(release, request.organization))


def list_commit_files(request: Request) -> Response:
    """List the files changed by the commits of a release."""
    rows = [
        file
        for commit in get_release_in_path(request).commits
        for file in releases.serialize_commit_files(commit, request.organization)
    ]
    return paginate(request, rows)


def list_deploys(request: Request) -> Response:
    """List the deploys of a release, newest first."""
    rows = sorted(get_release_in_path(request).deploys, key=lambda deploy: deploy.date_finished, reverse=True)
    return paginate(request, rows, releases.serialize_deploy)


def _list_releases(request: Request, projects: list[Project]) -> Response:
    organization = request.organization
    summaries = releases.summarize_releases(organization)
    read_health = _make_health_reader(request, projects) if _needs_health(request) else None
    rows = sorted(_filter_releases(request, projects), key=_sort_key(request, read_health), reverse=True)
    listed_health = read_health if request.bool_param("health") else None

    def render_group(release: Release) -> dict[str, Any]:
        summary = summaries.get(release.id, releases.ReleaseSummary())
        health = listed_health(release) if listed_health else None
        return releases.serialize_release(release, organization, summary, health) | _serialize_adoption(
            request, release
        )

    return paginate(request, rows, render_group)


def _filter_releases(request: Request, projects: list[Project]) -> list[Release]:
    filters, text = parse_filters(request.param("query"), ("release", "release.version", "release.package"))
    environments, status = request.selected_environments(), request.param("status") or "open"
    window = parse_time_range(request) if request.param("statsPeriod") or request.param("start") else None
    return [
        release
        for release in request.organization.releases
        if release.status == status
        and any(project in release.projects for project in projects)
        and (environments is None or any(deploy.environment in environments for deploy in release.deploys))
        and (window is None or window.contains(_timestamp(release)))
        and text in release.version.lower()
        and all(_matches_version(release, key, values) for key, values in filters.items())
    ]


def _matches_version(release: Release, key: str, patterns: list[str]) -> bool:
    package, _, version = release.version.rpartition("@")
    value = {"release": release.version, "release.version": version, "release.package": package}[key]
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def _needs_health(request: Request) -> bool:
    return request.bool_param("health") or request.param("sort") in _MEMBER_OF_SORT


def _sort_key(request: Request, read_health: Callable[[Release], dict[str, Any]] | None) -> Callable[[Release], Any]:
    sort = request.param("sort") or "date"
    if sort not in _SORTS:
        raise_bad_request(f"Invalid sort: {sort}")
    if sort in {"build", "semver"}:
        return lambda release: (_version_numbers(release), _timestamp(release))
    if read_health is None or sort == "date":
        return lambda release: (_timestamp(release), release.id)
    member = _MEMBER_OF_SORT[sort]
    return lambda release: (
        max((health[member] or 0 for health in read_health(release).values()), default=0),
        release.id,
    )


def _version_numbers(release: Release) -> tuple[int, ...]:
    version = serialize_version_info(release.version)["version"]
    return tuple(int(version.get(part, 0)) for part in ("major", "minor", "patch"))


def _timestamp(release: Release) -> float:
    return (release.date_released or release.date_created).timestamp()


def _make_health_reader(request: Request, projects: list[Project]) -> Callable[[Release], dict[str, Any]]:
    """A function from a release to its health data by project id, over `summaryStatsPeriod`."""
    period = parse_period(request.param("summaryStatsPeriod") or request.param("statsPeriod") or _DAY)
    if period is None:
        raise_bad_request("Invalid summaryStatsPeriod")
    now = request.world.now()
    names = [environment.name for environment in request.selected_environment_records()]
    health_filter = HealthFilter(projects, names, now - period, now)
    sums = sum_by(
        iter_samples(request.organization, health_filter), lambda release: (release.release.id, release.project.id)
    )
    project_totals: dict[str, SessionTotals] = {}
    for (_, project_id), totals in sums.items():
        project_total = project_totals.setdefault(project_id, SessionTotals())
        project_total.sessions += totals.sessions
        project_total.users += totals.users

    def read_health(release: Release) -> dict[str, Any]:
        return {
            project.id: _serialize_health(
                sums.get((release.id, project.id), SessionTotals()),
                project_totals.get(project.id, SessionTotals()),
                is_known=bool(release.deploys),
            )
            for project in release.projects
        }

    return read_health


def _serialize_health(totals: SessionTotals, project_totals: SessionTotals, *, is_known: bool) -> dict[str, Any]:
    return {
        "durationP50": None,
        "durationP90": None,
        "crashFreeUsers": _crash_free_percent(totals.share_crashed("user")),
        "crashFreeSessions": _crash_free_percent(totals.share_crashed("session")),
        "totalUsers": totals.users,
        "totalUsers24h": totals.users,
        "totalProjectUsers24h": project_totals.users,
        "totalSessions": totals.sessions,
        "totalSessions24h": totals.sessions,
        "totalProjectSessions24h": project_totals.sessions,
        "adoption": 100 * totals.users / project_totals.users if project_totals.users else None,
        "sessionsAdoption": 100 * totals.sessions / project_totals.sessions if project_totals.sessions else None,
        "sessionsCrashed": totals.crashed,
        "sessionsErrored": totals.errored,
        "hasHealthData": is_known,
        "stats": {},
    }


def _crash_free_percent(share_crashed: float | None) -> float | None:
    # Health data of releases is in percent; `sessions/` returns ratios between 0 and 1.
    return None if share_crashed is None else 100 * (1 - share_crashed)


def _serialize_adoption(request: Request, release: Release) -> dict[str, Any]:
    if not request.bool_param("adoptionStages"):
        return {}
    stage = {"stage": "adopted", "adopted": release.date_released, "unadopted": None}
    return {"adoptionStages": {project.slug: stage for project in release.projects}}


_LIST = "/organizations/{organization}/releases/"
_PROJECT_LIST = "/projects/{organization}/{project}/releases/"

ROUTES = (
    Route("GET", _LIST, list_releases, READ),
    Route("GET", _LIST + "{version}/", get_release, READ),
    Route("GET", _LIST + "{version}/commits/", list_commits, READ),
    Route("GET", _LIST + "{version}/commitfiles/", list_commit_files, any_scope("project:releases")),
    Route("GET", _LIST + "{version}/deploys/", list_deploys, READ),
    Route("GET", _PROJECT_LIST, list_project_releases, READ),
    Route("GET", _PROJECT_LIST + "{version}/", get_release, any_scope("org:ci", "project:read", "project:releases")),
    Route("GET", _PROJECT_LIST + "{version}/commits/", list_commits, READ),
)
