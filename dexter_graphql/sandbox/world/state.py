"""The world: all organizations, users and tokens, and the webhook events they emit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox.vintages import Vintage
from dexter_graphql.sandbox.world.model import Activity, Issue, Organization, User
from dexter_graphql.sandbox.world.tokens import Tokens

WebhookListener = Callable[["WebhookEvent"], None]


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A webhook to send: Sentry's `resource` and `action`, and the payload's `data`."""

    organization: Organization
    resource: str
    action: str
    data: dict[str, object]
    actor: User | None = None


@dataclass(slots=True)
class World:
    """Organizations, users and tokens, on a server of a Sentry release. `random` drives changes after the start."""

    clock: Clock
    seed: int
    random: Random
    started_at: datetime
    tokens: Tokens
    users: list[User]
    organizations: list[Organization]
    vintage: Vintage = Vintage.SAAS
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
        """A new decimal id."""
        self.last_id += 1
        return str(self.last_id)

    def new_hex(self) -> str:
        """32 new hexadecimal characters, as in event ids."""
        return f"{self.random.getrandbits(128):032x}"

    def now(self) -> datetime:
        """The current time of the world's clock."""
        return self.clock.now()

    def publish(self, change: WebhookEvent) -> None:
        """Pass the webhook event to all listeners."""
        for listener in self.listeners:
            listener(change)

    def record(self, issue: Issue, kind: str, user: User | None, data: dict[str, object]) -> Activity:
        """Append an activity to the issue."""
        activity = Activity(self.new_id(), kind, user, data, self.now())
        issue.activity.append(activity)
        return activity
