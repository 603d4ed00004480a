"""The subscription `autofixChanged`: steps of Seer's runs, from webhooks and mutations."""

import msgspec
import pytest

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from support.graph import ENGINES
from support.issue_mutations import some
from support.simulated_changes import SimulatedChanges
from support.webhook_changes import change_of

ALL = """position change { kind action stage isCompleted runId rootCause { description }
  solution { summary steps { title } }
  repositoryChanges { repositoryName branch title description diff } pullRequests { repositoryName number webUrl }
  autofix { status pullRequests { number } } issue { shortId } }"""
STEPS = [
    ("ROOT_CAUSE", False), ("ROOT_CAUSE", True), ("SOLUTION", False), ("SOLUTION", True),
    ("CODE_CHANGES", False), ("CODE_CHANGES", True), ("PULL_REQUEST", True),
    ("PULL_REQUEST_ITERATION", False), ("PULL_REQUEST_ITERATION", True),
]  # fmt: skip


def document(selection):
    """A subscription to the runs of acme."""
    return (
        "subscription ($filter: AutofixChangeFilter, $after: String) {"
        f'autofixChanged(organization: {{ slug: "acme" }}, filter: $filter, after: $after) {{ {selection} }} }}'
    )


@pytest.fixture
def changes(asker):
    """Publishes the sandbox's webhooks of Seer."""
    return SimulatedChanges(asker, "seer")


async def next_changes(items, count):
    """The changes of the next items, which have no errors."""
    answers = [await items.next() for _ in range(count)]
    assert all("errors" not in answer for answer in answers), answers
    return [answer["data"]["autofixChanged"]["change"] for answer in answers]


@pytest.mark.parametrize("engine", ENGINES)
async def test_steps_have_their_results(asker, changes, engine):
    """Each step is a change when it starts and when it completes, then with its result."""
    async with asker.following(document(ALL), engine=engine) as items:
        issue = changes.simulation.fix_issue()
        events = await changes.publish()
        steps = await next_changes(items, len(events))

    run = issue.autofix
    assert [(change["stage"], change["isCompleted"]) for change in steps] == STEPS
    assert {change["runId"] for change in steps} == {str(run["run_id"])}
    assert {change["issue"]["shortId"] for change in steps} == {issue.short_id}
    assert {change["autofix"]["status"] for change in steps} == {"COMPLETED"}
    results = [(change["rootCause"], change["solution"], change["repositoryChanges"]) for change in steps]
    assert results[1][0] == {"description": run["blocks"][0]["artifacts"][0]["data"]["one_line_description"]}
    assert results[3][1] == {"summary": "Check the value before it is used", "steps": [{"title": "Check the value"}]}
    assert results[5][2][0]["repositoryName"] == f"acme/{issue.project.slug}"
    assert [bool(any(result)) for result in results] == [False, True, False, True, False, True, False, False, True]
    [state] = run["repo_pr_states"].values()
    assert steps[6]["pullRequests"][0]["repositoryName"] == state["repo_name"]
    assert [bool(change["pullRequests"]) for change in steps] == [False] * 6 + [True, False, False]


FILTERS = {
    "stages": ({"stages": ["SOLUTION", "PULL_REQUEST"]}, [2, 3, 6]),
    "completed": ({"isCompleted": True}, [1, 3, 5, 6, 8]),
    "started": ({"isCompleted": False, "stages": ["CODE_CHANGES", "PULL_REQUEST"]}, [4]),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters(asker, changes, name):
    """A change passes a filter when all given members match."""
    conditions, passing = FILTERS[name]
    async with asker.following(document("change { stage isCompleted }"), filter=conditions) as items:
        changes.simulation.fix_issue()
        await changes.publish()
        steps = await next_changes(items, len(passing))

    assert [(change["stage"], change["isCompleted"]) for change in steps] == [STEPS[index] for index in passing]


@pytest.mark.parametrize("member", ["issues", "projects"])
async def test_filters_by_issue_and_project(asker, changes, member):
    """Steps on other issues, and on issues of other projects, do not pass."""
    issue = some(asker)[0]
    conditions = {"issues": [{"shortId": issue.short_id}], "projects": [{"slug": "web"}]}
    async with asker.following(document("change { issue { shortId } }"), filter={member: conditions[member]}) as items:
        for other in (some(asker, project="api")[0], issue):
            changes.simulation._choose_issue = lambda _status, other=other: other
            changes.simulation.fix_issue()
        await changes.publish()
        steps = await next_changes(items, len(STEPS))

    assert [change["issue"]["shortId"] for change in steps] == [issue.short_id] * len(STEPS)


async def test_step_of_a_mutation_comes_once(asker, changes):
    """The start of a step that a mutation asks for is one change, although Sentry's webhook reports it as well."""
    issue = some(asker)[0]
    async with asker.following(document("change { stage isCompleted origin }")) as items:
        given = {"issue": {"id": encode_id("Issue", "100000", issue.id)}}
        answer = await asker.ask(START, input=given)
        await changes.publish()
        steps = await next_changes(items, 2)

    assert (answer.errors, answer["startAutofix"]["userErrors"]) == ([], [])
    assert steps == [
        {"stage": "ROOT_CAUSE", "isCompleted": False, "origin": "MUTATION"},
        {"stage": "ROOT_CAUSE", "isCompleted": True, "origin": "WEBHOOK"},
    ]


START = "mutation ($input: StartAutofixInput!) { startAutofix(input: $input) { userErrors { message } } }"
ODD = [None, 1, "x", [], [1, {}], {}, {"a": 1}, [{"pull_request": 1}, {"steps": "x"}]]


@pytest.mark.parametrize("engine", ENGINES)
async def test_odd_members_cost_themselves_alone(asker, changes, engine):
    """Each member of a payload may be anything: the change still comes, without an internal error."""
    changes.simulation.fix_issue()
    selection = ALL.replace("autofix { status pullRequests { number } } issue { shortId }", "")
    async with asker.following(document(selection), engine=engine) as items:
        for event in changes.webhooks:
            change = change_of(event, asker)
            data = msgspec.json.decode(change.object)
            for index, name in enumerate([name for name in data for _ in ODD]):
                odd = msgspec.json.encode(data | {name: ODD[index % len(ODD)]})
                await changes.publish_change(msgspec.structs.replace(change, object=odd))
                answer = await items.next()
                codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
                assert codes <= {"UPSTREAM_BAD_RESPONSE"}, (odd, answer)
                assert answer["data"]["autofixChanged"]["change"]["action"] == change.action


async def test_steps_of_hidden_issues_do_not_come(asker, changes):
    """A token that may not read an issue receives no step on it."""
    token = asker.server.world.tokens.web_only.text
    hidden, shown = some(asker, project="api")[0], some(asker)[0]
    identity = Identity(Upstream(token, token), Reach.of(AccessLevel.READ), Caller("limited"))
    async with asker.following(document("change { runId issue { shortId } }"), identity=identity) as items:
        for issue in (hidden, shown):
            changes.simulation._choose_issue = lambda _status, issue=issue: issue
            changes.simulation.fix_issue()
        await changes.publish()
        steps = await next_changes(items, len(STEPS))

    assert {change["issue"]["shortId"] for change in steps} == {shown.short_id}
