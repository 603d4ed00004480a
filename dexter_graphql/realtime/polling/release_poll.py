"""One poll of an organization's releases, which have no webhooks: new ones, their publication, and deploys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dexter_graphql.realtime.changes import Change, Kind, Origin
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.polling.listed_objects import ListedRelease
from dexter_graphql.realtime.polling.poll_state import OVERLAP_S, PollState, ReleaseState
from dexter_graphql.realtime.polling.sentry_lists import ReleaseRow, SentryLists
from dexter_graphql.realtime.snapshots import ChangeSource, deploy_change, release_change
from dexter_graphql.realtime.snapshots.releases import release_projects

NEW = ReleaseState()


@dataclass(frozen=True, slots=True)
class ReleasePoll:
    """One poll: what it reads, what was known before, and when it began (seconds since the epoch)."""

    feed: ChangeFeed
    lists: SentryLists
    state: PollState
    began_at: float

    async def run(self) -> int:
        """Publish the changes of the newest releases that were not published; returns how many."""
        rows, published = await self.lists.releases(), 0
        for row in reversed(rows):
            for change in self._changes(row):
                published += (await self.feed.publish(change)).is_published
            self.state.put_release(row.release.version, state_of(row.release))
        self.state.releases_polled_at = self.began_at
        return published

    def _changes(self, row: ReleaseRow) -> Iterator[Change]:
        release, before = row.release, self.state.releases.get(row.release.version)
        if before is None and not self._is_new(release):
            return
        after = state_of(release)
        if before is None:
            yield release_change(Kind.CREATED, row.raw, self._source(Kind.CREATED, release.date_created))
        elif after.released_at and before.released_at != after.released_at:
            yield release_change(Kind.FINALIZED, row.raw, self._source(Kind.FINALIZED, None))
        if release.deploy is not None and after.deploy != (before or NEW).deploy:
            source = self._source(Kind.DEPLOYED, release.deploy.date_finished)
            yield deploy_change(release.version, release_projects(release), bytes(release.last_deploy), source)

    def _is_new(self, release: ListedRelease) -> bool:
        """True when the release was created after the last poll; never in the first one."""
        polled_at = self.state.releases_polled_at
        return bool(polled_at) and release.date_created.timestamp() > polled_at - OVERLAP_S

    def _source(self, kind: Kind, at: datetime | None) -> ChangeSource:
        now = datetime.fromtimestamp(self.began_at, UTC)
        occurred_at = (at or now).astimezone(UTC).replace(microsecond=0)
        return ChangeSource(self.lists.organization.slug, f"release.{kind}", Origin.POLL, None, occurred_at, now)


def state_of(release: ListedRelease) -> ReleaseState:
    """The state of a listed release."""
    return ReleaseState(release.date_released or "", "" if release.deploy is None else str(release.deploy.id))
