"""Simulated activity at a given rate: events, issues and what becomes of them, alerts, runs of Seer, mobile builds."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from dexter_graphql.sandbox.alert_webhooks import (
    METRIC_ALERT_ACTIONS,
    build_alert_triggered,
    build_error_created,
    build_metric_alert,
)
from dexter_graphql.sandbox.app_webhooks import BUILD_ACTIONS, build_build, build_installation
from dexter_graphql.sandbox.autofix_runner import AutofixRunner
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.world.alerts import add_seer_alert
from dexter_graphql.sandbox.world.autofix import STEPS
from dexter_graphql.sandbox.world.events import EventGenerator
from dexter_graphql.sandbox.world.integrations import random_uuid
from dexter_graphql.sandbox.world.issues import make_issue
from dexter_graphql.sandbox.world.model import Assignee, Event, Issue, MetricAlertRule, Organization, User
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
        """Make one change and return its kind, such as event, open or alert."""
        kinds: dict[str, tuple[Callable[[], object], float]] = {
            "event": (self.add_event, 68),
            "open": (self.open_issue, 8),
            "regress": (self.regress_issue, 6),
            "resolve": (self.resolve_issue, 6),
            "assign": (self.assign_issue, 2),
            "archive": (self.archive_issue, 2),
            "comment": (self.comment_issue, 2),
            "alert": (self.fire_metric_alert, 3),
            "autofix": (self.fix_issue, 1.5),
            "build": (self.build_app, 1),
            "install": (self.reinstall_app, 0.5),
        }
        kind = self.world.random.choices(tuple(kinds), [weight for _, weight in kinds.values()])[0]
        kinds[kind][0]()
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
        self._editor(self._choose_user()).resolve(issue, Resolution())
        return issue

    def assign_issue(self) -> Issue:
        """Assign a random unresolved issue to a user."""
        issue, user = self._choose_issue("unresolved"), self._choose_user()
        self._editor(user).assign(issue, Assignee(user=user))
        return issue

    def archive_issue(self) -> Issue:
        """Archive a random unresolved issue until it escalates."""
        issue = self._choose_issue("unresolved")
        self._editor(self._choose_user()).archive(issue, "archived_until_escalating", {})
        return issue

    def comment_issue(self) -> Issue:
        """Add a comment to a random unresolved issue, correct it, and delete every other one."""
        issue, editor = self._choose_issue("unresolved"), self._editor(self._choose_user())
        comment = editor.add_comment(issue, "I look at it")
        comment.data["text"] = "I looked at it"
        editor.publish_comment(issue, comment, "updated")
        if int(comment.id) % 2:
            issue.activity.remove(comment)
            editor.publish_comment(issue, comment, "deleted")
        return issue

    def fire_metric_alert(self, action: str | None = None, rule: MetricAlertRule | None = None) -> None:
        """Give a metric alert a status; by default a random one the next of critical, warning, resolved and open."""
        rule = rule or self.world.random.choice(self.organization.metric_rules)
        if action is None:
            action = METRIC_ALERT_ACTIONS[self.step_counts["alert"] % len(METRIC_ALERT_ACTIONS)]
        self.world.publish(build_metric_alert(self.world, self.organization, rule, action))

    def fix_issue(self) -> Issue:
        """Let Seer run all steps on a random unresolved issue, and iterate once; an alert watches it."""
        issue = self._choose_issue("unresolved")
        add_seer_alert(self.organization, issue.project, self.world.now(), self.world.new_id)
        runner = AutofixRunner(self.world, self.organization, None)
        run = runner.start(issue)
        for step in (*STEPS, "pr_iteration"):
            runner.take_step(issue, run, step)
        return issue

    def build_app(self) -> None:
        """Analyse and distribute a mobile build of a random project."""
        project = self.world.random.choice(self.organization.projects)
        for action in BUILD_ACTIONS:
            self.world.publish(build_build(self.world, self.organization, project, action))

    def reinstall_app(self) -> None:
        """Uninstall the app and install it again, with a new UUID."""
        installation, user = self.organization.installations[0], self._choose_user()
        self.world.publish(build_installation(self.organization, installation, "deleted", user))
        installation.uuid = random_uuid(self.world.random)
        self.world.publish(build_installation(self.organization, installation, "created", user))

    def _editor(self, user: User | None = None) -> IssueEditor:
        return IssueEditor(self.world, self.organization, user)

    def _choose_user(self) -> User:
        return self.world.random.choice(list(self.organization.users()))

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
