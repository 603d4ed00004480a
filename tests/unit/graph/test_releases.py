"""Releases: what is known of them, what hangs below them, and their health."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers import releases

LIST = "/organizations/{organization}/releases/"
DETAIL = "/organizations/{organization}/releases/{version}/"
ISSUES = "/organizations/{organization}/issues/"
SESSIONS = "/organizations/{organization}/sessions/"


@pytest.fixture
def release(asker):
    """A release with commits and deploys."""
    return next(one for one in asker.acme.releases if one.commits and one.deploys)


def select(release, fields):
    return f'release(version: "{release.version}") {{ {fields} }}'


async def test_versions_are_told_apart_part_by_part(asker, release):
    """Plain members and the parts of the version come from one call."""
    told = await asker.organization(
        select(
            release,
            "version status statusRaw commitCount deployCount releasedAt webUrl"
            " versionInfo { package raw major minor patch pre }"
            " projects { edges { inRelease { newIssueCount hasHealthData } node { slug } } }",
        )
    )

    package, _, raw = release.version.rpartition("@")
    found = told["release"]
    assert (found["versionInfo"]["package"], found["versionInfo"]["raw"]) == (package, raw)
    assert f"{found['versionInfo']['major']}.{found['versionInfo']['minor']}.{found['versionInfo']['patch']}" == raw
    assert (found["status"], found["statusRaw"], found["commitCount"]) == ("OPEN", "open", len(release.commits))
    edges = found["projects"]["edges"]
    assert [edge["node"]["slug"] for edge in edges] == [project.slug for project in release.projects]
    assert all(edge["inRelease"]["newIssueCount"] >= 0 for edge in edges)
    assert all(edge["inRelease"]["hasHealthData"] is True for edge in edges)
    assert told.routes == [DETAIL]


async def test_absent_version_is_null(asker):
    """A lookup that finds nothing is null without an error."""
    told = await asker.organization('release(version: "no@1.0.0") { version }')

    assert told.data == {"release": None}


async def test_list_is_narrowed_by_its_arguments(asker):
    """Text, projects and environments become parameters of the one call."""
    told = await asker.organization(
        'releases(versionContains: "web@", projects: {slug: "web"}, environments: {name: "production"}, first: 5)'
        " { nodes { version } }"
    )

    (query,) = told.queries(LIST)
    assert query == [("query", "web@"), ("environment", "production"), ("project", "web"), ("per_page", "5")]
    assert all(node["version"].startswith("web@") for node in told["releases"]["nodes"])


async def test_deploys_know_their_release(asker, release):
    """Sentry's deploys do not say which release they are of; the scope of the answer does, for no call."""
    told = await asker.organization(
        select(
            release,
            "deploys { nodes { environment finishedAt release { version } } } lastDeploy { release { version } }",
        )
    )

    assert {one["release"]["version"] for one in told["release"]["deploys"]["nodes"]} == {release.version}
    assert told["release"]["lastDeploy"] == {"release": {"version": release.version}}
    assert told.routes == sorted([DETAIL, DETAIL + "deploys/"])


async def test_last_deploys_of_a_list_know_their_releases(asker):
    """Each row of a list has its own scope."""
    told = await asker.organization("releases(first: 5) { nodes { version lastDeploy { release { version } } } }")

    for node in told["releases"]["nodes"]:
        assert node["lastDeploy"] is None or node["lastDeploy"]["release"]["version"] == node["version"]
    assert told.routes == [LIST]


async def test_commits_tell_author_and_repository(asker, release):
    """Authors without an account have a name and an address, and no user."""
    told = await asker.organization(
        select(
            release,
            "commits(first: 100) { edges { node { key message author { name email user { email } }"
            " repository { name } } releases { version } } }",
        )
    )

    commits = {one.id: one for one in release.commits}
    for edge in told["release"]["commits"]["edges"]:
        node = edge["node"]
        author = commits[node["key"]].author
        assert (node["author"]["name"], node["author"]["email"]) == (author.name, author.email)
        assert node["author"]["user"] == ({"email": author.email} if author.id else None)
        assert {"version": release.version} in edge["releases"]
    assert len(told.calls) <= 3


async def test_commit_files_are_all_files(asker, release):
    """Files of all commits, with what happened to them."""
    told = await asker.organization(select(release, "commitFiles { nodes { filename change repositoryName } }"))

    expected = sorted(path for commit in release.commits for path, _ in commit.files)
    assert sorted(one["filename"] for one in told["release"]["commitFiles"]["nodes"]) == expected


async def test_new_issues_are_searched_by_first_release(asker, release):
    """The search has a term for the version besides the filter's own terms."""
    told = await asker.organization(
        select(
            release, 'newIssues(filter: { search: "timeout" }, first: 2) { nodes { shortId } } issues { totalCount }'
        )
    )

    searches = sorted(dict(query)["query"] for query in told.queries(ISSUES))
    assert searches == [f"firstRelease:{release.version} timeout", f"release:{release.version}"]


async def test_health_of_many_releases_is_one_call(asker):
    """Releases of a page are asked about together, without series."""
    told = await asker.organization(
        'releases(first: 10, projects: [{ slug: "web" }]) { nodes { version health(range: { last: "14d" })'
        " { sessions users crashFreeSessions crashRateSessions projects { sessions project { slug } } } } }"
    )

    (query,) = told.queries(SESSIONS)
    versions = ",".join(node["version"] for node in told["releases"]["nodes"])
    assert ("query", f"release:[{versions}]") in query
    assert ("includeSeries", "0") in query
    for node in told["releases"]["nodes"]:
        health = node["health"]
        assert health["sessions"] == sum(one["sessions"] for one in health["projects"])
        if health["sessions"]:
            assert health["crashFreeSessions"] + health["crashRateSessions"] == pytest.approx(1)


async def test_adoption_compares_with_all_releases_in_the_same_call(asker):
    """Adoption needs everybody's sessions: the call is not narrowed, and shares of a project add up to one."""
    told = await asker.organization(
        'releases(first: 100, projects: { slug: "web" }) { nodes { version projects { nodes { slug } }'
        ' health(range: { last: "14d" })'
        " { adoption sessions projects { adoption project { slug } } } } }"
    )

    (query,) = told.queries(SESSIONS)
    assert "query" not in dict(query)
    shares = [
        one["adoption"]
        for node in told["releases"]["nodes"]
        for one in node["health"]["projects"]
        if one["project"]["slug"] == "web"
    ]
    assert shares
    assert sum(shares) == pytest.approx(1)


async def test_release_without_sessions_has_no_rates(asker):
    """Rates of nothing are null, counts are zero."""
    told = await asker.organization(
        select(
            asker.acme.releases[0],
            'health(range: { last: "1h" }) { sessions crashFreeUsers adoption projects { users } }',
        )
    )

    assert told["release"]["health"] == {"sessions": 0, "crashFreeUsers": None, "adoption": None, "projects": []}


async def test_version_of_a_projects_newest_release_is_looked_up_when_more_is_asked(asker):
    """The list embeds the version alone; the rest takes the detail."""
    told = await asker.organization(
        'project(slug: "web") { latestRelease { version releasedAt deploys { nodes { name } } } }'
    )

    assert told["project"]["latestRelease"]["releasedAt"]
    assert sorted(told.routes) == sorted([DETAIL, DETAIL + "deploys/", "/organizations/{organization}/projects/"])


async def test_failed_health_leaves_the_releases(asker):
    """One error for each release of the page, and everything else stands."""
    asker.server.faults.add(Fault(route="/sessions/", times=None, status=503, body={}))

    told = await asker.ask(
        '{ organization(slug: "acme") { releases(first: 2) { nodes { version health { sessions } } } } }'
    )

    nodes = told["organization"]["releases"]["nodes"]
    assert [node["health"] for node in nodes] == [None, None]
    assert all(node["version"] for node in nodes)
    assert {error["extensions"]["code"] for error in told.errors} == {"UPSTREAM_UNAVAILABLE"}


async def test_answer_about_sessions_that_does_not_fit_is_an_error(asker):
    """Groups that cannot be read are a bad response at their place."""
    asker.server.faults.add(Fault(route="/sessions/", status=200, body={"groups": [{"totals": "many"}]}))

    told = await asker.ask('{ organization(slug: "acme") { releases(first: 1) { nodes { health { sessions } } } } }')

    assert [error["path"] for error in told.errors] == [["organization", "releases", "nodes", 0, "health"]]
    assert told.errors[0]["extensions"]["code"] == "UPSTREAM_BAD_RESPONSE"


async def test_long_versions_are_asked_for_in_several_calls(asker):
    """An address holds so much; what does not fit goes into another call."""
    asker.acme.releases[:] = asker.acme.releases[-40:]
    for number, release in enumerate(asker.acme.releases):
        release.version = f"web@1.0.{number}+{'b' * 150}"

    told = await asker.organization("releases(first: 40) { nodes { version health { sessions } } }")

    calls = [call for call in told.calls if call.route == SESSIONS]
    assert len(calls) > 1
    assert max(len(call.line) for call in calls) < 6000


async def test_release_without_a_version_fails_where_its_version_is_needed(asker, monkeypatch):
    """What hangs below it cannot be asked for; the other releases are as they were."""
    whole, newest = releases.serialize_release, asker.acme.releases[-1]
    monkeypatch.setattr(
        releases,
        "serialize_release",
        lambda one, *rest: whole(one, *rest) | ({"version": None} if one is newest else {}),
    )

    told = await asker.ask(
        '{ organization(slug: "acme") { releases(first: 9) { nodes { deploys { nodes { environment } } } } } }'
    )

    deploys = [node["deploys"] for node in told["organization"]["releases"]["nodes"]]
    assert deploys[0] is None
    assert all(deploys[1:])
    assert [(error["path"], error["message"]) for error in told.errors] == [
        (["organization", "releases", "nodes", 0, "deploys"], "Sentry's answer lacks 'version'")
    ]


async def test_thresholds_of_a_list_cost_one_call(asker):
    """Each release has its own thresholds, of each of its projects."""
    told = await asker.organization(
        'releases(first: 5) { nodes { version thresholds(range: { last: "7d" }) { version isHealthy } } }'
    )

    for release in told["releases"]["nodes"]:
        assert {threshold["version"] for threshold in release["thresholds"]} == {release["version"]}
    assert told.routes.count("/organizations/{organization}/release-threshold-statuses/") == 1


@pytest.mark.parametrize(
    ("stages", "shown", "errors"),
    [
        (None, None, 0),
        ({}, [], 0),
        ({"web": {"stage": "adopted"}, "api": {"stage": "soon"}}, [("ADOPTED", "web"), ("UNKNOWN", "api")], 0),
        ({"web": {"stage": "replaced"}, "api": 7}, [("REPLACED", "web")], 1),
        ([], None, 1),
    ],
)
async def test_adoption_stages_by_project(asker, stages, shown, errors):
    """Sentry's map by slug is a list of stages with their projects; an odd stage costs itself."""
    version = asker.acme.releases[0].version
    await asker.organization(f'release(version: "{version}") {{ id }}')
    body = {"version": version, "adoptionStages": stages}
    asker.server.faults.add(Fault(route="/organizations/{organization}/releases/{version}/", status=200, body=body))

    told = await asker.ask(
        f"""{{ organization(slug: "acme") {{ release(version: "{version}") {{
          adoptionStages {{ stage project {{ slug }} }} }} }} }}"""
    )

    rows = told.data["organization"]["release"]["adoptionStages"]
    assert (rows and [(row["stage"], row["project"]["slug"]) for row in rows]) == shown
    assert len(told.errors) == errors
