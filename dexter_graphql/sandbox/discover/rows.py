"""Events as rows of a Discover query, and their selection by project, environment and time."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dexter_graphql.sandbox.discover.query import AllOf, Condition
from dexter_graphql.sandbox.event_values import read_event_values
from dexter_graphql.sandbox.world.event_attributes import find_newest_releases, get_end_user, get_tags
from dexter_graphql.sandbox.world.model import Event, Issue, Organization, Project


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event by Discover field names; `latest` holds the ids of the newest release of each project.

    `shift_s` moves the event to a later time, for comparisons with an earlier period.
    """

    event: Event
    latest: frozenset[int]
    shift_s: int = 0

    @property
    def at(self) -> float:
        """The time of the event in seconds since the epoch."""
        return self.event.at + self.shift_s

    def get(self, name: str, /) -> object:
        """The value of a field or tag; None when the event has none."""
        read = _MEMBERS.get(name)
        if read is not None:
            return read(self)
        if name.startswith("tags["):
            return get_tags(self.event).get(name[5:-1])
        values = read_event_values(self.event, name)
        return values[0] if values else None


def latest_release_ids(organization: Organization) -> frozenset[int]:
    """Ids of the newest release of each project."""
    return frozenset(release.id for release in find_newest_releases(organization).values())


@dataclass(frozen=True, slots=True)
class EventSelection:
    """The events of a query before its search. `environments` is None for all."""

    organization: Organization
    projects: Sequence[Project]
    environments: frozenset[str] | None
    start: float
    end: float
    of_errors: bool = True

    def rows(self, where: AllOf) -> list[EventRow]:
        """The selected events that match the search, by issue, oldest first."""
        latest = latest_release_ids(self.organization)
        candidates = (EventRow(event, latest) for event in self._events(where))
        return [row for row in candidates if where.matches(row)]

    def _events(self, where: AllOf) -> Iterator[Event]:
        for issue in self._issues(where):
            first = bisect_left(issue.events, self.start, key=lambda event: event.at)
            for event in issue.events[first:]:
                if event.at >= self.end:
                    break
                if self.environments is None or event.environment in self.environments:
                    yield event

    def _issues(self, where: AllOf) -> Iterable[Issue]:
        projects = {project.id for project in self.projects}
        for issue in self._named_issues(where):
            is_wanted = issue.is_error is self.of_errors and issue.status != "pending_deletion"
            if is_wanted and issue.project.id in projects:
                yield issue

    def _named_issues(self, where: AllOf) -> Iterable[Issue]:
        # Most queries name issues or events by id; reading only those avoids a scan of all events.
        issues, events = self.organization.issues, self.organization.events
        for term in where.parts:
            if isinstance(term, Condition) and not term.negated and term.operator == "=":
                if term.key == "issue.id":
                    return [issues[key] for key in dict.fromkeys(term.values) if key in issues]
                if term.key == "id":
                    owners = {events[key].issue.id for key in term.values if key in events}
                    return [issues[key] for key in sorted(owners) if key in issues]
        return issues.values()


def _user(row: EventRow) -> str | None:
    end_user = get_end_user(row.event)
    return f"id:{end_user.id}" if end_user else None


def _display(row: EventRow) -> str | None:
    end_user = get_end_user(row.event)
    return end_user.email if end_user else None


_MEMBERS: Mapping[str, Callable[[EventRow], object]] = MappingProxyType({
    "id": lambda row: row.event.id,
    "timestamp": lambda row: row.event.time,
    "time": lambda row: row.event.time.replace(minute=0, second=0, microsecond=0),
    "issue": lambda row: row.event.issue.short_id,
    "issue.id": lambda row: int(row.event.issue.id),
    "title": lambda row: row.event.issue.title,
    "message": lambda row: row.event.issue.title,
    "culprit": lambda row: row.event.issue.culprit,
    "location": lambda row: row.event.issue.culprit.split(" in ")[0],
    "level": lambda row: row.event.issue.level,
    "project": lambda row: row.event.issue.project.slug,
    "project.name": lambda row: row.event.issue.project.slug,
    "project.id": lambda row: int(row.event.issue.project.id),
    "platform": lambda row: row.event.issue.project.platform,
    "transaction": lambda row: row.event.issue.transaction,
    "environment": lambda row: row.event.environment,
    "release": lambda row: row.event.release.version if row.event.release else None,
    "release.is_latest": lambda row: row.event.release is not None and row.event.release.id in row.latest,
    "event.type": lambda row: "error" if row.event.issue.is_error else "generic",
    "error.type": lambda row: [row.event.issue.type_name],
    "error.value": lambda row: [row.event.issue.value],
    "error.handled": lambda row: not row.event.issue.is_unhandled,
    "error.unhandled": lambda row: row.event.issue.is_unhandled,
    "issue.category": lambda row: row.event.issue.category,
    "issue.type": lambda row: row.event.issue.issue_type,
    "user": _user,
    "user.display": _display,
})  # fmt: skip
