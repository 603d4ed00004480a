"""Generated projects with client keys, environments and repositories."""

from datetime import datetime, timedelta
from random import Random

from dexter_graphql.sandbox.world.model import ClientKey, Environment, Project, Repository, Team

ENVIRONMENTS = ("production", "staging", "development", "canary")


def make_projects(
    rng: Random, specs: tuple[tuple[str, str, str], ...], teams: list[Team], first_id: int, now: datetime
) -> list[Project]:
    """A project per (slug, platform, language), each with one or two teams and client keys."""
    projects = []
    for number, (slug, platform, language) in enumerate(specs):
        owners = [teams[number % len(teams)]]
        if number % 3 == 0 and len(teams) > 1:
            owners.append(teams[(number + 1) % len(teams)])
        created = now - timedelta(days=500 - 3 * number)
        project = Project(
            str(first_id + number), slug, slug.replace("-", " ").title(), platform, language, created, owners
        )
        project.keys = [make_key(rng, label, created) for label in ("Default", "Mobile")[: 1 + number % 2]]
        projects.append(project)
    return projects


def make_key(rng: Random, label: str, created: datetime) -> ClientKey:
    """A new client key."""
    public, secret = f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}"
    return ClientKey(public, label, public, secret, created)


def make_environments(first_id: int) -> list[Environment]:
    """The initial environments of an organization; the first one has most events."""
    return [Environment(str(first_id + number), name) for number, name in enumerate(ENVIRONMENTS)]


def make_repositories(
    slug: str, projects: list[Project], integration_id: str | None, first_id: int, now: datetime
) -> list[Repository]:
    """One GitHub repository per project."""
    return [
        Repository(
            str(first_id + number),
            f"{slug}/{project.slug}",
            "integrations:github",
            "GitHub",
            f"https://github.example/{slug}/{project.slug}",
            str(7000 + first_id + number),
            f"{slug}/{project.slug}",
            integration_id,
            now - timedelta(days=400 - number),
        )
        for number, project in enumerate(projects)
    ]
