"""Suspect commits: of an event, of issues, and the issues for which a commit of a release is suspect."""

import pytest

from dexter_graphql.sandbox import Fault

COMMITTERS = "/projects/{organization}/{project}/events/{event_id}/committers/"
DISCOVER = "/organizations/{organization}/events/"
ISSUES = "/organizations/{organization}/issues/"
RELEASE = "/organizations/{organization}/releases/{version}/"
SUSPECT = "suspectCommits { commit { key message author { name } repository { name } } reason score }"


@pytest.fixture
def incident(asker):
    """The release that broke checkout, the commit that did, and the issues that it caused and another new one."""
    release = max((one for one in asker.acme.releases if one.package == "checkout"), key=lambda one: one.date_created)
    new = [one for one in asker.acme.issues.values() if one.events[0].release is release]
    broken = [one for one in new if one.title.startswith("TimeoutError: Request for the ")]
    assert 0 < len(broken) < len(new)
    return release, release.commits[0], broken, new


def suspect_of(commit):
    """What `SUSPECT` selects of the commit of the incident."""
    return {
        "commit": {
            "key": commit.id,
            "message": commit.message,
            "author": {"name": commit.author.name},
            "repository": {"name": commit.repository.name},
        },
        "reason": "via commit in release",
        "score": 2,
    }


async def test_event_has_its_suspect_commits(asker, incident):
    """The commit has the author whom Sentry names beside it, for one call."""
    _, commit, (issue, *_), _ = incident

    answer = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ event {{ {SUSPECT} }} }}')

    assert answer["issue"]["event"]["suspectCommits"] == [suspect_of(commit)]
    assert answer.routes.count(COMMITTERS) == 1


async def test_issues_of_a_list_cost_one_call_each(asker, incident):
    """The newest events of a list are found together, and `latestEvent` shares these calls."""
    release, commit, broken, new = incident

    answer = await asker.organization(
        f'release(version: "{release.version}")'
        f" {{ newIssues {{ nodes {{ shortId latestEvent {{ eventId }} {SUSPECT} }} }} }}"
    )

    nodes = answer["release"]["newIssues"]["nodes"]
    suspected = {node["shortId"]: node["suspectCommits"] for node in nodes}
    assert suspected == {one.short_id: [suspect_of(commit)] if one in broken else [] for one in new}
    assert answer.routes == sorted([RELEASE, ISSUES, DISCOVER, DISCOVER, *[COMMITTERS] * len(new)])


@pytest.mark.parametrize("detail", ["Release not found", "No Commits found for Release", "Event not found"])
async def test_sentry_without_suspects_is_an_empty_list(asker, incident, detail):
    """Sentry answers 404 when it has nothing to compare."""
    issue = incident[2][0]
    asker.server.faults.add(Fault(route=COMMITTERS, status=404, body={"detail": detail}))

    answer = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ suspectCommits {{ score }} }}')

    assert answer["issue"]["suspectCommits"] == []


async def test_commits_have_the_issues_they_are_suspect_for(asker, incident):
    """All commits of a release are compared with its new issues together."""
    release, commit, broken, new = incident

    answer = await asker.organization(
        f'release(version: "{release.version}") {{ commits {{ edges {{ node {{ key }} suspectFor {{ shortId }} }} }} }}'
    )

    edges = answer["release"]["commits"]["edges"]
    suspected = {edge["node"]["key"]: {one["shortId"] for one in edge["suspectFor"]} for edge in edges}
    assert suspected.pop(commit.id) == {issue.short_id for issue in broken}
    assert set(map(len, suspected.values())) == {0}
    assert answer.routes == sorted(
        [RELEASE, RELEASE + "commits/", ISSUES, DISCOVER, DISCOVER, *[COMMITTERS] * len(new)]
    )


async def test_commit_outside_a_release_has_no_issues_to_compare(asker):
    """In the list of a repository `suspectFor` is null and costs no call."""
    answer = await asker.organization(
        "repositories(first: 1) { nodes { commits(first: 1) { edges { suspectFor { shortId } } } } }"
    )

    assert answer["repositories"]["nodes"][0]["commits"]["edges"] == [{"suspectFor": None}]


async def test_issue_that_cannot_be_compared_costs_itself(asker, incident):
    """A failed look-up of one event leaves the other issues of the commit, with the error."""
    release, commit, broken, _ = incident
    event = broken[0].events[-1].id
    asker.server.faults.add(Fault(route=f"/{event}/committers/", status=403, body={"detail": "no"}))

    answer = await asker.ask(
        'query ($version: String!) { organization(slug: "acme") { release(version: $version)'
        " { commits(first: 1) { edges { node { key } suspectFor { shortId } } } } } }",
        version=release.version,
    )

    [edge] = answer["organization"]["release"]["commits"]["edges"]
    assert (edge["node"]["key"], len(edge["suspectFor"])) == (commit.id, len(broken) - 1)
    assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"committers": [None, {"author": None, "commits": [{"id": "a" * 40}]}]}, 1),
        ({"committers": [{"author": 1, "commits": None}]}, 0),
        ({"committers": [{"author": {}, "commits": [1, {"id": 2}]}]}, 1),
        ({"committers": None}, None),
        ({}, None),
    ],
)
async def test_damaged_answers_cost_only_their_part(asker, incident, body, count):
    """Authors and commits that cannot be read are left out."""
    issue = incident[2][0]
    asker.server.faults.add(Fault(route=COMMITTERS, status=200, body=body))

    answer = await asker.ask(
        'query ($id: String!) { organization(slug: "acme") { issue(shortId: $id) { suspectCommits { score } } } }',
        id=issue.short_id,
    )

    suspects = answer["organization"]["issue"]["suspectCommits"]
    assert (None if suspects is None else len(suspects)) == count
    assert "INTERNAL" not in {error["extensions"]["code"] for error in answer.errors}
