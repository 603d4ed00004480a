"""The operations that users run every day: what each may cost, cold, and that it costs nothing when warm."""

import pytest

RELEASE_REPORT = """
query ReleaseReport($org: String!, $version: String!) {
  organization(slug: $org) {
    release(version: $version) {
      version dateReleased commitCount commits(first: 20) { nodes { message author { name } } }
      deploys { environment finishedAt } newIssues(first: 10) { nodes { shortId title eventCount } }
      health(range: { last: "14d" }) { crashFreeSessions crashFreeUsers adoption sessions } projects { slug }
    }
  }
}
"""
PROJECT_DASHBOARD = """
query ProjectDashboard($org: String!, $project: String!) {
  organization(slug: $org) {
    project(slug: $project) {
      name platform teams { slug } keys { label dsn { public } } latestRelease { version } environments { name }
      topIssues: issues(sort: FREQUENCY, first: 5, range: { last: "24h" }) { nodes { shortId title } }
      newest: issues(sort: NEW, first: 5) { nodes { shortId title firstSeen } }
      usage(range: { last: "7d" }) { category outcome quantity }
    }
  }
}
"""
TWO_ORGANIZATIONS = """
query TwoOrganizations {
  a: organization(slug: "acme") { name projects(first: 10) { nodes { slug } } }
  b: organization(slug: "globex") { name projects(first: 10) { nodes { slug } } }
}
"""
USAGE = """
query Usage($org: String!) {
  organization(slug: $org) {
    usage(groupBy: [CATEGORY, OUTCOME], range: { last: "30d" }, interval: "1d") {
      groups { category outcome total series { values } }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        pytest.param(RELEASE_REPORT, 6, id="release report"),
        pytest.param(PROJECT_DASHBOARD, 6, id="project dashboard"),
        pytest.param(TWO_ORGANIZATIONS, 4, id="two organizations"),
        pytest.param(USAGE, 2, id="usage, with the organization"),
    ],
)
async def test_cold_calls_stay_within_the_limit_and_warm_ones_are_none(asker, document, limit):
    """The number of calls is the contract; an answer asked for again comes from the cache."""
    variables = {"org": "acme", "project": "web", "version": asker.acme.releases[-1].version}

    cold = await asker.ask(document, **variables)
    warm = await asker.ask(document, **variables)

    assert cold.errors == []
    assert len(cold.calls) <= limit
    assert warm == type(cold)(cold.data)


async def test_dashboards_of_many_projects_share_what_can_be_shared(asker):
    """Usage of a whole list is one call; lists of issues and keys are one for each project."""
    told = await asker.organization(
        "projects(first: 4) { nodes { slug usage { quantity } keys { label } issues(first: 1) { totalCount } } }"
    )

    assert len(told.calls) == 1 + 1 + 4 + 4
