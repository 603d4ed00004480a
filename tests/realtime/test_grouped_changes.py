"""Changes that arrive together: what their answers need is read together, and charged as it was spent."""

from dataclasses import replace

import pytest

from dexter_graphql.server.caller_budgets import CallerBudgets
from support.graph import ENGINES
from support.realtime import make_change

COUNT = 5
BULK = "/organizations/{organization}/issues/"
DETAIL = "/organizations/{organization}/issues/{issue}/"


def document(selection):
    """A subscription to the issues of acme."""
    change = f"change {{ issue {{ {selection} }} }}"
    return f'subscription {{ issueChanged(organization: {{ slug: "acme" }}) {{ {change} }} }}'


def errors_of(asker, count=COUNT):
    """Issues of one project."""
    issues = [issue for issue in asker.acme.issues.values() if issue.is_error]
    return [issue for issue in issues if issue.project is issues[0].project][:count]


async def answers_to(asker, issues, selection, engine):
    """The issues in the answers to changes of them that arrive together, and the routes of the calls besides checks."""
    async with asker.following(document(selection), engine=engine) as items:
        already = len(asker.server.requests)
        for issue in issues:
            await asker.services.changes.publish(make_change(issue.id, project_id=issue.project.id))
        answers = [await items.next() for _ in issues]
        calls = list(asker.server.requests)[already:]
    assert [answer for answer in answers if "errors" in answer] == []
    read = [answer["data"]["issueChanged"]["change"]["issue"] for answer in answers]
    return read, [call.route for call in calls if ("limit", "1") not in call.query]


@pytest.mark.parametrize("engine", ENGINES)
async def test_issues_are_read_with_one_call(asker, engine):
    """Issues that the reports do not contain are one call for all changes, and each answer has its own issue."""
    issues = errors_of(asker)

    read, routes = await answers_to(asker, issues, "shortId title", engine)

    assert read == [{"shortId": issue.short_id, "title": issue.title} for issue in issues]
    assert routes == [BULK]


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_below_an_issue_is_read_together(asker, engine):
    """Fields below the issues are batched as in one list: two calls for the newest events of all."""
    issues = errors_of(asker)

    read, routes = await answers_to(asker, issues, "shortId latestEvent { eventId }", engine)

    assert [issue["latestEvent"]["eventId"] for issue in read] == [issue.events[-1].id for issue in issues]
    assert len(routes) == 3


@pytest.mark.parametrize("engine", ENGINES)
async def test_calls_are_charged_once(asker, engine):
    """The caller's budget is charged with the calls that were made for all changes together."""
    budgets = CallerBudgets(1000, 60, asker.services.clock)
    asker.services = replace(asker.services, budgets=budgets)
    issues = errors_of(asker)

    already = len(asker.server.requests)
    await answers_to(asker, issues, "shortId", engine)

    spent = 1000 - budgets.status(asker.identity.caller.subject).remaining
    assert spent == len(asker.server.requests) - already
