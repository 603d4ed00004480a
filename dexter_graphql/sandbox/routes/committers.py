"""Route of the suspect commits of an event."""

from typing import Any

from dexter_graphql.sandbox.http import Request, Route, any_scope, raise_http_error
from dexter_graphql.sandbox.path_lookups import get_event_in_path
from dexter_graphql.sandbox.serializers.releases import serialize_author, serialize_repository_commit
from dexter_graphql.sandbox.world.model import Commit, Event
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES

_REASON = "via commit in release"


def list_committers(request: Request) -> object:
    """List the authors of the suspect commits, with the commits that changed most of the stack trace's files first."""
    event = get_event_in_path(request)
    if event.release is None:
        raise_http_error(404, "Release not found")
    if not event.release.commits:
        raise_http_error(404, "No Commits found for Release")
    scored = [(commit, _count_matches(event, commit)) for commit in event.release.commits]
    suspects = sorted(((commit, score) for commit, score in scored if score), key=lambda pair: -pair[1])
    authors = {commit.author.email: commit.author for commit, _ in suspects}
    return {
        "committers": [
            {
                "author": serialize_author(author),
                "commits": [_serialize(commit, score) for commit, score in suspects if commit.author is author],
            }
            for author in authors.values()
        ]
    }


def _count_matches(event: Event, commit: Commit) -> int:
    """The number of frames of the application in files that the commit changed."""
    issue = event.issue
    frames = LANGUAGES[issue.project.language].templates[issue.template].frames if issue.is_error else ()
    changed = {path for path, _ in commit.files}
    return sum(frame.is_app and frame.file.removeprefix("~/") in changed for frame in frames)


def _serialize(commit: Commit, score: int) -> dict[str, Any]:
    body = serialize_repository_commit(commit) | {"suspectCommitType": _REASON, "score": score}
    del body["author"]
    return body


ROUTES = (
    Route(
        "GET",
        "/projects/{organization}/{project}/events/{event_id}/committers/",
        list_committers,
        any_scope("event:admin", "event:read", "event:write", "project:admin", "project:read", "project:write"),
    ),
)
