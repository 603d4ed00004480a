"""The release before another one, and what changed between two releases."""

import pytest

from dexter_graphql.sandbox.issue_editor import IssueEditor

LIST = "/organizations/{organization}/releases/"
RELEASE = LIST + "{version}/"
ISSUES = "/organizations/{organization}/issues/"
SESSIONS = "/organizations/{organization}/sessions/"


@pytest.fixture
def line(asker):
    """The releases of checkout, newest first."""
    releases = [one for one in asker.acme.releases if one.package == "checkout"]
    return sorted(releases, key=lambda one: one.date_released, reverse=True)


def compare(release, fields, base=""):
    """A comparison of a release, by default with the previous one."""
    return f'release(version: "{release.version}") {{ compare{base} {{ {fields} }} }}'


async def test_previous_releases_of_a_list_cost_one_call_per_project(asker, line):
    """The releases of one project are found in the same list; the first one has no previous release."""
    answer = await asker.organization(
        'releases(first: 100, projects: [{ slug: "checkout" }]) { nodes { version previousRelease { version } } }'
    )

    versions = [release.version for release in line]
    previous = [{"version": version} for version in versions[1:]]
    assert answer["releases"]["nodes"] == [
        {"version": version, "previousRelease": before}
        for version, before in zip(versions, [*previous, None], strict=True)
    ]
    assert answer.routes == [LIST, LIST]


async def test_previous_release_skips_archived_ones_and_other_projects(asker, line):
    """Only open releases of the same projects are compared, by the time that Sentry orders them by."""
    line[1].status = "archived"

    answer = await asker.organization(
        f'release(version: "{line[0].version}") {{ previousRelease {{ version commitCount }} }}'
    )

    assert answer["release"]["previousRelease"] == {"version": line[2].version, "commitCount": len(line[2].commits)}
    assert answer.routes == [LIST, RELEASE]
    assert ("project", line[0].projects[0].id) in answer.queries(LIST)[0]


async def test_comparison_has_health_side_by_side(asker, line):
    """Both releases are in one call, and the change is their difference."""
    answer = await asker.organization(
        compare(
            line[0],
            'base { version } health(range: { last: "14d" }) { release { crashFreeSessions crashFreeUsers }'
            " base { crashFreeSessions crashFreeUsers } crashFreeSessionsChange crashFreeUsersChange }",
        )
    )

    comparison = answer["release"]["compare"]
    health = comparison["health"]
    assert comparison["base"] == {"version": line[1].version}
    for rate in ("crashFreeSessions", "crashFreeUsers"):
        assert health["release"][rate] < 0.85 < health["base"][rate]
        assert health[f"{rate}Change"] == pytest.approx(health["release"][rate] - health["base"][rate])
    assert answer.routes == [LIST, RELEASE, SESSIONS]


async def test_comparison_lists_issues_and_commits_of_the_releases_between(asker, line):
    """New, regressed and resolved issues and commits are those of all releases after the older one."""
    newest, between, base = line[:3]
    seen = {event.issue for event in asker.acme.events.values() if event.release in {newest, between}}
    regressed, resolved = list(seen)[:2]
    editor = IssueEditor(asker.server.world, asker.acme, None)
    editor.unresolve(regressed, "regressed", activity="set_regression")
    resolved.status, resolved.substatus, resolved.status_details = "resolved", None, {"inRelease": between.version}

    answer = await asker.organization(
        compare(
            newest,
            "base { version } commits(first: 100) { nodes { key } } newIssues(first: 100) { nodes { shortId } }"
            " regressedIssues(first: 100) { nodes { shortId } } resolvedIssues { nodes { shortId status } }",
            f'(with: {{ version: "{base.version}" }})',
        )
    )

    comparison = answer["release"]["compare"]
    new = [one.short_id for one in asker.acme.issues.values() if one.events[0].release in {newest, between}]
    is_regressed = [one.short_id for one in seen if one.substatus == "regressed"]
    assert comparison["base"] == {"version": base.version}
    assert [node["key"] for node in comparison["commits"]["nodes"]] == [
        commit.id
        for release in (newest, between)
        for commit in sorted(release.commits, key=lambda commit: commit.date_created, reverse=True)
    ]
    assert sorted(node["shortId"] for node in comparison["newIssues"]["nodes"]) == sorted(new)
    assert sorted(node["shortId"] for node in comparison["regressedIssues"]["nodes"]) == sorted(is_regressed)
    assert {"shortId": resolved.short_id, "status": "RESOLVED"} in comparison["resolvedIssues"]["nodes"]
    each_release = [RELEASE + "commits/", RELEASE + "resolved/"] * 2
    assert answer.routes == sorted([LIST, RELEASE, RELEASE, *each_release, ISSUES, ISSUES])


async def test_first_release_is_compared_with_nothing(asker, line):
    """Without an older release the comparison has what is new in the release."""
    answer = await asker.organization(
        compare(
            line[-1],
            "base { version } commits(first: 100) { nodes { key } }"
            " health { release { sessions } base { sessions } crashFreeSessionsChange }",
        )
    )

    comparison = answer["release"]["compare"]
    assert (comparison["base"], comparison["health"]["base"]) == (None, None)
    assert comparison["health"]["crashFreeSessionsChange"] is None
    assert len(comparison["commits"]["nodes"]) == len(line[-1].commits)


@pytest.mark.parametrize(
    ("newer", "reference", "message"),
    [
        (1, "version: NEWER", "is not one of the 10 releases of the same projects before"),
        (0, 'version: "web@1.8.2"', "is not one of the 10 releases of the same projects before"),
        (0, 'version: "no@1.0.0"', "does not exist"),
        (0, "latest: true", "'with' must name an older release"),
    ],
)
async def test_other_releases_are_refused(asker, line, newer, reference, message):
    """A release can be compared with one of the ten before it."""
    reference = reference.replace("NEWER", f'"{line[0].version}"')
    document = (
        f'{{ organization(slug: "acme") {{ {compare(line[newer], "base { id }", f"(with: {{ {reference} }})")} }} }}'
    )

    answer = await asker.ask(document)

    [error] = answer.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert message in error["message"]
