"""Knows the whole state of a fake Sentry and finds things in it. Does not know how it came to be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox.world.model import Activity, Issue, Organization, User
from dexter_graphql.sandbox.world.tokens import Tokens

WebhookListener = Callable[["WebhookEvent"], None]


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """Something a webhook would tell: `resource` and `action` as Sentry names them, `data` ready to send."""

    organization: Organization
    resource: str
    action: str
    data: dict[str, object]
    actor: User | None = None


@dataclass(slots=True)
class World:
    """Organizations, users and tokens. `random` serves what happens after the start; the seed fixes both."""

    clock: Clock
    seed: int
    random: Random
    started_at: datetime
    tokens: Tokens
    users: list[User]
    organizations: list[Organization]
    url: str = "http://127.0.0.1:9000"
    listeners: list[WebhookListener] = field(default_factory=list)
    last_id: int = 900_000_000

    def find_organization(self, id_or_slug: str) -> Organization | None:
        """The organization with that id or slug."""
        return next((o for o in self.organizations if id_or_slug in (o.id, o.slug)), None)

    def find_user(self, user_id: str) -> User | None:
        """The user with that id."""
        return next((u for u in self.users if u.id == user_id), None)

    def new_id(self) -> str:
        """A fresh decimal id for anything created after the start."""
        self.last_id += 1
        return str(self.last_id)

    def new_hex(self) -> str:
        """32 fresh hexadecimal characters, for event ids and the like."""
        return f"{self.random.getrandbits(128):032x}"

    def now(self) -> datetime:
        """The instant of the world's clock."""
        return self.clock.now()

    def publish(self, change: WebhookEvent) -> None:
        """Tell every listener (webhooks, live mode's log) about a change."""
        for listener in self.listeners:
            listener(change)

    def record(self, issue: Issue, kind: str, user: User | None, data: dict[str, object]) -> Activity:
        """Append a line to the history of the issue."""
        activity = Activity(self.new_id(), kind, user, data, self.now())
        issue.activity.append(activity)
        return activity
