"""Releases with their commits, deploys and files. Release health itself is served by `routes.sessions`."""

import fnmatch
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from dexter_graphql.sandbox.http import Answer, Call, Route, bad_request, not_found, paginate, scopes
from dexter_graphql.sandbox.path_lookups import release_of, tokens
from dexter_graphql.sandbox.serializers import releases
from dexter_graphql.sandbox.stats.release_health import Scope, Tally, samples, tallies
from dexter_graphql.sandbox.time_ranges import parse_period, time_range
from dexter_graphql.sandbox.world.model import Project, Release, ReleaseFile

READ = scopes("org:ci", "project:admin", "project:read", "project:releases", "project:write")
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


def list_releases(call: Call) -> Answer:
    """The organization's releases, newest first unless `sort` says otherwise; `health=1` adds health."""
    return _list(call, call.projects())


def list_project_releases(call: Call) -> Answer:
    """The releases of one project."""
    return _list(call, [call.project])


def get_release(call: Call) -> object:
    """One release; the version in the path is percent-encoded."""
    return one_release(call, release_of(call))


def one_release(call: Call, release: Release) -> object:
    """A release as every single answer shows it."""
    marks = releases.footprints(call.organization)
    health = _health(call, release.projects)(release) if call.flag("health") else None
    answer = releases.release(release, call.organization, marks.get(release.id, releases.Footprint()), health)
    return answer | _adoption(call, release)


def list_commits(call: Call) -> Answer:
    """The commits of a release, newest first."""
    rows = sorted(release_of(call).commits, key=lambda one: one.date_created, reverse=True)
    return paginate(call, rows, lambda one: releases.commit(one, call.organization))


def list_commit_files(call: Call) -> Answer:
    """The files that the commits of a release touched."""
    rows = [file for one in release_of(call).commits for file in releases.commit_files(one, call.organization)]
    return paginate(call, rows)


def list_deploys(call: Call) -> Answer:
    """The deploys of a release, the last one first."""
    rows = sorted(release_of(call).deploys, key=lambda one: one.date_finished, reverse=True)
    return paginate(call, rows, releases.deploy)


def list_files(call: Call) -> Answer:
    """The files of a release, narrowed by parts of names (`query`) and by checksums."""
    parts, sums = call.texts("query"), call.texts("checksum")
    rows = [
        file
        for file in release_of(call).files
        if (not parts or any(part in file.name for part in parts)) and (not sums or file.sha1 in sums)
    ]
    return paginate(call, rows, releases.release_file)


def get_file(call: Call) -> object:
    """A file of a release; with `download` its bytes."""
    file: ReleaseFile = (
        next((one for one in release_of(call).files if one.id == call.parameters["file"]), None) or not_found()
    )
    if call.text("download") is None:
        return releases.release_file(file)
    name = file.name.rpartition("/")[2]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(file.content, headers={"Content-Type": "application/octet-stream", **disposition})


def _list(call: Call, projects: list[Project]) -> Answer:
    organization = call.organization
    marks = releases.footprints(organization)
    measure = _health(call, projects) if _needs_health(call) else None
    rows = sorted(_matching(call, projects), key=_order(call, measure), reverse=True)
    shown = measure if call.flag("health") else None

    def render(release: Release) -> dict[str, Any]:
        mark = marks.get(release.id, releases.Footprint())
        health = shown(release) if shown else None
        return releases.release(release, organization, mark, health) | _adoption(call, release)

    return paginate(call, rows, render)


def _matching(call: Call, projects: list[Project]) -> list[Release]:
    wanted, text = tokens(call.text("query"), ("release", "release.version", "release.package"))
    environments, status = call.environments(), call.text("status") or "open"
    window = time_range(call) if call.text("statsPeriod") or call.text("start") else None
    return [
        release
        for release in call.organization.releases
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


def _needs_health(call: Call) -> bool:
    return call.flag("health") or call.text("sort") in _MEMBER_OF_SORT


def _order(call: Call, measure: Callable[[Release], dict[str, Any]] | None) -> Callable[[Release], Any]:
    sort = call.text("sort") or "date"
    if sort not in _SORTS:
        bad_request(f"Invalid sort: {sort}")
    if sort in {"build", "semver"}:
        return lambda release: (_numbers(release), _date(release))
    if measure is None or sort == "date":
        return lambda release: (_date(release), release.id)
    member = _MEMBER_OF_SORT[sort]
    return lambda release: (max((one[member] or 0 for one in measure(release).values()), default=0), release.id)


def _numbers(release: Release) -> tuple[int, ...]:
    found = releases.version_info(release.version)["version"]
    return tuple(int(found.get(part, 0)) for part in ("major", "minor", "patch"))


def _date(release: Release) -> float:
    return (release.date_released or release.date_created).timestamp()


def _health(call: Call, projects: list[Project]) -> Callable[[Release], dict[str, Any]]:
    """Health data of a release by project id, over `summaryStatsPeriod`, with the shares of each project."""
    period = parse_period(call.text("summaryStatsPeriod") or call.text("statsPeriod") or _DAY)
    if period is None:
        bad_request("Invalid summaryStatsPeriod")
    now = call.world.now()
    names = [one.name for one in call.environment_records()]
    scope = Scope(projects, names, now - period, now)
    sums = tallies(samples(call.organization, scope), lambda one: (one.release.id, one.project.id))
    totals: dict[str, Tally] = {}
    for (_, project_id), tally in sums.items():
        total = totals.setdefault(project_id, Tally())
        total.sessions += tally.sessions
        total.users += tally.users

    def measure(release: Release) -> dict[str, Any]:
        return {
            project.id: _health_data(
                sums.get((release.id, project.id), Tally()),
                totals.get(project.id, Tally()),
                is_known=bool(release.deploys),
            )
            for project in release.projects
        }

    return measure


def _health_data(own: Tally, total: Tally, *, is_known: bool) -> dict[str, Any]:
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


def _adoption(call: Call, release: Release) -> dict[str, Any]:
    if not call.flag("adoptionStages"):
        return {}
    stage = {"stage": "adopted", "adopted": release.date_released, "unadopted": None}
    return {"adoptionStages": {project.slug: stage for project in release.projects}}


_LIST = "/organizations/{organization}/releases/"
_PROJECT_LIST = "/projects/{organization}/{project}/releases/"

ROUTES = (
    Route("GET", _LIST, list_releases, READ),
    Route("GET", _LIST + "{version}/", get_release, READ),
    Route("GET", _LIST + "{version}/commits/", list_commits, READ),
    Route("GET", _LIST + "{version}/commitfiles/", list_commit_files, scopes("project:releases")),
    Route("GET", _LIST + "{version}/deploys/", list_deploys, READ),
    Route("GET", _LIST + "{version}/files/", list_files, READ),
    Route("GET", _LIST + "{version}/files/{file}/", get_file, READ),
    Route("GET", _PROJECT_LIST, list_project_releases, READ),
    Route("GET", _PROJECT_LIST + "{version}/", get_release, scopes("org:ci", "project:read", "project:releases")),
    Route("GET", _PROJECT_LIST + "{version}/commits/", list_commits, READ),
    Route("GET", _PROJECT_LIST + "{version}/files/", list_files, READ),
    Route("GET", _PROJECT_LIST + "{version}/files/{file}/", get_file, READ),
)
