"""Announcements: what a mutation changes reaches streams once, although Sentry's webhooks report it as well."""

from collections import Counter
from types import MappingProxyType

import pytest
from parity.case import Case, global_id, mutation
from parity.site import execute, reset_world, user_errors
from parity.tables import MUTATION_CASES

from dexter_graphql.graph.schema import build_graph
from dexter_graphql.realtime.brokers.base import Outcome
from dexter_graphql.realtime.changes import Origin
from dexter_graphql.realtime.feed import ChangeFeed

ANNOUNCED = MappingProxyType(
    {
        "addIssueComment": ["comment.created"],
        "archiveIssues": ["issue.archived", "issue.archived"],
        "archiveRelease": ["release.updated"],
        "assignIssues": ["issue.assigned"],
        "continueAutofix": ["seer.solution_started"],
        "createDeploy": ["release.deployed"],
        "createExternalIssue": ["issue.updated"],
        "createRelease": ["release.created"],
        "deleteAppExternalIssue": ["issue.updated"],
        "deleteIssueComment": ["comment.deleted"],
        "deleteIssues": ["issue.deleted", "issue.deleted"],
        "deleteRelease": ["release.deleted"],
        "editIssueComment": ["comment.updated"],
        "executeAppIssueAction": ["issue.updated"],
        "finalizeRelease": ["release.finalized"],
        "handOffAutofix": ["seer.coding_agent_started"],
        "linkExternalIssue": ["issue.updated"],
        "mergeIssues": ["issue.deleted", "issue.updated"],
        "resolveIssues": ["issue.resolved", "issue.resolved"],
        "restoreRelease": ["release.updated"],
        "setAppExternalIssue": ["issue.updated"],
        "setIssuePriority": ["issue.updated"],
        "setReleaseCommits": ["release.updated"],
        "startAutofix": ["seer.root_cause_started"],
        "unlinkExternalIssue": ["issue.updated"],
        "unresolveIssues": ["issue.unresolved"],
        "updateIssue": ["issue.resolved"],
        "updateRelease": ["release.finalized"],
    }
)
"""Mutations whose changes streams show, and the actions that the case of each announces."""
SILENT = MappingProxyType(
    {
        "personal to the user of the token": ["bookmarkIssues", "markIssuesSeen", "subscribeToIssues"],
        "alertFired has alerts that fire, not their settings": [
            "connectMonitors", "createAlert", "createCronMonitor", "createMonitor", "deleteAlerts", "deleteCronMonitor",
            "deleteMonitors", "setAlertsEnabled", "setMonitorsEnabled", "snoozeAlert", "unsnoozeAlert", "updateAlert",
            "updateCronMonitor", "updateMonitor",
        ],
        "no stream has files of releases": ["deleteReleaseFile", "renameReleaseFile", "uploadReleaseFile"],
        "no stream has the object": [
            "createIssueView", "createSavedQuery", "deleteSavedQuery", "setEnvironmentVisibility", "setServiceSpanStar",
            "updateSavedQuery",
        ],
    }
)  # fmt: skip
"""Mutations that announce nothing, by the reason."""
NEXT_STEP = Case(
    "", mutation("continueAutofix", "runId"), "", {"input": {"issue": {"id": global_id("Issue", "1001507")}}}
)
"""A step of which Sentry reports the start; the case of parity opens pull requests."""


@pytest.fixture
def reports(monkeypatch):
    """All reports of changes of a test, with what became of them."""
    recorded, publish = [], ChangeFeed.publish

    async def record(feed, change, *, body_hash=None):
        outcome = await publish(feed, change, body_hash=body_hash)
        recorded.append((change, outcome))
        return outcome

    monkeypatch.setattr(ChangeFeed, "publish", record)
    return recorded


async def run(site, case):
    """Execute the document of a case, and have its webhooks delivered."""
    site.upstream.webhooks.set_url(f"{site.url}/webhooks/sentry")
    try:
        answer = await execute(site, case)
        await site.upstream.webhooks.drain()
    finally:
        reset_world(site)
    assert "errors" not in answer, answer["errors"]
    assert list(user_errors(answer["data"])) == []


def next_step(site):
    """The case of a run that continues with its second step."""
    run_id = site.upstream.world.find_organization("acme").issues["1001507"].autofix["run_id"]
    given = {**NEXT_STEP.variables["input"], "runId": str(run_id), "step": "SOLUTION"}
    return Case("", NEXT_STEP.document, "", {"input": given})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", ANNOUNCED)
async def test_change_is_announced_once(name, sites, reports):
    """Each change of a mutation is published once: of the mutation's report and Sentry's webhook, the first one."""
    site = await sites.get(MUTATION_CASES[name].vintage)
    await run(site, next_step(site) if name == "continueAutofix" else MUTATION_CASES[name])

    own = [change for change, _ in reports if change.origin is Origin.MUTATION]
    assert sorted(change.action for change in own) == ANNOUNCED[name]
    facts = Counter(fact_of(change) for change, outcome in reports if outcome is Outcome.PUBLISHED)
    assert set(facts.values()) == {1}, facts
    assert facts.keys() >= {fact_of(change) for change in own}
    with_object = [change for change in own if change.entity == "release" or change.object is not None]
    assert all(change.project_id or change.projects for change in with_object if change.entity in {"issue", "release"})


def fact_of(change):
    """What is the same in all reports of a fact."""
    return (change.entity, change.subject, change.kind, change.state)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", [name for names in SILENT.values() for name in names])
async def test_other_mutations_announce_nothing(name, sites, reports):
    """A mutation whose changes no stream shows publishes none, and Sentry sends no webhook about it."""
    await run(await sites.get(MUTATION_CASES[name].vintage), MUTATION_CASES[name])

    assert [change.action for change, _ in reports] == []


def test_every_mutation_is_decided():
    """Each mutation of the schema announces its changes, or has a reason not to."""
    silent = [name for names in SILENT.values() for name in names]

    assert sorted([*ANNOUNCED, *silent]) == sorted(build_graph().schema.mutation_type.fields)
