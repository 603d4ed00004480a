"""Runs of Seer: read in both forms of Sentry's answer, started and continued."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault, Vintage
from dexter_graphql.sandbox.world.autofix import STEPS, start_run, take_step
from support.graph import graph_client_of_release
from support.issue_mutations import id_of, some

AUTOFIX = "/organizations/{organization}/issues/{issue}/autofix/"
RUN = """runId status statusRaw updatedAt pendingInput
  rootCause { description reasons reproductionSteps repositoryName } solution { summary steps { title description } }
  codeChanges { repositoryName path change addedLineCount removedLineCount } artifacts { key reason }
  pullRequests { repositoryName branch number webUrl status error title commitHash }
  codingAgents { agentId name providerKey status webUrl startedAt results { repositoryName pullRequestUrl } }"""
READ = f"query ($id: ID!) {{ issue(id: $id) {{ autofix {{ {RUN} }} }} }}"
PAYLOAD = "runId issue { shortId } autofix { status artifacts { key } } userErrors { field code message }"
START = f"mutation ($input: StartAutofixInput!) {{ startAutofix(input: $input) {{ {PAYLOAD} }} }}"
CONTINUE = f"mutation ($input: ContinueAutofixInput!) {{ continueAutofix(input: $input) {{ {PAYLOAD} }} }}"
HAND_OFF = """mutation ($input: HandOffAutofixInput!) { handOffAutofix(input: $input) {
  issue { shortId } autofix { codingAgents { name status providerKey } } startedCount failures
  userErrors { field code message }
} }"""
UUID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def issue(asker):
    """An issue without a run."""
    return some(asker)[0]


def complete(asker, issue):
    """Give the issue a run with all steps."""
    now = asker.server.world.now()
    run = start_run(issue, 7, UUID, now)
    for step in STEPS:
        take_step(issue, run, step, now)
    return run


async def read(asker, issue):
    """The run of an issue."""
    answer = await asker.ask(READ, id=id_of(issue))
    assert answer.errors == []
    return answer["issue"]["autofix"]


async def test_present_form(asker, issue):
    """The newest result of each step is the result of the run."""
    run = complete(asker, issue)
    run["coding_agents"] = {
        "x": {"id": "x", "name": "Agent", "provider": "cursor", "status": "running", "agent_url": "https://a.example"}
        | {"started_at": "2026-03-04T11:00:00Z", "results": [{"repo_full_name": "acme/web", "pr_url": None}]}
    }
    cause = run["blocks"][0]["artifacts"][0]["data"]

    answer = await read(asker, issue)

    assert {name: answer[name] for name in ("runId", "status", "statusRaw", "pendingInput")} == {
        "runId": UUID,
        "status": "COMPLETED",
        "statusRaw": "completed",
        "pendingInput": None,
    }
    assert answer["rootCause"] == {
        "description": cause["one_line_description"],
        "reasons": cause["five_whys"],
        "reproductionSteps": cause["reproduction_steps"],
        "repositoryName": "acme/web",
    }
    assert [step["title"] for step in answer["solution"]["steps"]] == ["Check the value"]
    assert [(change["change"], change["addedLineCount"]) for change in answer["codeChanges"]] == [("MODIFIED", 3)]
    assert [artifact["key"] for artifact in answer["artifacts"]] == ["root_cause", "solution"]
    [request] = answer["pullRequests"]
    assert (request["status"], request["number"], request["webUrl"]) == (
        "COMPLETED",
        4,
        "https://code.example/acme/web/pull/4",
    )
    [agent] = answer["codingAgents"]
    assert (agent["status"], agent["results"]) == (
        "RUNNING",
        [{"repositoryName": "acme/web", "pullRequestUrl": None}],
    )


async def test_older_form(asker, issue):
    """The state before June 2026 has steps and words in capitals."""
    issue.autofix = {
        "run_id": 42,
        "status": "WAITING_FOR_USER_RESPONSE",
        "updated_at": "2026-03-04T11:00:00Z",
        "steps": [
            {"id": "1", "key": "root_cause_analysis", "status": "COMPLETED", "causes": [{"description": "A race"}]},
            {"id": "2", "type": "solution", "description": "Lock it", "solution": [{"title": "Add a lock"}]},
        ],
    }

    answer = await read(asker, issue)

    assert (answer["runId"], answer["status"]) == ("42", "AWAITING_USER_INPUT")
    assert answer["statusRaw"] == "WAITING_FOR_USER_RESPONSE"
    assert answer["rootCause"]["description"] == "A race"
    assert answer["solution"] == {"summary": "Lock it", "steps": [{"title": "Add a lock", "description": None}]}
    assert (answer["codeChanges"], answer["artifacts"], answer["pullRequests"], answer["codingAgents"]) == ([],) * 4


async def test_no_run_and_no_solution(asker, issue):
    """An issue without a run has null; a step without a result has a reason."""
    before = await read(asker, issue)
    run = complete(asker, issue)
    run["blocks"][1]["artifacts"][0] |= {"data": None, "reason": "Nothing to fix"}
    asker.client.invalidate([f"issue/{issue.id}"])

    after = await read(asker, issue)

    assert before is None
    assert after["solution"] is None
    assert after["artifacts"][1] == {"key": "solution", "reason": "Nothing to fix"}


async def test_damaged_part_costs_itself(asker, issue):
    """A part that does not fit is an error at the fields that are made of it; the others stand."""
    run = complete(asker, issue)
    run["repo_pr_states"]["acme/web"] = 7
    run["status"] = "dreaming"

    answer = await asker.ask(READ, id=id_of(issue))

    run = answer["issue"]["autofix"]
    assert (run["status"], run["statusRaw"], run["runId"]) == ("UNKNOWN", "dreaming", UUID)
    assert [error["path"][:3] for error in answer.errors] == [["issue", "autofix", "pullRequests"]]


@pytest.mark.parametrize(("style", "start"), [("MARKDOWN", "## root_cause"), ("XML", "<root_cause>")])
async def test_text(asker, issue, style, start):
    """A run is written out with a call with the format; a server without formats answers null."""
    complete(asker, issue)
    document = f"query ($id: ID!) {{ issue(id: $id) {{ autofix {{ text(format: {style}) }} }} }}"

    answer = await asker.ask(document, id=id_of(issue))
    asker.client.invalidate([f"issue/{issue.id}"])
    asker.server.faults.add(Fault(status=200, body={"autofix": issue.autofix}), route=AUTOFIX, times=None)
    without = await asker.ask(document, id=id_of(issue))

    assert answer["issue"]["autofix"]["text"].startswith(start)
    assert answer.queries(AUTOFIX) == [[], [("llmFormat", style.lower())]]
    assert (without.errors, without["issue"]) == ([], {"autofix": {"text": None}})


async def test_started_and_continued(asker, issue):
    """A run is started up to a step and continued by its ID; the payload reads the new state."""
    issue_reference = {"id": id_of(issue)}
    started = await asker.ask(START, input={"issue": issue_reference, "stoppingPoint": "SOLUTION", "context": "Hurry"})
    run_id = started["startAutofix"]["runId"]
    asked = {"issue": issue_reference, "runId": run_id, "step": "CODE_CHANGES", "repository": {"name": "acme/web"}}
    continued = await asker.ask(CONTINUE, input=asked)

    assert started["startAutofix"] == {
        "runId": issue.autofix["sentry_run_id"],
        "issue": {"shortId": issue.short_id},
        "autofix": {"status": "COMPLETED", "artifacts": [{"key": "root_cause"}, {"key": "solution"}]},
        "userErrors": [],
    }
    assert continued["continueAutofix"]["userErrors"] == []
    bodies = [call.body for answer in (started, continued) for call in answer.calls if call.method == "POST"]
    assert bodies == [
        {"step": "root_cause", "user_context": "Hurry", "stopping_point": "solution"},
        {"step": "code_changes", "sentry_run_id": run_id, "repo_name": "acme/web"},
    ]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"runId": UUID}, ["runId"], "NOT_FOUND"),
        ({"runId": "7"}, ["runId"], "NOT_FOUND"),
        ({"runId": "x"}, ["runId"], "BAD_USER_INPUT"),
        ({"runId": " "}, ["runId"], "BAD_USER_INPUT"),
        ({"runId": UUID, "context": "x" * 1001}, ["context"], "BAD_USER_INPUT"),
        ({"runId": UUID, "repository": {"name": "nope"}}, ["repository", "name"], "NOT_FOUND"),
        ({"runId": UUID, "issue": {"id": encode_id("Issue", "100000", "1")}}, ["issue"], "NOT_FOUND"),
    ],
)
async def test_mistakes_are_user_errors(asker, issue, given, field, code):
    """A run of another issue, a name that does not exist and a value that Sentry refuses have their path."""
    await asker.organization("slug")

    answer = await asker.ask(CONTINUE, input={"issue": {"id": id_of(issue)}, "step": "SOLUTION", **given})

    payload = answer["continueAutofix"]
    assert answer.errors == []
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]
    assert (payload["runId"], payload["autofix"]) == (None, None)


@pytest.mark.parametrize(
    ("agent", "member", "provider"),
    [
        ({"provider": "github_copilot"}, {"provider": "github_copilot"}, "github_copilot"),
        ({"integration": {"sentryId": "100401"}}, {"integration_id": 100401}, "100401"),
    ],
)
async def test_handed_off(asker, issue, agent, member, provider):
    """A run is handed over to an agent of a provider or of an integration, which the run has afterwards."""
    complete(asker, issue)

    answer = await asker.ask(
        HAND_OFF, input={"issue": {"id": id_of(issue)}, "runId": UUID, "agent": agent, "context": "Small"}
    )

    assert answer["handOffAutofix"] == {
        "issue": {"shortId": issue.short_id},
        "autofix": {"codingAgents": [{"name": "Coding agent", "status": "PENDING", "providerKey": provider}]},
        "startedCount": 1,
        "failures": [],
        "userErrors": [],
    }
    [body] = [call.body for call in answer.calls if call.method == "POST"]
    assert body == {"step": "coding_agent_handoff", "sentry_run_id": UUID, "user_context": "Small", **member}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"runId": "8"}, ["runId"], "NOT_FOUND"),
        ({"runId": ""}, ["runId"], "BAD_USER_INPUT"),
        ({"agent": {"provider": " "}}, ["agent", "provider"], "BAD_USER_INPUT"),
        ({"agent": {"integration": {"sentryId": "1"}}}, ["agent", "integration", "sentryId"], "NOT_FOUND"),
        ({"context": "x" * 1001}, ["context"], "BAD_USER_INPUT"),
        ({"issue": {"id": encode_id("Issue", "100000", "1")}}, ["issue"], "NOT_FOUND"),
    ],
)
async def test_refused_handoff(asker, issue, given, field, code):
    """A mistake in a handoff names its member of the input, and no agent is started."""
    run = complete(asker, issue)
    handoff = {"issue": {"id": id_of(issue)}, "runId": UUID, "agent": {"provider": "github_copilot"}}

    answer = await asker.ask(HAND_OFF, input=handoff | given)

    payload = answer["handOffAutofix"]
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]
    assert (payload["autofix"], payload["startedCount"], run["coding_agents"]) == (None, 0, {})


async def test_agents_that_cannot_start(asker, issue):
    """What Sentry says about agents that it could not start is in the payload as it came."""
    complete(asker, issue)
    failures = [{"repo_name": "acme/web", "error_message": "No access"}, "Broken"]
    asker.server.faults.add(Fault(method="POST", status=202, body={"successes": [], "failures": failures}))

    answer = await asker.ask(
        HAND_OFF, input={"issue": {"id": id_of(issue)}, "runId": UUID, "agent": {"provider": "cursor"}}
    )

    assert (answer["handOffAutofix"]["startedCount"], answer["handOffAutofix"]["failures"]) == (0, failures)


async def test_budget_of_seer(asker, issue):
    """Without a budget Sentry refuses with a sentence, which the error has."""
    asker.server.faults.add(Fault(status=402, body="No budget for Seer Autofix."), method="POST")

    answer = await asker.ask(START, input={"issue": {"id": id_of(issue)}})

    assert answer.data == {"startAutofix": None}
    assert [error["extensions"]["upstream"]["status"] for error in answer.errors] == [402]


async def test_models(asker):
    """The names of the models need no organization."""
    answer = await asker.ask("{ seerModels }")

    assert (answer.data, answer.routes) == ({"seerModels": ["sandbox-small", "sandbox-large"]}, ["/seer/models/"])


async def test_no_self_hosted_server_has_it(graph):
    """The field is null with an error on servers without Seer."""
    async with graph_client_of_release(graph, Vintage.V24_1) as asker:
        answer = await asker.ask(READ, id=id_of(some(asker)[0]))

    assert answer.data == {"issue": {"autofix": None}}
    assert [error["extensions"]["code"] for error in answer.errors] == ["FEATURE_NOT_AVAILABLE"]
