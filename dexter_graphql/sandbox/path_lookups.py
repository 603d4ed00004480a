"""Teams, members, releases and events named in a request's path, and the membership of its user."""

from dexter_graphql.sandbox.http import Request, find_or_404, raise_not_found
from dexter_graphql.sandbox.world.model import Event, Member, Release, Team


def get_viewer(request: Request) -> Member | None:
    """The membership of the token's user; None for tokens without a user."""
    members = request.organization.members
    return next((member for member in members if request.user is not None and member.user is request.user), None)


def get_team_in_path(request: Request) -> Team:
    """The team in the path; 404 when it does not exist."""
    return request.organization.find_team(request.slug_param("team")) or raise_not_found()


def get_member_in_path(request: Request) -> Member:
    """The membership in the path, `me` being the viewer's; 404 when it does not exist."""
    member_id = request.path_params["member"]
    if member_id == "me":
        return get_viewer(request) or raise_not_found()
    return find_or_404(request.organization.members, member_id)


def get_release_in_path(request: Request) -> Release:
    """The release in the path; 404 when it does not exist or is not in the project of the path."""
    release = request.organization.find_release(request.path_params["version"])
    if release is None or ("project" in request.path_params and request.project not in release.projects):
        raise_not_found()
    return release


def get_event_in_path(request: Request) -> Event:
    """The event in a path below a project; 404 when the project does not have it."""
    event = request.organization.events.get(request.path_params["event_id"].replace("-", "").lower())
    return event if event is not None and event.issue.project is request.project else raise_not_found()
