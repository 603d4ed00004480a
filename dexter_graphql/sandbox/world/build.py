"""Construction of the world from a seed and a clock: names, sizes and the order of generation."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox.vintages import Capability, Vintage
from dexter_graphql.sandbox.world.alerts import make_alerts, remove_migrated_rules
from dexter_graphql.sandbox.world.events import EventGenerator, add_user_reports, attach_files, distribute_events
from dexter_graphql.sandbox.world.flags import make_flag_changes
from dexter_graphql.sandbox.world.incident import add_incident
from dexter_graphql.sandbox.world.integrations import make_apps, make_integrations
from dexter_graphql.sandbox.world.issue_views import make_issue_views
from dexter_graphql.sandbox.world.issues import OTHER_KINDS, fill_history, list_team_users, make_issue, make_other_issue
from dexter_graphql.sandbox.world.model import Issue, Organization, Project, User
from dexter_graphql.sandbox.world.monitors import make_monitors
from dexter_graphql.sandbox.world.projects import make_environments, make_projects, make_repositories
from dexter_graphql.sandbox.world.releases import make_releases
from dexter_graphql.sandbox.world.saved_queries import make_saved_queries
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import make_tokens
from dexter_graphql.sandbox.world.users import make_members, make_teams, make_users

DEFAULT_SEED: Final = 7
_FEATURES = (
    "discover-basic",
    "discover-query",
    "global-views",
    "integrations-issue-basic",
    "releases",
    "workflow-engine-ui",
)
_ACME_PROJECTS = (
    ("web", "javascript", "javascript"),
    ("api", "python", "python"),
    ("gateway", "go", "go"),
    ("search", "java", "java"),
    ("backoffice", "ruby", "ruby"),
    ("desk", "csharp", "csharp"),
    ("checkout", "javascript", "javascript"),
    ("worker", "python", "python"),
    ("ingest", "go", "go"),
    ("mobile", "javascript", "javascript"),
)  # fmt: skip
_GLOBEX_PROJECTS = (("store", "javascript", "javascript"), ("core", "python", "python"), ("batch", "java", "java"))
_ACME_ISSUES = (700, 300, 140, 120, 110, 90, 110, 100, 70, 60)
_GLOBEX_ISSUES = (120, 80, 50)
_ACME_EVENTS: Final = 18_600
_GLOBEX_EVENTS: Final = 2_000


def build_world(
    seed: int = DEFAULT_SEED,
    clock: Clock | None = None,
    *,
    token: str | None = None,
    vintage: Vintage = Vintage.SAAS,
) -> World:
    """A new world. The same seed, instant and vintage give the same world, byte for byte.

    `token` replaces the generated admin token.
    """
    clock = clock or Clock()
    now = clock.now().replace(microsecond=0)
    rng = Random(seed)  # noqa: S311 - test data, not secrets
    users = make_users(rng, 44, now)
    acme = _build_organization(rng, "acme", "Acme", 1, users[:34], now)
    globex = _build_organization(rng, "globex", "Globex", 2, [users[0], *users[34:]], now)
    tokens = make_tokens(rng, users[0], users[34], admin_text=token)
    runtime = Random(seed + 1)  # noqa: S311 - as above
    add_incident(Random(seed + 4), acme, now)  # noqa: S311 - as above
    for organization in (acme, globex):
        _adapt(organization, vintage)
    return World(clock, seed, runtime, now, tokens, users, [acme, globex], vintage)


def _build_organization(  # noqa: PLR0917 - the parts an organization is made of
    rng: Random, slug: str, name: str, number: int, users: list[User], now: datetime
) -> Organization:
    is_acme = slug == "acme"
    base = number * 100_000
    teams = (
        ("web", "platform", "payments", "search", "mobile", "support", "data") if is_acme else ("store", "core", "ops")
    )
    organization = Organization(str(base), slug, name, now - timedelta(days=900), _FEATURES)
    organization.teams = make_teams(teams, base + 100, now)
    organization.members = make_members(rng, users, organization.teams, base + 200, now)
    specs = _ACME_PROJECTS if is_acme else _GLOBEX_PROJECTS
    organization.projects = make_projects(rng, specs, organization.teams, base + 1000, now)
    organization.environments = make_environments(base + 300)
    if is_acme:
        organization.renamed_projects = {"frontend": "web"}
    organization.integrations = make_integrations(slug, base + 400)
    make_apps(rng, organization, number, now)
    github = next(i.id for i in organization.integrations if i.provider_key == "github")
    organization.repositories = make_repositories(slug, organization.projects, github, base + 500, now)
    per_project = 10 if is_acme else 8
    organization.releases = make_releases(
        rng, organization.projects, organization.repositories, users, per_project, base + 2000, now
    )
    _fill_issues(rng, organization, _ACME_ISSUES if is_acme else _GLOBEX_ISSUES, base, now)
    make_monitors(rng, organization, base + 600, now)
    make_alerts(rng, organization, base + 700, now)
    make_flag_changes(organization, base + 900, now)
    make_saved_queries(organization, base + 950, now)
    make_issue_views(organization, base + 970, now)
    return organization


def _adapt(organization: Organization, vintage: Vintage) -> None:
    """Remove what an organization on that release does not have."""
    if not vintage.has(Capability.WORKFLOW_ENGINE):
        organization.features = tuple(name for name in organization.features if name != "workflow-engine-ui")
    elif not vintage.has(Capability.MIGRATED_RULES):
        remove_migrated_rules(organization)


def _fill_issues(rng: Random, organization: Organization, sizes: tuple[int, ...], base: int, now: datetime) -> None:
    counts = iter(distribute_events(rng, sum(sizes), _ACME_EVENTS if organization.slug == "acme" else _GLOBEX_EVENTS))
    issue_id = 10 * base
    for project, size in zip(organization.projects, sizes, strict=True):
        users = list_team_users(organization, project)
        generator = EventGenerator(rng, project, organization.releases)
        for _ in range(size):
            issue_id += 1
            issue = _make_issue(rng, project, str(issue_id))
            generator.fill(issue, next(counts), now.timestamp())
            fill_history(rng, organization, issue, users, now)
            organization.issues[issue.id] = issue
            organization.events.update((event.id, event) for event in issue.events)
    attach_files(organization, now)
    add_user_reports(organization)


def _make_issue(rng: Random, project: Project, issue_id: str) -> Issue:
    """One issue in 25 is not an error."""
    number = project.next_number
    if number % 25:
        return make_issue(rng, project, issue_id)
    return make_other_issue(rng, project, issue_id, OTHER_KINDS[number // 25 % len(OTHER_KINDS)])
