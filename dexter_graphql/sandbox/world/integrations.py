"""Generated integrations, and the internal app that receives webhooks."""

import uuid
from datetime import datetime, timedelta
from random import Random

from dexter_graphql.sandbox.world.model import Installation, Integration, Organization, SentryApp
from dexter_graphql.sandbox.world.tokens import APP_SCOPES

_PROVIDERS = (
    ("slack", "Slack", "{slug}.slack.example", ("alert-rule", "chat-unfurl")),
    ("github", "GitHub", "github.example/{slug}", ("codeowners", "commits", "issue-basic", "stacktrace-link")),
    ("jira", "Jira", "{slug}.jira.example", ("issue-basic", "issue-sync")),
    ("pagerduty", "PagerDuty", "{slug}.pagerduty.example", ("alert-rule", "incident-management")),
)


def make_integrations(slug: str, first_id: int) -> list[Integration]:
    """One integration per provider."""
    return [
        Integration(
            str(first_id + number),
            f"{slug} on {name}",
            key,
            name,
            domain.format(slug=slug),
            str(first_id * 3 + number),
            features,
        )
        for number, (key, name, domain, features) in enumerate(_PROVIDERS)
    ]


def make_apps(rng: Random, organization: Organization, number: int, now: datetime) -> None:
    """Add an installed internal app that subscribes to all webhooks."""
    app = SentryApp(
        number,
        random_uuid(rng),
        f"dexter-{organization.slug}",
        "Dexter",
        f"{rng.getrandbits(256):064x}",
        f"{rng.getrandbits(256):064x}",
        tuple(sorted(APP_SCOPES)),
        ("issue", "error", "comment"),
        None,
        now - timedelta(days=100),
    )
    organization.apps.append(app)
    organization.installations.append(Installation(random_uuid(rng), app))


def random_uuid(rng: Random) -> str:
    """A version 4 UUID from the generator."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
