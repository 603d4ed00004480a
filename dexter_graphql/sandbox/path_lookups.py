"""Finds what a call points at besides its organization and project: teams, members, releases, the viewer."""

from collections.abc import Iterable, Mapping

from dexter_graphql.sandbox.http import Request, raise_not_found
from dexter_graphql.sandbox.world.model import Member, Organization, Release, Team, User


def viewer(request: Request) -> Member | None:
    """The membership of the person behind the token; None for tokens that are nobody's."""
    return membership(request.organization, request.user)


def membership(organization: Organization, user: User | None) -> Member | None:
    """The membership of the user in the organization."""
    return next((one for one in organization.members if user is not None and one.user is user), None)


def team_of(request: Request) -> Team:
    """The team of the path; 404 when there is none."""
    return request.organization.find_team(request.path_params["team"]) or raise_not_found()


def member_of(request: Request) -> Member:
    """The membership of the path, `me` being the viewer's; 404 when there is none."""
    wanted = request.path_params["member"]
    if wanted == "me":
        return viewer(request) or raise_not_found()
    return next((one for one in request.organization.members if one.id == wanted), None) or raise_not_found()


def release_of(request: Request) -> Release:
    """The release of the path, which belongs to the project of the path if there is one; 404 otherwise."""
    found = request.organization.find_release(request.path_params["version"])
    if found is None or ("project" in request.path_params and request.project not in found.projects):
        raise_not_found()
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
