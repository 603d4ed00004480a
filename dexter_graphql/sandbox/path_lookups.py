"""Finds what a call points at besides its organization and project: teams, members, releases, the viewer."""

from collections.abc import Iterable, Mapping

from dexter_graphql.sandbox.http import Call, not_found
from dexter_graphql.sandbox.world.model import Member, Organization, Release, Team, User


def viewer(call: Call) -> Member | None:
    """The membership of the person behind the token; None for tokens that are nobody's."""
    return membership(call.organization, call.user)


def membership(organization: Organization, user: User | None) -> Member | None:
    """The membership of the user in the organization."""
    return next((one for one in organization.members if user is not None and one.user is user), None)


def team_of(call: Call) -> Team:
    """The team of the path; 404 when there is none."""
    return call.organization.find_team(call.parameters["team"]) or not_found()


def member_of(call: Call) -> Member:
    """The membership of the path, `me` being the viewer's; 404 when there is none."""
    wanted = call.parameters["member"]
    if wanted == "me":
        return viewer(call) or not_found()
    return next((one for one in call.organization.members if one.id == wanted), None) or not_found()


def release_of(call: Call) -> Release:
    """The release of the path, which belongs to the project of the path if there is one; 404 otherwise."""
    found = call.organization.find_release(call.parameters["version"])
    if found is None or ("project" in call.parameters and call.project not in found.projects):
        not_found()
    return found


def tokens(query: str | None, keys: Iterable[str]) -> tuple[Mapping[str, list[str]], str]:
    """The `key:value` words of a list's `query`, by key in lower case, and the rest as one text."""
    known = set(keys)
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    for word in (query or "").split():
        key, sign, value = word.partition(":")
        if sign and key.lower() in known:
            found.setdefault(key.lower(), []).append(value.strip('"'))
        else:
            rest.append(word.strip('"'))
    return found, " ".join(rest).lower()
