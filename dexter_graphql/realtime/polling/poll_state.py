"""What the last poll of an organization knew: the state of its issues and releases, and its place in the streams."""

from collections.abc import Sequence

import msgspec

from dexter_graphql.realtime.brokers.base import Position
from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.polling.listed_objects import REPORTED_SUBSTATUSES, ListedIssue
from dexter_graphql.realtime.polling.sentry_lists import IssuePage
from dexter_graphql.realtime.snapshots.releases import ReleaseSnapshot
from dexter_graphql.realtime.snapshots.sources import decode_snapshot

VERSION = 1
MAX_ISSUES = 2000
"""Issues whose state is kept; the one that was read longest ago goes first."""
MAX_PAGES = 9
"""Pages of older issues that are read one after another, until the newest of them is read again."""
OVERLAP_S = 60.0
"""Difference of the clocks, and delay of Sentry's lists, that is allowed for."""
MAX_RELEASES = 200
MAX_COMMENTS = 500
STATUS_KINDS = frozenset({Kind.RESOLVED, Kind.UNRESOLVED, Kind.ARCHIVED})


class IssueState(msgspec.Struct, frozen=True, array_like=True):
    """The members of an issue whose changes are reported.

    `status` is status and substatus as changes have them (`unresolved/ongoing`), `assignee` is `user:1`, `team:2` or
    empty. `checked_at` is in seconds: earlier activities are known. `is_stale` is set when the issue has changed and
    the reporter of the change did not send it: the next poll takes over what it finds.
    """

    status: str
    assignee: str = ""
    comments: int = 0
    checked_at: float = 0.0
    is_stale: bool = False

    def has_status(self, status: str) -> bool:
        """True when the other status is no change of this one that Sentry reports."""
        word, _, substatus = status.partition("/")
        is_reported = substatus in REPORTED_SUBSTATUSES and status != self.status
        return word == self.status.partition("/")[0] and not is_reported

    def differs(self, issue: ListedIssue) -> bool:
        """True when the listed issue shows a change of this state."""
        return not self.has_status(issue.state) or self.assignee != issue.assignee or self.comments < issue.num_comments


class ReleaseState(msgspec.Struct, frozen=True, array_like=True):
    """The members of a release whose changes are reported: when it was published, and the id of its newest deploy."""

    released_at: str = ""
    deploy: str = ""


UNKNOWN = IssueState("unresolved/new", is_stale=True)


class PollState(msgspec.Struct):
    """The state of one organization.

    `positions` are those after the changes that are in `issues` and `releases`. `since` is when the older of the last
    two complete readings of all lists began, in seconds: an issue that was created later and is not in `issues` is new.
    `cursor` leads to the next page of older issues.
    """

    version: int = VERSION
    positions: dict[Stream, Position] = {}
    issues: dict[str, IssueState] = {}
    comments: list[str] = []
    releases: dict[str, ReleaseState] = {}
    """By version."""
    releases_polled_at: float = 0.0
    since: float = 0.0
    polled_at: float = 0.0
    sweep_began_at: float = 0.0
    cursor: str | None = None
    pages: int = 0
    """Pages of older issues that were read since the sweep began."""
    is_complete: bool = False
    """True once all pages were read since the polling began or was interrupted."""

    def put_issue(self, number: str, state: IssueState) -> None:
        """Store the state of an issue."""
        self.issues.pop(number, None)
        self.issues[number] = state
        while len(self.issues) > MAX_ISSUES:
            del self.issues[next(iter(self.issues))]

    def put_listed(self, issue: ListedIssue, at: float) -> None:
        """Store an issue as a list has it."""
        self.put_issue(str(issue.id), IssueState(issue.state, issue.assignee, issue.num_comments, at))

    def add_comment(self, number: str) -> bool:
        """Note that the comment was reported; False when it was noted before."""
        if number in self.comments:
            return False
        self.comments.append(number)
        del self.comments[:-MAX_COMMENTS]
        return True

    def mark_stale(self) -> None:
        """Note that changes were published that are not kept any more: the next lists are taken over."""
        self.issues = {number: msgspec.structs.replace(state, is_stale=True) for number, state in self.issues.items()}

    def restart_sweep(self) -> None:
        """Read all pages again, as soon as possible: polling was interrupted."""
        self.cursor, self.is_complete = None, False

    def advance_sweep(self, pages: Sequence[IssuePage], at: float) -> None:
        """Note the pages that a poll has read, the newest first; after the last one a new sweep begins."""
        newest, older = pages[0], pages[1:]
        for page in older:
            self.cursor, self.pages = page.cursor, self.pages + 1
        if older and self.cursor is not None and self.pages < MAX_PAGES:
            return
        if older or newest.cursor is None:
            self.is_complete, self.since = True, self.sweep_began_at if older else at
        if older or self.cursor is None:
            self.cursor, self.pages, self.sweep_began_at = newest.cursor, 0, at

    def put_release(self, version: str, state: ReleaseState) -> None:
        """Store the state of a release."""
        self.releases.pop(version, None)
        self.releases[version] = state
        while len(self.releases) > MAX_RELEASES:
            del self.releases[next(iter(self.releases))]

    def apply(self, change: Change) -> None:
        """Take over a published change, so that it is not reported a second time."""
        if change.subject is None:
            return
        if change.entity == "comment":
            self._apply_comment(change, change.subject)
        elif change.entity == "issue":
            self._apply_issue(change, change.subject)
        elif change.stream is Stream.RELEASES:
            self._apply_release(change, change.subject)

    def _apply_comment(self, change: Change, issue: str) -> None:
        state = self.issues.get(issue)
        is_deleted = change.kind is Kind.DELETED
        is_new = change.kind is Kind.CREATED and self.add_comment(change.state)
        if state is not None and (is_new or is_deleted):
            comments = max(0, state.comments + (-1 if is_deleted else 1))
            self.put_issue(issue, msgspec.structs.replace(state, comments=comments))

    def _apply_release(self, change: Change, version: str) -> None:
        before = self.releases.get(version, ReleaseState())
        if change.kind is Kind.DEPLOYED:
            self.put_release(version, msgspec.structs.replace(before, deploy=change.state))
        elif change.kind is Kind.FINALIZED:
            self.put_release(version, msgspec.structs.replace(before, released_at=change.state))
        elif change.kind is Kind.CREATED:
            self.put_release(version, ReleaseState(_released_at(change), before.deploy))

    def _apply_issue(self, change: Change, number: str) -> None:
        """Take over the member that the change is about; of an issue that was not known, all members."""
        if change.kind is Kind.DELETED:
            self.issues.pop(number, None)
            return
        issue, before = _listed_issue(change), self.issues.get(number)
        if issue is None:
            after = msgspec.structs.replace(before or UNKNOWN, is_stale=True)
        else:
            after = _with_change(before or IssueState(issue.state, issue.assignee, issue.num_comments), change, issue)
        checked_at = max(after.checked_at, change.occurred_at.timestamp())
        self.put_issue(number, msgspec.structs.replace(after, checked_at=checked_at))


def _with_change(state: IssueState, change: Change, issue: ListedIssue) -> IssueState:
    """The state after a change of one member: a report of another member may have been lost."""
    if change.kind in STATUS_KINDS:
        return msgspec.structs.replace(state, status=change.state)
    if change.kind is Kind.ASSIGNED:
        return msgspec.structs.replace(state, assignee=issue.assignee)
    return state


def _listed_issue(change: Change) -> ListedIssue | None:
    """The issue in a change; None when it has none that can be read."""
    if change.object is None:
        return None
    try:
        return decode_snapshot(change.object, ListedIssue)
    except msgspec.DecodeError:
        return None


def _released_at(change: Change) -> str:
    """When the release in a change was published; empty when that is not known."""
    try:
        return decode_snapshot(change.object or b"", ReleaseSnapshot).date_released or ""
    except msgspec.DecodeError:
        return ""


def encode_state(state: PollState) -> str:
    """The state as text."""
    return msgspec.json.encode(state).decode()


def decode_state(text: str) -> PollState | None:
    """The state that `encode_state` wrote; None for that of another version."""
    try:
        state = msgspec.json.decode(text, type=PollState)
    except msgspec.DecodeError:
        return None
    return state if state.version == VERSION else None
