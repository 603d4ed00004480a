"""Filters of lists, entity by entity."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACME = "/organizations/acme"


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("", lambda project: True),
        ("slug:web", lambda project: project.slug == "web"),
        ("slug:web slug:api", lambda project: project.slug in {"web", "api"}),
        ("platform:python", lambda project: project.platform == "python"),
        ("team:search", lambda project: any(team.slug == "search" for team in project.teams)),
        ("ch", lambda project: "ch" in project.slug),
        ("slug:nothing", lambda project: False),
    ],
)
async def test_projects(query, predicate, sentry, acme):
    """Values of the same key are alternatives, different keys are combined, and text matches names."""
    rows = await sentry.body(f"{ACME}/projects/", params={"query": query})

    assert [row["id"] for row in rows] == [project.id for project in acme.projects if predicate(project)]


async def test_projects_by_id(sentry, acme):
    """Many projects are found by id in one request."""
    ids = [acme.projects[0].id, acme.projects[3].id]
    rows = await sentry.body(f"{ACME}/projects/", params={"query": " ".join(f"id:{row}" for row in ids)})

    assert [row["id"] for row in rows] == ids


async def test_members(sentry, acme):
    """A member is found by email, by the id of the membership and by the id of the user."""
    member = acme.members[4]
    queries = (f"email:{member.email}", f"id:{member.id}", f"user.id:{member.user.id}", member.name.split()[0].lower())

    for query in queries:
        rows = await sentry.body(f"{ACME}/members/", params={"query": query})
        assert member.id in {row["id"] for row in rows}, query
    assert member.id != member.user.id


async def test_me(sentry, acme, world):
    """`me` is the membership of the token's user, and the user under `users/`."""
    member = await sentry.body(f"{ACME}/members/me/")
    user = await sentry.body("/users/me/")

    assert (member["user"]["id"], user["id"]) == (world.tokens.admin.user.id, world.tokens.admin.user.id)
    assert member["teams"] == [team.slug for team in acme.members[0].teams]


async def test_teams(sentry, acme):
    """Teams include their projects unless `detailed=0`."""
    (team,) = await sentry.body(f"{ACME}/teams/", params={"query": "slug:payments"})
    bare = await sentry.body(f"{ACME}/teams/", params={"detailed": "0"})

    slugs = [project.slug for project in acme.projects if any(team.slug == "payments" for team in project.teams)]
    assert [project["slug"] for project in team["projects"]] == slugs
    assert len(bare) == len(acme.teams)
    assert not any("projects" in row for row in bare)


@pytest.mark.parametrize(
    ("params", "predicate"),
    [
        ({}, lambda release: True),
        ({"query": "web@"}, lambda release: "web@" in release.version),
        ({"query": "release.package:api"}, lambda release: release.package == "api"),
        (
            {"environment": "production"},
            lambda release: any(team.environment == "production" for team in release.deploys),
        ),
        ({"status": "archived"}, lambda release: False),
    ],
)
async def test_releases(params, predicate, sentry, acme):
    """Releases are filtered by version, environment and status, newest first."""
    rows = await sentry.body(f"{ACME}/releases/", params=params)

    expected = sorted(
        filter(predicate, acme.releases), key=lambda release: (release.date_released, release.id), reverse=True
    )
    assert [row["version"] for row in rows] == [row.version for row in expected[:100]]


async def test_release_health_is_optional(sentry):
    """Health data requires `health=1`, is in percent and can be sorted by."""
    plain = await sentry.body(f"{ACME}/releases/", params={"per_page": "3"})
    ranked = await sentry.body(f"{ACME}/releases/", params={"health": "1", "sort": "sessions", "per_page": "20"})

    sessions = [row["projects"][0]["healthData"]["totalSessions"] for row in ranked]
    assert not any("healthData" in project for row in plain for project in row["projects"])
    assert sessions == sorted(sessions, reverse=True)
    assert all(50 < row["projects"][0]["healthData"]["crashFreeSessions"] <= 100 for row in ranked[:5])


async def test_a_release_counts_its_new_issues(sentry, acme):
    """`newGroups` is the number of issues whose first event has the release."""
    release = acme.releases[5]
    body = await sentry.body(f"{ACME}/releases/{release.version}/")

    assert body["newGroups"] == sum(issue.events[0].release is release for issue in acme.issues.values())


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("", lambda detector: True),
        ("type:error", lambda detector: detector.type == "error"),
        ("type:metric", lambda detector: detector.type == "metric_issue"),
        ("uptime", lambda detector: "uptime" in f"{detector.name} {detector.type}".lower()),
        ("assignee:none", lambda detector: detector.owner is None),
    ],
)
async def test_detectors(query, predicate, sentry, acme):
    """Detectors are filtered by name, type and owner."""
    rows = await sentry.body(f"{ACME}/detectors/", params={"query": query})

    expected = sorted(filter(predicate, acme.detectors), key=lambda detector: int(detector.id))
    assert [row["id"] for row in rows] == [row.id for row in expected[:100]]


async def test_alerts_of_a_project_in_two_calls(sentry, acme):
    """Detectors and workflows of a project refer to each other."""
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


async def test_both_alert_apis_agree(sentry):
    """Each issue rule has a workflow with its name, each metric rule a detector with its window in seconds."""
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

    assert ([row["name"] for row in shown], hidden) == ([environment.name for environment in acme.environments], [])


async def test_end_users_are_found_by_email(sentry):
    """End users of a project are found by email."""
    everyone = await sentry.body("/projects/acme/web/users/", params={"per_page": "2"})
    rows = await sentry.body("/projects/acme/web/users/", params={"query": f"email:{everyone[1]['email']}"})

    assert rows == everyone[1:]


async def test_integrations(sentry, acme):
    """Integrations are filtered by provider and feature."""
    slack = await sentry.body(f"{ACME}/integrations/", params={"providerKey": "slack"})
    ticketing = await sentry.body(f"{ACME}/integrations/", params={"features": "issue-basic"})

    assert [row["provider"]["key"] for row in slack] == ["slack"]
    assert {row["provider"]["key"] for row in ticketing} == {"github", "jira"}


async def test_commits_name_their_releases(sentry, acme):
    """A release's commits name their releases; a repository's commits do not."""
    release = acme.releases[0]
    commits = await sentry.body(f"{ACME}/releases/{release.version}/commits/")
    repository = await sentry.body(f"{ACME}/repos/{release.commits[0].repository.id}/commits/")

    assert all(release.version in {release["version"] for release in commit["releases"]} for commit in commits)
    assert {commit["id"] for commit in commits} <= {commit["id"] for commit in repository}
    assert not any("releases" in commit for commit in repository)
