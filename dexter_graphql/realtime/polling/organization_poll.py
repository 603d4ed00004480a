"""One poll of an organization: reads the lists, takes over what was published, and publishes what was not."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import Gap, Positions
from dexter_graphql.realtime.changes import Change, Origin, Stream, Topic
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.polling.issue_changes import NEW, ObservedIssue, issue_changes
from dexter_graphql.realtime.polling.listed_objects import Activity
from dexter_graphql.realtime.polling.poll_state import MAX_PAGES, OVERLAP_S, IssueState, PollState
from dexter_graphql.realtime.polling.sentry_lists import IssuePage, Row, SentryLists
from dexter_graphql.realtime.silence import Mode, Silence

GRACE_S = 1.5
"""Seconds that a webhook has to arrive before its change is reported without it."""
RACE_S = 5.0
"""Age of a published change below which a list that was read meanwhile may be older than it."""
INTERRUPTION_S = 300.0
"""Time without a poll after which all pages are read again as soon as possible."""
MAX_ACTIVITIES = 10
"""Issues whose activity one poll reads; changes of further ones have no author."""
STREAMS = (Stream.ISSUES, Stream.COMMENTS, Stream.RELEASES)
RETURNING = frozenset({"regressed", "escalating"})
"""Substatuses of issues that come back from beyond the pages that are read."""


class Difference(NamedTuple):
    """An issue that Sentry lists with changes that were not published; `before` is None when the issue is new.

    It is uncertain when the state before is not known: the activity must have a change of the status then.
    """

    row: Row
    before: IssueState | None
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class OrganizationPoll:
    """One poll: what it reads, what was known before, and when it began (seconds since the epoch).

    After a failure the next poll continues: the state has what was published.
    """

    feed: ChangeFeed
    clock: Clock
    silence: Silence
    lists: SentryLists
    state: PollState
    began_at: float

    async def run(self, *, reads_older: bool) -> int:
        """Publish the changes that were not published; returns how many. `reads_older`: a page of older issues, too."""
        state = self.state
        if not state.polled_at:
            return await self._begin()
        if self.began_at - state.polled_at > INTERRUPTION_S:
            state.restart_sweep()
        pages = [await self.lists.issues()]
        if state.cursor is not None and (reads_older or not state.is_complete):
            pages.append(await self.lists.issues(state.cursor))
        published = await self._publish_differences(pages)
        state.advance_sweep(pages, self.began_at)
        state.polled_at = self.began_at
        return published

    async def _begin(self) -> int:
        """Take over what Sentry lists now, all pages of it: changes from now on are reported."""
        positions = await self.feed.newest([Topic(self._slug, stream) for stream in STREAMS])
        pages = [await self.lists.issues()]
        while pages[-1].cursor is not None and len(pages) <= MAX_PAGES:
            pages.append(await self.lists.issues(pages[-1].cursor))
        for row in _rows(reversed(pages), frozenset()):
            self.state.put_listed(row.issue, self.began_at)
        self._set_positions(positions)
        self.state.sweep_began_at = self.state.polled_at = self.began_at
        self.state.advance_sweep(pages, self.began_at)
        return 0

    async def _publish_differences(self, pages: Sequence[IssuePage]) -> int:
        """Publish what the pages have; while webhooks arrive, they get some seconds to report it first."""
        recent = await self._take_over_published()
        differences = self._compare(pages, recent)
        if differences and self.silence.mode is Mode.WATCHING:
            await self.clock.sleep(GRACE_S)
            recent |= await self._take_over_published()
            differences = self._compare(pages, recent)
        published = 0
        for index, difference in enumerate(differences):
            published += await self._publish(difference, reads_activity=index < MAX_ACTIVITIES)
        for row in _rows(pages, recent):
            self.state.put_listed(row.issue, self.began_at)
        return published

    async def _take_over_published(self) -> set[str]:
        """Apply what was published since; returns the issues that changed just before the lists were read."""
        positions = {Topic(self._slug, stream): position for stream, position in self.state.positions.items()}
        backlog, recent = await self.feed.backlog(positions), set[str]()
        for entry in backlog.entries:
            if isinstance(entry, Gap):
                self.state.mark_stale()
                continue
            self.state.apply(entry.change)
            self.silence.hear(entry.change)
            if self._is_recent(entry.change):
                recent.add(entry.change.subject or "")
        self._set_positions(backlog.positions)
        return recent

    def _compare(self, pages: Sequence[IssuePage], recent: set[str]) -> list[Difference]:
        """The issues of the pages that differ from what is known."""
        newest = {str(row.issue.id) for row in pages[0].rows}
        differences = (self._difference(row, is_newest=str(row.issue.id) in newest) for row in _rows(pages, recent))
        return [difference for difference in differences if difference is not None]

    def _difference(self, row: Row, *, is_newest: bool) -> Difference | None:
        before = self.state.issues.get(str(row.issue.id))
        if before is not None:
            return None if before.is_stale or not before.differs(row.issue) else Difference(row, before)
        issue, is_returning = row.issue, row.issue.substatus in RETURNING
        created_at = 0.0 if issue.created_at is None else issue.created_at.timestamp()
        if created_at > self.state.since - OVERLAP_S and not is_returning:
            return Difference(row, None)
        if is_newest and is_returning and self.state.is_complete:
            before = IssueState(NEW.status, issue.assignee, issue.num_comments, self.state.since - OVERLAP_S)
            return Difference(row, before, is_certain=False)
        return None

    async def _publish(self, difference: Difference, *, reads_activity: bool) -> int:
        """Publish the changes of an issue; returns how many of them no other reporter has published."""
        observed = await self._observe(difference, reads_activity=reads_activity)
        if not difference.is_certain and not observed.has_status_activity:
            return 0
        published = 0
        for change in issue_changes(observed):
            if change.entity == "comment" and change.state in self.state.comments:
                continue
            if (await self.feed.publish(change)).is_published:
                self.silence.begin(self.clock.time())
                published += 1
            self.state.apply(change)
        return published

    async def _observe(self, difference: Difference, *, reads_activity: bool) -> ObservedIssue:
        """The issue with its activity, unless that says nothing more or too many were read already."""
        (issue, raw), before, _ = difference
        activities = list[Activity]()
        if reads_activity and (before is not None or NEW.differs(issue)):
            activities = await self.lists.activities(str(issue.id))
        polled_at = datetime.fromtimestamp(self.began_at, UTC)
        return ObservedIssue(self._slug, polled_at, issue, raw, before, activities)

    def _is_recent(self, change: Change) -> bool:
        """True when the lists may be older than the change."""
        return change.origin is not Origin.POLL and change.received_at.timestamp() > self.began_at - RACE_S

    def _set_positions(self, positions: Positions) -> None:
        self.state.positions = {topic.stream: position for topic, position in positions.items()}

    @property
    def _slug(self) -> str:
        return self.lists.organization.slug


def _rows(pages: Iterable[IssuePage], recent: AbstractSet[str]) -> list[Row]:
    """The issues of the pages, once each, without those that changed just before."""
    rows = {str(row.issue.id): row for page in pages for row in page.rows}
    return [row for number, row in rows.items() if number not in recent]
