"""Loaders of suspect commits: the commits that, according to Sentry, may have caused an event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, Reads, bulk, call_per_chunk, each, fan_out
from dexter_graphql.loaders.events import EventKey, event_parents, event_path, latest_events
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.lists import new_issue_pages
from dexter_graphql.loaders.lists import ListOptions
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.loaders.search import Search
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.errors import InvalidValue, NotFound
from dexter_graphql.sentry.lenient import NULL, complete_list, omitted_from
from dexter_graphql.sentry.projection import Field, Projection, only_records, without_invalid_rows

SUSPECTED_ISSUES = 10
"""New issues of a release that are compared with its commits, at most."""
Commit = dict[str, msgspec.Raw]

COMMITTER = Projection(
    "SuspectCommit",
    "list",
    (Field("author", "author", msgspec.Raw), Field("commits", "commits", list[Commit])),
)
"""An author with the commits that are suspect."""


class ReleaseCommitKey(NamedTuple):
    """A commit of a release, by its hash."""

    release: ReleaseKey
    id: str


@fan_out(target="SuspectCommit", uses=(catalogue.COMMITTERS,), is_shared=True)
async def event_suspect_commits(key: EventKey, load_context: LoadContext) -> list[Any]:
    """The suspect commits of an event, the most likely first; empty when Sentry has none."""
    committers = await _committers(key, load_context)
    body = msgspec.json.encode([row for committer in committers for row in _rows_of(committer)])
    parents = event_parents(key)
    rows = load_context.client.records.decode_list(body, load_context.projection("list"), (), parents)
    commits = without_invalid_rows(rows)
    return complete_list(commits, [*_omitted(committers), *omitted_from(commits)])


def _issues_cost(keys: int, reads: Reads) -> int:
    return max(2 * call_per_chunk(keys, reads), keys) + keys


def _every_issue_cost(keys: int, reads: Reads) -> int:
    return _issues_cost(keys, reads) + 2 * call_per_chunk(keys, reads)


@bulk(
    target="SuspectCommit",
    uses=(*latest_events.uses, catalogue.COMMITTERS),
    cost=_issues_cost,
    fallback_cost=_every_issue_cost,
)
async def issue_suspect_commits(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """The suspect commits of the newest event of each issue: one call per issue besides the look-up of the events."""
    events = await _newest_events(keys, load_context)
    found = [key for key in events.values() if isinstance(key, EventKey)]
    commits = await load_context.load_each(event_suspect_commits, found)
    return {issue: commits[event] if isinstance(event, EventKey) else event for issue, event in events.items()}


def _suspected_cost(keys: int, reads: Reads) -> int:
    return (1 + 2 * SUSPECTED_ISSUES) * call_per_chunk(keys, reads)


def _every_suspected_cost(keys: int, reads: Reads) -> int:
    return _suspected_cost(keys, reads) + 2 * call_per_chunk(keys, reads)


@bulk(
    target="Issue",
    uses=(*new_issue_pages.uses, *latest_events.uses, catalogue.COMMITTERS),
    is_shared=False,
    cost=_suspected_cost,
    fallback_cost=_every_suspected_cost,
)
async def suspected_issues(
    keys: Sequence[ReleaseCommitKey], load_context: LoadContext
) -> Mapping[ReleaseCommitKey, Any]:
    """The new issues of its release for which each commit is suspect."""

    async def answer(release: ReleaseKey) -> Any:
        return await _issues_by_commit(release, load_context)

    by_release = await each(list(dict.fromkeys(key.release for key in keys)), answer)
    return {key: _issues_of(by_release[key.release], key.id) for key in keys}


async def _issues_by_commit(release: ReleaseKey, load_context: LoadContext) -> dict[str | None, list[Any]]:
    """The issues by the hash of a suspect commit; under None the errors of issues that could not be compared."""
    options = ListOptions((("query", Search()), ("sort", "user")), SUSPECTED_ISSUES, None, SUSPECTED_ISSUES)
    pages = await new_issue_pages.load((release,), replace(load_context, options=options))
    if isinstance(pages[release], Exception):
        raise pages[release]
    rows = {IssueKey(release.organization, str(row.id)): row for row in only_records(pages[release].rows)}
    events = await _newest_events(list(rows), load_context)
    found = [key for key in events.values() if isinstance(key, EventKey)]
    committers = await each(found, lambda key: _committers(key, load_context))
    issues: dict[str | None, list[Any]] = {None: []}
    for issue, row in rows.items():
        event = events.get(issue)
        result = committers[event] if isinstance(event, EventKey) else event
        if isinstance(result, Exception):
            issues[None].append(result)
            continue
        for commit_id in dict.fromkeys(_hashes(result or ())):
            issues.setdefault(commit_id, []).append(row)
    return issues


def _issues_of(by_commit: Any, commit_id: str) -> Any:
    if isinstance(by_commit, Exception):
        return by_commit
    return complete_list(by_commit.get(commit_id, []), by_commit[None])


async def _newest_events(keys: Sequence[IssueKey], load_context: LoadContext) -> dict[IssueKey, Any]:
    """The key of the newest event of each issue, or the exception of its look-up; issues without events are absent."""
    events = await load_context.load_each(latest_events, keys)
    return {
        issue: event if isinstance(event, Exception) else _event_key(issue, event)
        for issue, event in events.items()
        if event is not None
    }


def _event_key(issue: IssueKey, event: Any) -> EventKey | InvalidValue:
    for part in (event.projectID, event.eventID):
        if isinstance(part, InvalidValue):
            return part
    return EventKey(issue.organization, str(event.projectID), event.eventID)


async def _committers(key: EventKey, load_context: LoadContext) -> list[Any]:
    """The authors with their commits. Sentry answers 404 when the event has no release, or the release no commits."""
    try:
        rows = await load_context.get_rows(
            catalogue.COMMITTERS, event_parents(key), path=event_path(key), projection=COMMITTER
        )
    except NotFound:
        return []
    return without_invalid_rows(rows)


def _rows_of(committer: Any) -> list[dict[str, Any]]:
    """The commits of an author, each with the author, whom Sentry names once."""
    return [
        {
            "commit": {**commit, "author": committer.author},
            "suspectCommitType": commit.get("suspectCommitType", NULL),
            "score": commit.get("score", NULL),
        }
        for commit in _commits_of(committer)
    ]


def _commits_of(committer: Any) -> list[Commit]:
    return committer.commits if isinstance(committer.commits, list) else []


def _hashes(committers: Sequence[Any]) -> Iterator[str]:
    for committer in committers:
        for commit in _commits_of(committer):
            value = msgspec.json.decode(commit.get("id", NULL))
            if isinstance(value, str):
                yield value


def _omitted(committers: list[Any]) -> list[Exception]:
    """The errors of authors and of commits that cannot be read."""
    errors = list(omitted_from(committers))
    for committer in committers:
        commits = committer.commits
        errors += [commits] if isinstance(commits, InvalidValue) else omitted_from(commits)
    return errors
