"""What Sentry knows around an issue: reports of users, similar issues, and the progress towards a fix."""

import pytest

from dexter_graphql.sandbox import Fault
from support.issues import LIST, find, one, select

REPORTS = "/organizations/{organization}/issues/{issue}/user-reports/"
SIMILAR = "/organizations/{organization}/issues/{issue}/similar/"


async def attempt(asker, issue, fields):
    """The answer to a selection on an issue, which may have errors."""
    return await asker.ask(f'query {{ organization(slug: "acme") {{ {select(issue, fields)} }} }}')


async def test_user_reports(asker):
    """A report has its text, author and event; the list costs one call, and an event one more."""
    issue = find(asker, lambda issue: issue.feedback)
    [report] = issue.feedback

    answered, answer = await one(
        asker,
        issue,
        "userReports { nodes { id sentryId name email message event { eventId } user { name } issue { shortId } } }",
    )

    [node] = answered["userReports"]["nodes"]
    assert node == {
        "id": node["id"],
        "sentryId": report.id,
        "name": report.name,
        "email": report.email,
        "message": report.comments,
        "event": {"eventId": report.event.id},
        "user": None,
        "issue": {"shortId": issue.short_id},
    }
    assert answer.routes.count(REPORTS) == 1
    found = await asker.ask(
        "query ($id: ID!) { node(id: $id) { ... on UserReport { message event { title } } } }", id=node["id"]
    )
    assert found["node"] == {"message": report.comments, "event": {"title": issue.title}}


async def test_reports_of_an_environment(asker):
    """Reports are filtered by the environments of their events."""
    issue = find(asker, lambda issue: issue.feedback)
    environment = issue.feedback[0].event.environment
    others = [name for name in ("production", "staging", "canary") if name != environment][:1]

    same, _ = await one(asker, issue, f'userReports(environments: {{ name: "{environment}" }}) {{ nodes {{ name }} }}')
    other, _ = await one(asker, issue, f'userReports(environments: {{ name: "{others[0]}" }}) {{ nodes {{ name }} }}')

    assert (len(same["userReports"]["nodes"]), other["userReports"]["nodes"]) == (1, [])


async def test_similar_issues(asker):
    """Similar issues come with their scores in one call; members that Sentry does not embed cost one for all."""
    issue = find(asker, lambda issue: issue.short_id == "WEB-9")

    embedded, first = await one(asker, issue, "similarIssues(first: 2) { issue { title } scores { feature score } }")
    loaded, second = await one(asker, issue, "similarIssues(first: 3) { issue { shortId eventCount } }")

    others = [other for other in asker.acme.issues.values() if other.project is issue.project and other.is_error]
    similar = [other for other in others if other is not issue and other.template == issue.template]
    scores = [
        {"feature": "exception:stacktrace:pairs", "score": 1.0},
        {"feature": "message:message:character-shingles", "score": None},
    ]
    assert embedded["similarIssues"] == [{"issue": {"title": other.title}, "scores": scores} for other in similar[:2]]
    assert [row["issue"]["shortId"] for row in loaded["similarIssues"]] == [other.short_id for other in similar[:3]]
    assert [route for route in first.routes if "issues" in route][1:] == [SIMILAR]
    assert second.routes.count(LIST) == 1


async def test_odd_pair_costs_itself(asker):
    """A row that is no pair is an error of its own, and the other rows are answered."""
    issue = find(asker, lambda issue: issue.short_id == "WEB-9")
    rows = [[{"id": "1000010", "title": "Other"}, {"message": 0.5}], ["odd"], 7, [None, None]]
    asker.server.faults.add(Fault(route=SIMILAR, status=200, body=rows))

    answer = await attempt(asker, issue, "similarIssues { issue { title } scores { score } }")

    assert answer["organization"]["issue"]["similarIssues"] == [
        {"issue": {"title": "Other"}, "scores": [{"score": 0.5}]},
        {"issue": None, "scores": []},
    ]
    assert {error["extensions"]["code"] for error in answer.errors} == {"UPSTREAM_BAD_RESPONSE"}


async def test_similar_issues_that_are_no_list(asker):
    """An answer that is no list is an error of the field."""
    issue = find(asker, lambda issue: issue.short_id == "WEB-9")
    asker.server.faults.add(Fault(route=SIMILAR, status=200, body={}))

    answer = await attempt(asker, issue, "similarIssues { issue { title } }")

    assert [error["extensions"]["code"] for error in answer.errors] == ["UPSTREAM_BAD_RESPONSE"]


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_odd_number_of_similar_issues(asker, first):
    """A number that Sentry does not take is refused before the call."""
    issue = find(asker, lambda issue: issue.short_id == "WEB-9")

    answer = await attempt(asker, issue, f"similarIssues(first: {first}) {{ scores {{ score }} }}")

    [error] = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", ["first"])
    assert SIMILAR not in answer.routes


async def test_progress_is_in_lists_and_details(asker):
    """The progress costs no call: issue lists and details have it."""
    issue = find(asker, lambda issue: issue.short_id == "WEB-9")
    progress = "progress { status progress blocker viewCount isAssigned hasRootCause hasOpenFix lastProgressAt }"

    detail, answer = await one(asker, issue, progress)
    listed = await asker.organization(
        f'issues(first: 1, filter: {{ search: "issue:WEB-9" }}) {{ nodes {{ {progress} }} }}'
    )

    assert detail["progress"] == {
        "status": "open",
        "progress": "not_started",
        "blocker": "none",
        "viewCount": len(issue.seen_by),
        "isAssigned": issue.assignee is not None,
        "hasRootCause": False,
        "hasOpenFix": False,
        "lastProgressAt": None,
    }
    assert listed["issues"]["nodes"] == [detail]
    assert len(answer.calls) == len(listed.calls) == 1
