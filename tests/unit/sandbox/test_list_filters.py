"""What the filters of the sandbox's lists let through, noun by noun."""

import aiohttp
import pytest
import pytest_asyncio

from dexter_graphql.sandbox import SandboxServer, build_world
from support.sandbox import Caller, StillClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACME = "/organizations/acme"


@pytest.fixture(scope="module")
def world():
    """Not the shared one: serving a world gives it an address."""
    return build_world(7, StillClock())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sentry(world):
    """One server for all tests here: they only read."""
    async with SandboxServer(world) as server, aiohttp.ClientSession() as session:
        yield Caller(server, session)


@pytest.fixture
def acme(world):
    return world.find_organization("acme")


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("", lambda one: True),
        ("slug:web", lambda one: one.slug == "web"),
        ("slug:web slug:api", lambda one: one.slug in {"web", "api"}),
        ("platform:python", lambda one: one.platform == "python"),
        ("team:search", lambda one: any(team.slug == "search" for team in one.teams)),
        ("ch", lambda one: "ch" in one.slug),
        ("slug:nothing", lambda one: False),
    ],
)
async def test_projects(query, predicate, sentry, acme):
    """Words with the same key widen, words with different keys narrow, other words look into names."""
    found = await sentry.body(f"{ACME}/projects/", params={"query": query})

    assert [one["id"] for one in found] == [project.id for project in acme.projects if predicate(project)]


async def test_projects_by_id(sentry, acme):
    """Many projects are found by id in one call, the shape in which loaders ask."""
    wanted = [acme.projects[0].id, acme.projects[3].id]
    found = await sentry.body(f"{ACME}/projects/", params={"query": " ".join(f"id:{one}" for one in wanted)})

    assert [one["id"] for one in found] == wanted


async def test_members(sentry, acme):
    """A member is found by address, by the id of the membership, and by the id of the user: two different ids."""
    member = acme.members[4]
    queries = (f"email:{member.email}", f"id:{member.id}", f"user.id:{member.user.id}", member.name.split()[0].lower())

    for query in queries:
        found = await sentry.body(f"{ACME}/members/", params={"query": query})
        assert member.id in {one["id"] for one in found}, query
    assert member.id != member.user.id


async def test_me(sentry, acme, world):
    """`me` is the membership of the person behind the token, and the user under `users/`."""
    member = await sentry.body(f"{ACME}/members/me/")
    user = await sentry.body("/users/me/")

    assert (member["user"]["id"], user["id"]) == (world.tokens.admin.user.id, world.tokens.admin.user.id)
    assert member["teams"] == [team.slug for team in acme.members[0].teams]


async def test_teams(sentry, acme):
    """Teams come with their projects unless `detailed=0`."""
    (team,) = await sentry.body(f"{ACME}/teams/", params={"query": "slug:payments"})
    bare = await sentry.body(f"{ACME}/teams/", params={"detailed": "0"})

    own = [project.slug for project in acme.projects if any(each.slug == "payments" for each in project.teams)]
    assert [project["slug"] for project in team["projects"]] == own
    assert len(bare) == len(acme.teams)
    assert not any("projects" in one for one in bare)


@pytest.mark.parametrize(
    ("params", "predicate"),
    [
        ({}, lambda one: True),
        ({"query": "web@"}, lambda one: "web@" in one.version),
        ({"query": "release.package:api"}, lambda one: one.package == "api"),
        ({"environment": "production"}, lambda one: any(each.environment == "production" for each in one.deploys)),
        ({"status": "archived"}, lambda one: False),
    ],
)
async def test_releases(params, predicate, sentry, acme):
    """Releases are narrowed by a part of the version, environment and status, the newest first."""
    found = await sentry.body(f"{ACME}/releases/", params=params)

    expected = sorted(
        filter(predicate, acme.releases), key=lambda release: (release.date_released, release.id), reverse=True
    )
    assert [one["version"] for one in found] == [one.version for one in expected[:100]]


async def test_release_health_is_asked_for(sentry):
    """Health comes with `health=1` only, in percent, and can rank."""
    plain = await sentry.body(f"{ACME}/releases/", params={"per_page": "3"})
    ranked = await sentry.body(f"{ACME}/releases/", params={"health": "1", "sort": "sessions", "per_page": "20"})

    sessions = [one["projects"][0]["healthData"]["totalSessions"] for one in ranked]
    assert not any("healthData" in project for one in plain for project in one["projects"])
    assert sessions == sorted(sessions, reverse=True)
    assert all(50 < one["projects"][0]["healthData"]["crashFreeSessions"] <= 100 for one in ranked[:5])


async def test_a_release_counts_its_new_issues(sentry, acme):
    """`newGroups` is the number of issues whose first event came from the release."""
    release = acme.releases[5]
    body = await sentry.body(f"{ACME}/releases/{release.version}/")

    assert body["newGroups"] == sum(issue.events[0].release is release for issue in acme.issues.values())


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("", lambda one: True),
        ("type:error", lambda one: one.type == "error"),
        ("type:metric", lambda one: one.type == "metric_issue"),
        ("uptime", lambda one: "uptime" in f"{one.name} {one.type}".lower()),
        ("assignee:none", lambda one: one.owner is None),
    ],
)
async def test_detectors(query, predicate, sentry, acme):
    """Detectors are found by name, type and owner."""
    found = await sentry.body(f"{ACME}/detectors/", params={"query": query})

    expected = sorted(filter(predicate, acme.detectors), key=lambda detector: int(detector.id))
    assert [one["id"] for one in found] == [one.id for one in expected[:100]]


async def test_alerts_of_a_project_in_two_calls(sentry, acme):
    """Detectors and workflows of a project name each other."""
    project = acme.find_project("web")
    detectors = await sentry.body(f"{ACME}/detectors/", params={"project": project.id})
    workflows = await sentry.body(f"{ACME}/workflows/", params={"project": project.slug})

    assert {detector["projectId"] for detector in detectors} == {project.id}
    assert {key for detector in detectors for key in detector["workflowIds"]} == {
        workflow["id"] for workflow in workflows
    }
    assert {key for workflow in workflows for key in workflow["detectorIds"]} <= {
        detector["id"] for detector in detectors
    }


async def test_both_back_ends_say_the_same(sentry):
    """Each issue rule has a workflow of its name, each metric rule a detector with the window in seconds."""
    rules = await sentry.body("/projects/acme/web/rules/")
    workflows = await sentry.body(f"{ACME}/workflows/", params={"project": "web"})
    (metric,) = await sentry.body(f"{ACME}/alert-rules/", params={"project": "web"})
    (detector,) = await sentry.body(f"{ACME}/detectors/", params={"project": "web", "query": "type:metric"})

    window_s = detector["dataSources"][0]["queryObj"]["snubaQuery"]["timeWindow"]
    assert {rule["name"] for rule in rules} < {workflow["name"] for workflow in workflows}
    assert (metric["name"], metric["timeWindow"] * 60) == (detector["name"], window_s)


async def test_environments_follow_visibility(sentry, acme):
    """All environments are visible until a project hides one."""
    shown = await sentry.body("/projects/acme/web/environments/")
    hidden = await sentry.body("/projects/acme/web/environments/", params={"visibility": "hidden"})

    assert ([one["name"] for one in shown], hidden) == ([environment.name for environment in acme.environments], [])


async def test_people_are_found_by_key(sentry):
    """End users of a project are found by address."""
    everyone = await sentry.body("/projects/acme/web/users/", params={"per_page": "2"})
    found = await sentry.body("/projects/acme/web/users/", params={"query": f"email:{everyone[1]['email']}"})

    assert found == everyone[1:]


async def test_integrations(sentry, acme):
    """Integrations are narrowed by provider and by feature."""
    slack = await sentry.body(f"{ACME}/integrations/", params={"providerKey": "slack"})
    ticketing = await sentry.body(f"{ACME}/integrations/", params={"features": "issue-basic"})

    assert [one["provider"]["key"] for one in slack] == ["slack"]
    assert {one["provider"]["key"] for one in ticketing} == {"github", "jira"}


async def test_commits_name_their_releases(sentry, acme):
    """A commit of a release names the release; the repository's list has the commit without it."""
    release = acme.releases[0]
    commits = await sentry.body(f"{ACME}/releases/{release.version}/commits/")
    repository = await sentry.body(f"{ACME}/repos/{release.commits[0].repository.id}/commits/")

    assert all(release.version in {release["version"] for release in commit["releases"]} for commit in commits)
    assert {commit["id"] for commit in commits} <= {commit["id"] for commit in repository}
    assert not any("releases" in commit for commit in repository)
