"""Simulated activity at a given rate: new events and issues, regressions, resolutions and alerts."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from dexter_graphql.sandbox.alert_webhooks import build_alert_triggered, build_error_created, build_metric_alert
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.world.events import EventGenerator
from dexter_graphql.sandbox.world.issues import make_issue
from dexter_graphql.sandbox.world.model import Event, Issue, Organization
from dexter_graphql.sandbox.world.state import World

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_EVENTS: Final = 200_000
"""The number of events in an organization above which each new event replaces the oldest one of its issue."""


class Simulation:
    """Random changes of one organization; the seed of the world determines their sequence."""

    def __init__(self, world: World, organization: str = "acme") -> None:
        record = world.find_organization(organization)
        if record is None:
            raise KeyError(organization)
        self.world = world
        self.organization: Organization = record
        self.step_counts: Counter[str] = Counter()
        self._running: asyncio.Task[None] | None = None

    async def start(self, per_second: float) -> None:
        """Start making changes at that rate."""
        if per_second <= 0:
            raise ValueError("the rate must be positive")
        self._running = asyncio.create_task(self._run(1 / per_second), name="sandbox-live")

    async def stop(self) -> None:
        """Stop; does nothing when not running."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def _run(self, pause_s: float) -> None:
        while True:
            await self.world.clock.sleep(pause_s)
            self.step()

    def step(self) -> str:
        """Make one change and return its kind: event, open, regress, resolve or alert."""
        kinds: dict[str, Callable[[], object]] = {
            "event": self.add_event,
            "open": self.open_issue,
            "regress": self.regress_issue,
            "resolve": self.resolve_issue,
            "alert": self.fire_metric_alert,
        }
        kind = self.world.random.choices(tuple(kinds), (78, 8, 6, 6, 2))[0]
        kinds[kind]()
        self.step_counts[kind] += 1
        return kind

    def add_event(self, issue: Issue | None = None) -> Event:
        """Add an event to the issue, or to a random unresolved one."""
        issue = issue or self._choose_issue("unresolved")
        event = self._append_event(issue)
        self.world.publish(build_error_created(self.world, self.organization, event))
        return event

    def open_issue(self) -> Issue:
        """Create an issue with its first event; alerts on new issues trigger."""
        issue = self.add_issue()
        self.world.publish(build_error_created(self.world, self.organization, issue.events[0]))
        self._trigger_alerts(issue, issue.events[0], "new issues")
        return issue

    def add_issue(self) -> Issue:
        """Create an issue with its first event, and publish the issue alone."""
        random, organization = self.world.random, self.organization
        issue = make_issue(random, random.choice(organization.projects[:4]), self.world.new_id())
        issue.substatus, issue.inbox_reason, issue.inbox_since = "new", 0, self.world.now()
        self._append_event(issue)
        organization.issues[issue.id] = issue
        self.world.record(issue, "first_seen", None, {})
        self._editor().publish(issue, "created")
        return issue

    def regress_issue(self) -> Issue:
        """Add an event to a resolved issue, which reopens it."""
        issue = self._choose_issue("resolved")
        event = self._append_event(issue)
        self._editor().unresolve(issue, "regressed", activity="set_regression")
        self.world.publish(build_error_created(self.world, self.organization, event))
        self._trigger_alerts(issue, event, "regressions")
        return issue

    def resolve_issue(self) -> Issue:
        """Resolve a random unresolved issue."""
        issue = self._choose_issue("unresolved")
        user = self.world.random.choice(list(self.organization.users()))
        IssueEditor(self.world, self.organization, user).resolve(issue, Resolution())
        return issue

    def fire_metric_alert(self) -> None:
        """Trigger a random metric alert as critical."""
        rule = self.world.random.choice(self.organization.metric_rules)
        self.world.publish(build_metric_alert(self.world, self.organization, rule, "critical"))

    def _editor(self) -> IssueEditor:
        return IssueEditor(self.world, self.organization, None)

    def _choose_issue(self, status: str) -> Issue:
        """A random error issue with that status; without one, a random issue gets that status."""
        errors = [issue for issue in self.organization.issues.values() if issue.is_error]
        candidates = [issue for issue in errors if issue.status == status]
        if candidates:
            return self.world.random.choice(candidates)
        issue = self.world.random.choice(errors)
        if status == "resolved":
            self._editor().resolve(issue, Resolution())
        else:
            self._editor().unresolve(issue)
        return issue

    def _append_event(self, issue: Issue) -> Event:
        organization = self.organization
        generator = EventGenerator(self.world.random, issue.project, organization.releases)
        last = issue.events[-1].at if issue.events else 0.0
        event = generator.make(issue, max(self.world.clock.time(), last))
        if len(organization.events) >= MAX_EVENTS and len(issue.events) > 1:
            del organization.events[issue.events.pop(0).id]
        issue.events.append(event)
        organization.events[event.id] = event
        return event

    def _trigger_alerts(self, issue: Issue, event: Event, text: str) -> None:
        """Trigger the enabled workflows of the issue's project whose name contains the text."""
        detector_ids = {
            detector.id for detector in self.organization.detectors if detector.project_id == issue.project.id
        }
        for workflow in self.organization.workflows:
            if text in workflow.name and workflow.enabled and detector_ids & set(workflow.detector_ids):
                workflow.last_triggered = self.world.now()
                self.world.publish(build_alert_triggered(self.world, self.organization, event, workflow))
