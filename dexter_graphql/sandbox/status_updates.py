"""Parser of `status`, `substatus` and `statusDetails` in issue updates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.http import raise_bad_request, raise_validation_error
from dexter_graphql.sandbox.world.model import Organization, Project, Release

MAX_WINDOW_MIN: Final = 10_080
_ARCHIVED: Final = ("archived_until_escalating", "archived_until_condition_met", "archived_forever")
_OPEN: Final = ("new", "ongoing", "escalating", "regressed")
_STATUS: Mapping[str, str] = MappingProxyType({
    "resolved": "resolved", "resolvedInNextRelease": "resolved", "unresolved": "unresolved",
    "ignored": "ignored", "muted": "ignored",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an issue is resolved: `kind` for webhooks, `details` for `statusDetails`, the rest for its activity."""

    kind: str = "now"
    details: Mapping[str, object] = field(default_factory=dict)
    activity: str = "set_resolved"
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A validated change of status; `applied` is the body of a bulk update."""

    status: str
    substatus: str | None
    resolution: Resolution
    details: Mapping[str, object]
    applied: Mapping[str, object]


def parse_status_update(
    organization: Organization, projects: Sequence[Project], fields: Mapping[str, object], now: datetime
) -> StatusChange | None:
    """The change of status in a body, None without one; 400 for an invalid change."""
    status_text = fields.get("status")
    substatus = _parse_substatus(fields)
    if status_text is None:
        if substatus is None:
            return None
        status_text = "ignored" if substatus in _ARCHIVED else "unresolved"
    if status_text not in _STATUS:
        raise_validation_error({"status": [f'"{status_text}" is not a valid choice.']})
    status = _STATUS[str(status_text)]
    details = fields.get("statusDetails") or {}
    if not isinstance(details, dict):
        raise_validation_error({"statusDetails": {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}})
    if status_text == "resolvedInNextRelease":
        details = details | {"inNextRelease": True}
    if status == "resolved":
        resolution = _parse_resolution(organization, projects, details)
        return StatusChange(
            status, None, resolution, {}, {"status": status, "statusDetails": _select_resolution_details(details)}
        )
    if status == "ignored":
        return _parse_archive(substatus, details, now)
    new_substatus = substatus or "ongoing"
    if new_substatus not in _OPEN:
        raise_validation_error({"substatus": ["Invalid substatus for the given status"]})
    applied = {"status": status, "statusDetails": {}, "substatus": new_substatus}
    return StatusChange(status, new_substatus, Resolution(), {}, applied)


def _parse_substatus(fields: Mapping[str, object]) -> str | None:
    substatus = fields.get("substatus")
    if substatus is None:
        return None
    if not isinstance(substatus, str) or substatus not in {*_ARCHIVED, *_OPEN}:
        raise_validation_error({"substatus": [f'"{substatus}" is not a valid choice.']})
    return substatus


def _parse_resolution(
    organization: Organization, projects: Sequence[Project], details: Mapping[str, object]
) -> Resolution:
    if details.get("inNextRelease"):
        _require_one_project(projects, "next release")
        if not _list_releases(organization, projects[0]):
            raise_validation_error({"statusDetails": {"inNextRelease": ["No release data present in the system."]}})
        data = {"version": "", "inNextReleaseVersion": None}
        return Resolution("in_next_release", {"inNextRelease": True}, "set_resolved_in_release", data)
    if "inRelease" in details:
        _require_one_project(projects, "release")
        version = _find_release(organization, projects[0], details["inRelease"]).version
        return Resolution("in_release", {"inRelease": version}, "set_resolved_in_release", {"version": version})
    if "inCommit" in details:
        _require_one_project(projects, "commit")
        commit = _find_commit(organization, details["inCommit"])
        return Resolution("in_commit", {"inCommit": commit}, "set_resolved_in_commit", {"commit": commit})
    return Resolution()


def _require_one_project(projects: Sequence[Project], what: str) -> None:
    if len(projects) > 1:
        raise_bad_request(f"Cannot set resolved in {what} for multiple projects.")


def _list_releases(organization: Organization, project: Project) -> list[Release]:
    return [release for release in organization.releases if project in release.projects]


def _find_release(organization: Organization, project: Project, version: object) -> Release:
    releases = _list_releases(organization, project)
    if version == "latest":
        if not releases:
            raise_validation_error({"statusDetails": {"inRelease": ["No release data present in the system."]}})
        return max(releases, key=lambda release: release.date_created)
    named = next((release for release in releases if release.version == version), None)
    return named or raise_validation_error(
        {"statusDetails": {"inRelease": ["Unable to find a release with the given version."]}}
    )


def _find_commit(organization: Organization, value: object) -> str:
    if not isinstance(value, dict):
        raise_validation_error(
            {"statusDetails": {"inCommit": {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}}}
        )
    matches = {
        (commit.id, commit.repository.name)
        for release in organization.releases
        for commit in release.commits
        if commit.id == value.get("commit")
    }
    if not matches:
        raise_validation_error({"statusDetails": {"inCommit": {"commit": ["Unable to find the given commit."]}}})
    commit_id, repository = next(iter(matches))
    if repository != value.get("repository"):
        raise_validation_error(
            {"statusDetails": {"inCommit": {"repository": ["Unable to find the given repository."]}}}
        )
    return commit_id


def _parse_archive(substatus: str | None, given: Mapping[str, object], now: datetime) -> StatusChange:
    if substatus in _OPEN:
        raise_validation_error({"substatus": ["Invalid substatus for the given status"]})
    numbers = {name: _parse_count(name, value) for name, value in given.items() if name.startswith("ignore")}
    details: dict[str, object] = {name: n for name, n in numbers.items() if name != "ignoreDuration"}
    if "ignoreDuration" in numbers:
        details["ignoreUntil"] = now + timedelta(minutes=numbers["ignoreDuration"])
    new_substatus = substatus or ("archived_until_condition_met" if numbers else "archived_until_escalating")
    applied = {"status": "ignored", "statusDetails": numbers, "substatus": new_substatus}
    return StatusChange("ignored", new_substatus, Resolution(), details, applied)


def _parse_count(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise_validation_error({"statusDetails": {name: ["A valid integer is required."]}})
    if name.endswith("Window") and value > MAX_WINDOW_MIN:
        raise_validation_error(
            {"statusDetails": {name: [f"Ensure this value is less than or equal to {MAX_WINDOW_MIN}."]}}
        )
    return value


def _select_resolution_details(given: Mapping[str, object]) -> dict[str, object]:
    return {name: given[name] for name in ("inNextRelease", "inRelease", "inCommit") if name in given}
