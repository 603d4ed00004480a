"""Owners that Sentry suggests for an issue."""

from dexter_graphql.sandbox.world.model import Assignee, Issue


def find_suggested_owners(issue: Issue) -> list[Assignee]:
    """The first team of the project, and the author of the first commit of the release."""
    owners = [Assignee(team=team) for team in issue.project.teams[:1]]
    release = issue.events[0].release
    if release is not None and release.commits:
        owners.append(Assignee(user=release.commits[0].author))
    return owners
