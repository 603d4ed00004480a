"""Changes of issues with their activity and webhooks, shared by the REST API and the simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dexter_graphql.sandbox.http import HTTPError, raise_validation_error
from dexter_graphql.sandbox.serializers.actors import serialize_actor
from dexter_graphql.sandbox.serializers.issues import serialize_webhook_issue
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.world.model import Activity, Assignee, Issue, Organization, Project, User
from dexter_graphql.sandbox.world.state import WebhookEvent, World

UNKNOWN_ACTOR: Final = "Unknown actor input"
NOT_IN_TEAM: Final = "Cannot assign to non-team member"
NO_ACCESS: Final = "Cannot assign to a team without access to the project"


@dataclass(frozen=True, slots=True)
class IssueEditor:
    """The author of changes in one organization; `user` is None for apps and for Sentry itself."""

    world: World
    organization: Organization
    user: User | None

    def resolve(self, issue: Issue, resolution: Resolution) -> None:
        """Resolve the issue: now, in a release or in a commit."""
        issue.status, issue.substatus = "resolved", None
        issue.status_details = dict(resolution.details)
        self._clear_inbox(issue)
        _subscribe(issue, self.user, "changed_status")
        self.world.record(issue, resolution.activity, self.user, dict(resolution.data))
        self.publish(issue, "resolved", resolution_type=resolution.kind)

    def unresolve(self, issue: Issue, substatus: str = "ongoing", *, activity: str = "set_unresolved") -> None:
        """Reopen the issue. An event that reopens it uses `regressed` with activity `set_regression`."""
        issue.status, issue.substatus, issue.status_details = "unresolved", substatus, {}
        if substatus in {"regressed", "escalating"}:
            issue.inbox_reason = {"regressed": 2, "escalating": 5}[substatus]
            issue.inbox_since = self.world.now()
        _subscribe(issue, self.user, "changed_status")
        self.world.record(issue, activity, self.user, {})
        self.publish(issue, "unresolved")

    def archive(self, issue: Issue, substatus: str, details: dict[str, object]) -> None:
        """Archive the issue. Sentry sends two webhooks for it, with the old and the new name of the action."""
        issue.status, issue.substatus, issue.status_details = "ignored", substatus, details
        self._clear_inbox(issue)
        _subscribe(issue, self.user, "changed_status")
        self.world.record(issue, "set_ignored", self.user, {})
        self.publish(issue, "ignored")
        self.publish(issue, "archived")

    def assign(self, issue: Issue, assignee: Assignee | None) -> None:
        """Assign the issue, or unassign it."""
        issue.assignee = assignee
        actor = serialize_actor(assignee)
        if actor is None:
            self.world.record(issue, "unassigned", self.user, {})
            return
        _subscribe(issue, assignee if isinstance(assignee, User) else None, "assigned")
        data: dict[str, object] = {"assignee": actor["id"], "assigneeType": actor["type"]}
        self.world.record(issue, "assigned", self.user, data | {"assigneeEmail": actor.get("email")})
        self.publish(issue, "assigned", assignee=actor)

    def set_priority(self, issue: Issue, priority: str) -> None:
        """Set the priority and lock it."""
        issue.priority, issue.priority_locked_at = priority, self.world.now()
        self.world.record(issue, "set_priority", self.user, {"priority": priority, "reason": None})

    def mark_reviewed(self, issue: Issue) -> None:
        """Remove the issue from the inbox."""
        self._clear_inbox(issue)

    def set_public(self, issue: Issue, *, is_public: bool) -> None:
        """Create or remove the public link of the issue."""
        if is_public is (issue.share_id is not None):
            return
        issue.share_id = self.world.new_hex() if is_public else None
        self.world.record(issue, "set_public" if is_public else "set_private", self.user, {})

    def set_flag(self, issue: Issue, name: str, *, is_on: bool) -> None:
        """Set hasSeen, isBookmarked or isSubscribed for the user; does nothing without one."""
        if self.user is None:
            return
        setters: dict[str, Callable[[str], object]] = {
            "hasSeen": lambda key: issue.seen_by.__setitem__(key, self.world.now()),
            "isBookmarked": lambda key: self._bookmark(issue, key),
            "isSubscribed": lambda key: issue.subscribers.__setitem__(key, "unknown"),
        }
        if is_on:
            setters[name](self.user.id)
        elif name == "isBookmarked":
            issue.bookmarked_by.discard(self.user.id)
        else:
            (issue.seen_by if name == "hasSeen" else issue.subscribers).pop(self.user.id, None)

    def merge(self, issues: Sequence[Issue]) -> tuple[Issue, list[Issue]]:
        """Merge into the issue with most events, which takes over the events and hashes of the others."""
        parent, *children = sorted(issues, key=lambda issue: (-len(issue.events), int(issue.id)))
        for child in children:
            for event in child.events:
                event.issue = parent
            parent.events.extend(child.events)
            parent.hashes.extend(child.hashes)
            parent.feedback.extend(child.feedback)
            del self.organization.issues[child.id]
        parent.events.sort(key=lambda event: event.at)
        data: dict[str, object] = {"issues": [{"id": child.id} for child in children]}
        self.world.record(parent, "merge", self.user, data)
        return parent, children

    def add_comment(self, issue: Issue, text: str) -> Activity:
        """Add a comment to the issue."""
        _subscribe(issue, self.user, "commented")
        comment = self.world.record(issue, "note", self.user, {"text": text})
        self.publish_comment(issue, comment, "created")
        return comment

    def publish(self, issue: Issue, action: str, **extra: object) -> None:
        """Publish a webhook about the issue."""
        data = {"issue": serialize_webhook_issue(self.world, self.organization, issue), **extra}
        self.world.publish(WebhookEvent(self.organization, "issue", action, data, self.user))

    def publish_comment(self, issue: Issue, comment: Activity, action: str) -> None:
        """Publish a webhook about a comment."""
        data: dict[str, object] = {
            "comment": comment.data["text"],
            "project_slug": issue.project.slug,
            "comment_id": int(comment.id),
            "issue_id": int(issue.id),
            "timestamp": self.world.now(),
        }
        self.world.publish(WebhookEvent(self.organization, "comment", action, data, self.user))

    def _bookmark(self, issue: Issue, user_id: str) -> None:
        issue.bookmarked_by.add(user_id)
        _subscribe(issue, self.user, "bookmarked")

    @staticmethod
    def _clear_inbox(issue: Issue) -> None:
        issue.inbox_reason = issue.inbox_since = None


def _subscribe(issue: Issue, user: User | None, reason: str) -> None:
    """Subscribe a user who takes part; one who is subscribed already keeps the reason."""
    if user is not None:
        issue.subscribers.setdefault(user.id, reason)


def find_assignee(organization: Organization, text: str) -> Assignee:
    """The user or team for `123`, `user:123`, `team:45`, an email or a user name; 400 for any other text."""
    kind, _, reference = text.partition(":")
    if kind == "team" and reference:
        team = organization.find_team(reference)
        if team is not None:
            return Assignee(team=team)
    key = reference if kind == "user" and reference else text
    user = next((u for u in organization.users() if key in {u.id, u.email, u.username}), None)
    if user is None or kind == "team":
        raise_validation_error({"assignedTo": [UNKNOWN_ACTOR]})
    return Assignee(user=user)


def check_assignee(organization: Organization, project: Project, assignee: Assignee) -> None:
    """Raise a 400 for users outside of the project's teams and for teams without the project."""
    if assignee.team is not None and assignee.team not in project.teams:
        raise HTTPError(400, {"assignedTo": [NO_ACCESS]})
    if assignee.user is not None and not _is_in_team(organization, project, assignee.user):
        raise HTTPError(400, {"assignedTo": [NOT_IN_TEAM]})


def _is_in_team(organization: Organization, project: Project, user: User) -> bool:
    memberships = (member for member in organization.members if member.user is user)
    return any(team in project.teams for member in memberships for team in member.teams)
