"""Releases with their commits, deploys and files. Release health itself is served by `routes.sessions`."""

import fnmatch
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Request,
    Response,
    Route,
    any_scope,
    paginate,
    raise_bad_request,
    raise_not_found,
)
from dexter_graphql.sandbox.path_lookups import release_of, tokens
from dexter_graphql.sandbox.serializers import releases
from dexter_graphql.sandbox.stats.release_health import HealthFilter, SessionTotals, iter_samples, sum_by
from dexter_graphql.sandbox.time_ranges import parse_period, parse_time_range
from dexter_graphql.sandbox.world.model import Project, Release, ReleaseFile

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
    """The organization's releases, newest first unless `sort` says otherwise; `health=1` adds health."""
    return _list(request, request.selected_projects())


def list_project_releases(request: Request) -> Response:
    """The releases of one project."""
    return _list(request, [request.project])


def get_release(request: Request) -> object:
    """One release; the version in the path is percent-encoded."""
    return one_release(request, release_of(request))


def one_release(request: Request, release: Release) -> object:
    """A release as every single answer shows it."""
    marks = releases.summarize_releases(request.organization)
    health = _health(request, release.projects)(release) if request.bool_param("health") else None
    response = releases.serialize_release(
        release, request.organization, marks.get(release.id, releases.ReleaseSummary()), health
    )
    return response | _adoption(request, release)


def list_commits(request: Request) -> Response:
    """The commits of a release, newest first."""
    rows = sorted(release_of(request).commits, key=lambda one: one.date_created, reverse=True)
    return paginate(request, rows, lambda one: releases.serialize_commit(one, request.organization))


def list_commit_files(request: Request) -> Response:
    """The files that the commits of a release touched."""
    rows = [
        file
        for one in release_of(request).commits
        for file in releases.serialize_commit_files(one, request.organization)
    ]
    return paginate(request, rows)


def list_deploys(request: Request) -> Response:
    """The deploys of a release, the last one first."""
    rows = sorted(release_of(request).deploys, key=lambda one: one.date_finished, reverse=True)
    return paginate(request, rows, releases.serialize_deploy)


def list_files(request: Request) -> Response:
    """The files of a release, narrowed by parts of names (`query`) and by checksums."""
    parts, sums = request.param_list("query"), request.param_list("checksum")
    rows = [
        file
        for file in release_of(request).files
        if (not parts or any(part in file.name for part in parts)) and (not sums or file.sha1 in sums)
    ]
    return paginate(request, rows, releases.serialize_release_file)


def get_file(request: Request) -> object:
    """A file of a release; with `download` its bytes."""
    file: ReleaseFile = (
        next((one for one in release_of(request).files if one.id == request.path_params["file"]), None)
        or raise_not_found()
    )
    if request.param("download") is None:
        return releases.serialize_release_file(file)
    name = file.name.rpartition("/")[2]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.content, headers={"Content-Type": "application/octet-stream", **disposition})


def _list(request: Request, projects: list[Project]) -> Response:
    organization = request.organization
    marks = releases.summarize_releases(organization)
    measure = _health(request, projects) if _needs_health(request) else None
    rows = sorted(_matching(request, projects), key=_order(request, measure), reverse=True)
    shown = measure if request.bool_param("health") else None

    def render_group(release: Release) -> dict[str, Any]:
        mark = marks.get(release.id, releases.ReleaseSummary())
        health = shown(release) if shown else None
        return releases.serialize_release(release, organization, mark, health) | _adoption(request, release)

    return paginate(request, rows, render_group)


def _matching(request: Request, projects: list[Project]) -> list[Release]:
    wanted, text = tokens(request.param("query"), ("release", "release.version", "release.package"))
    environments, status = request.selected_environments(), request.param("status") or "open"
    window = parse_time_range(request) if request.param("statsPeriod") or request.param("start") else None
    return [
        release
        for release in request.organization.releases
        if release.status == status
        and any(project in release.projects for project in projects)
        and (environments is None or any(one.environment in environments for one in release.deploys))
        and (window is None or window.contains(_date(release)))
        and text in release.version.lower()
        and all(_is_named(release, key, values) for key, values in wanted.items())
    ]


def _is_named(release: Release, key: str, patterns: list[str]) -> bool:
    package, _, version = release.version.rpartition("@")
    value = {"release": release.version, "release.version": version, "release.package": package}[key]
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def _needs_health(request: Request) -> bool:
    return request.bool_param("health") or request.param("sort") in _MEMBER_OF_SORT


def _order(request: Request, measure: Callable[[Release], dict[str, Any]] | None) -> Callable[[Release], Any]:
    sort = request.param("sort") or "date"
    if sort not in _SORTS:
        raise_bad_request(f"Invalid sort: {sort}")
    if sort in {"build", "semver"}:
        return lambda release: (_numbers(release), _date(release))
    if measure is None or sort == "date":
        return lambda release: (_date(release), release.id)
    member = _MEMBER_OF_SORT[sort]
    return lambda release: (max((one[member] or 0 for one in measure(release).values()), default=0), release.id)


def _numbers(release: Release) -> tuple[int, ...]:
    found = releases.serialize_version_info(release.version)["version"]
    return tuple(int(found.get(part, 0)) for part in ("major", "minor", "patch"))


def _date(release: Release) -> float:
    return (release.date_released or release.date_created).timestamp()


def _health(request: Request, projects: list[Project]) -> Callable[[Release], dict[str, Any]]:
    """Health data of a release by project id, over `summaryStatsPeriod`, with the shares of each project."""
    period = parse_period(request.param("summaryStatsPeriod") or request.param("statsPeriod") or _DAY)
    if period is None:
        raise_bad_request("Invalid summaryStatsPeriod")
    now = request.world.now()
    names = [one.name for one in request.selected_environment_records()]
    health_filter = HealthFilter(projects, names, now - period, now)
    sums = sum_by(iter_samples(request.organization, health_filter), lambda one: (one.release.id, one.project.id))
    project_totals: dict[str, SessionTotals] = {}
    for (_, project_id), totals in sums.items():
        project_total = project_totals.setdefault(project_id, SessionTotals())
        project_total.sessions += totals.sessions
        project_total.users += totals.users

    def measure(release: Release) -> dict[str, Any]:
        return {
            project.id: _health_data(
                sums.get((release.id, project.id), SessionTotals()),
                project_totals.get(project.id, SessionTotals()),
                is_known=bool(release.deploys),
            )
            for project in release.projects
        }

    return measure


def _health_data(own: SessionTotals, total: SessionTotals, *, is_known: bool) -> dict[str, Any]:
    return {
        "durationP50": None,
        "durationP90": None,
        "crashFreeUsers": _percent(own.share_crashed("user")),
        "crashFreeSessions": _percent(own.share_crashed("session")),
        "totalUsers": own.users,
        "totalUsers24h": own.users,
        "totalProjectUsers24h": total.users,
        "totalSessions": own.sessions,
        "totalSessions24h": own.sessions,
        "totalProjectSessions24h": total.sessions,
        "adoption": 100 * own.users / total.users if total.users else None,
        "sessionsAdoption": 100 * own.sessions / total.sessions if total.sessions else None,
        "sessionsCrashed": own.crashed,
        "sessionsErrored": own.errored,
        "hasHealthData": is_known,
        "stats": {},
    }


def _percent(share_crashed: float | None) -> float | None:
    # Release health speaks of percent here, while `sessions/` speaks of shares between 0 and 1.
    return None if share_crashed is None else 100 * (1 - share_crashed)


def _adoption(request: Request, release: Release) -> dict[str, Any]:
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
    Route("GET", _LIST + "{version}/files/", list_files, READ),
    Route("GET", _LIST + "{version}/files/{file}/", get_file, READ),
    Route("GET", _PROJECT_LIST, list_project_releases, READ),
    Route("GET", _PROJECT_LIST + "{version}/", get_release, any_scope("org:ci", "project:read", "project:releases")),
    Route("GET", _PROJECT_LIST + "{version}/commits/", list_commits, READ),
    Route("GET", _PROJECT_LIST + "{version}/files/", list_files, READ),
    Route("GET", _PROJECT_LIST + "{version}/files/{file}/", get_file, READ),
)
