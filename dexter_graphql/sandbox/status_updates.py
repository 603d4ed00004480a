"""Reads `status`, `substatus` and `statusDetails` of an update: what they mean, and which of them are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from dexter_graphql.sandbox.http import bad_request, invalid
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
    """How an issue is closed: `kind` for webhooks, `details` for `statusDetails`, the rest for the history."""

    kind: str = "now"
    details: Mapping[str, object] = field(default_factory=dict)
    activity: str = "set_resolved"
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A checked change of status; `applied` is what a bulk answer tells."""

    status: str
    substatus: str | None
    resolution: Resolution
    details: Mapping[str, object]
    applied: Mapping[str, object]


def read_status(
    organization: Organization, projects: Sequence[Project], fields: Mapping[str, object], now: datetime
) -> StatusChange | None:
    """The change of status in a body, None when there is none; raises the 400 of a change that is refused."""
    status_text = fields.get("status")
    substatus = _substatus(fields)
    if status_text is None:
        if substatus is None:
            return None
        status_text = "ignored" if substatus in _ARCHIVED else "unresolved"
    if status_text not in _STATUS:
        invalid({"status": [f'"{status_text}" is not a valid choice.']})
    status = _STATUS[str(status_text)]
    given = fields.get("statusDetails") or {}
    if not isinstance(given, dict):
        invalid({"statusDetails": {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}})
    if status_text == "resolvedInNextRelease":
        given = given | {"inNextRelease": True}
    if status == "resolved":
        resolution = _resolution(organization, projects, given)
        return StatusChange(status, None, resolution, {}, {"status": status, "statusDetails": _told(given)})
    if status == "ignored":
        return _archived(substatus, given, now)
    chosen = substatus or "ongoing"
    if chosen not in _OPEN:
        invalid({"substatus": ["Invalid substatus for the given status"]})
    applied = {"status": status, "statusDetails": {}, "substatus": chosen}
    return StatusChange(status, chosen, Resolution(), {}, applied)


def _substatus(fields: Mapping[str, object]) -> str | None:
    substatus = fields.get("substatus")
    if substatus is None:
        return None
    if not isinstance(substatus, str) or substatus not in {*_ARCHIVED, *_OPEN}:
        invalid({"substatus": [f'"{substatus}" is not a valid choice.']})
    return substatus


def _resolution(organization: Organization, projects: Sequence[Project], details: Mapping[str, object]) -> Resolution:
    if details.get("inNextRelease"):
        _one_project(projects, "next release")
        if not _releases(organization, projects[0]):
            invalid({"statusDetails": {"inNextRelease": ["No release data present in the system."]}})
        data = {"version": "", "inNextReleaseVersion": None}
        return Resolution("in_next_release", {"inNextRelease": True}, "set_resolved_in_release", data)
    if "inRelease" in details:
        _one_project(projects, "release")
        version = _release(organization, projects[0], details["inRelease"]).version
        return Resolution("in_release", {"inRelease": version}, "set_resolved_in_release", {"version": version})
    if "inCommit" in details:
        _one_project(projects, "commit")
        commit = _commit(organization, details["inCommit"])
        return Resolution("in_commit", {"inCommit": commit}, "set_resolved_in_commit", {"commit": commit})
    return Resolution()


def _one_project(projects: Sequence[Project], what: str) -> None:
    if len(projects) > 1:
        bad_request(f"Cannot set resolved in {what} for multiple projects.")


def _releases(organization: Organization, project: Project) -> list[Release]:
    return [release for release in organization.releases if project in release.projects]


def _release(organization: Organization, project: Project, wanted: object) -> Release:
    own = _releases(organization, project)
    if wanted == "latest":
        if not own:
            invalid({"statusDetails": {"inRelease": ["No release data present in the system."]}})
        return max(own, key=lambda release: release.date_created)
    found = next((release for release in own if release.version == wanted), None)
    return found or invalid({"statusDetails": {"inRelease": ["Unable to find a release with the given version."]}})


def _commit(organization: Organization, wanted: object) -> str:
    if not isinstance(wanted, dict):
        invalid({"statusDetails": {"inCommit": {"nonFieldErrors": ["Invalid data. Expected a dictionary."]}}})
    known = {
        (commit.id, commit.repository.name)
        for release in organization.releases
        for commit in release.commits
        if commit.id == wanted.get("commit")
    }
    if not known:
        invalid({"statusDetails": {"inCommit": {"commit": ["Unable to find the given commit."]}}})
    commit_id, repository = next(iter(known))
    if repository != wanted.get("repository"):
        invalid({"statusDetails": {"inCommit": {"repository": ["Unable to find the given repository."]}}})
    return commit_id


def _archived(substatus: str | None, given: Mapping[str, object], now: datetime) -> StatusChange:
    if substatus in _OPEN:
        invalid({"substatus": ["Invalid substatus for the given status"]})
    numbers = {name: _whole_number(name, value) for name, value in given.items() if name.startswith("ignore")}
    details: dict[str, object] = {name: n for name, n in numbers.items() if name != "ignoreDuration"}
    if "ignoreDuration" in numbers:
        details["ignoreUntil"] = now + timedelta(minutes=numbers["ignoreDuration"])
    chosen = substatus or ("archived_until_condition_met" if numbers else "archived_until_escalating")
    applied = {"status": "ignored", "statusDetails": numbers, "substatus": chosen}
    return StatusChange("ignored", chosen, Resolution(), details, applied)


def _whole_number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        invalid({"statusDetails": {name: ["A valid integer is required."]}})
    if name.endswith("Window") and value > MAX_WINDOW_MIN:
        invalid({"statusDetails": {name: [f"Ensure this value is less than or equal to {MAX_WINDOW_MIN}."]}})
    return value


def _told(given: Mapping[str, object]) -> dict[str, object]:
    return {name: given[name] for name in ("inNextRelease", "inRelease", "inCommit") if name in given}
