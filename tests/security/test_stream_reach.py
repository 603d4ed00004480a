"""Streams of callers who are restricted to some projects, behind a token that may read everything."""

import pytest

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from support.graph import ENGINES
from support.issue_mutations import some
from support.simulated_changes import SimulatedChanges

RELEASE = """mutation ($version: String!, $slug: String!) { createRelease(input: {
  version: $version, projects: [{ slug: $slug }], organization: { slug: "acme" } }) { userErrors { code } } }"""
COMMENT = """mutation ($id: ID!) {
  addIssueComment(input: { issue: { id: $id }, text: "seen" }) { userErrors { code } } }"""


def restricted(asker):
    """A caller who may read the project `web` with the token of the sandbox."""
    reach = Reach.of(AccessLevel.READ, frozenset({"acme/web"}))
    return Identity(Upstream("test", asker.server.token), reach, Caller("restricted"))


class Causes:
    """What happens in a project of acme."""

    def __init__(self, asker):
        self.asker = asker
        self.changes = SimulatedChanges(asker, "event_alert", "metric_alert", "activity_alert", "seer", "error")

    async def fire_metric_alert(self, slug):
        """A metric alert fires."""
        rule = next(rule for rule in self.asker.acme.metric_rules if rule.name.endswith(f" {slug}"))
        self.changes.simulation.fire_metric_alert("critical", rule)
        await self.changes.publish()

    async def fire_issue_alert(self, slug):
        """An issue alert fires."""
        issue = some(self.asker, project=slug)[0]
        self.changes.simulation._trigger_alerts(issue, issue.events[-1], "new issues")
        await self.changes.publish()

    async def fix_issue(self, slug):
        """Seer runs on an issue, and alerts on it fire."""
        self.changes.simulation._choose_issue = lambda _status: some(self.asker, project=slug)[0]
        self.changes.simulation.fix_issue()
        await self.changes.publish()

    async def add_event(self, slug):
        """An error occurs."""
        self.changes.simulation.add_event(some(self.asker, project=slug)[0])
        await self.changes.publish()

    async def create_release(self, slug):
        """A release is created."""
        answer = await self.asker.ask(RELEASE, version=f"{slug}@9", slug=slug)
        assert answer["createRelease"]["userErrors"] == []

    async def add_comment(self, slug):
        """A comment is written."""
        number = some(self.asker, project=slug)[0].id
        answer = await self.asker.ask(COMMENT, id=encode_id("Issue", self.asker.acme.id, number))
        assert answer["addIssueComment"]["userErrors"] == []


STREAMS = {
    "metric alerts": ("alertFired", "projects { slug }", Causes.fire_metric_alert),
    "issue alerts": ("alertFired", "projects { slug } issue { project { slug } }", Causes.fire_issue_alert),
    "alerts on activities": ("alertFired", "projects { slug } issue { project { slug } }", Causes.fix_issue),
    "runs of Seer": ("autofixChanged", "issue { project { slug } }", Causes.fix_issue),
    "errors": ("errorReceived", "event { releaseVersion }", Causes.add_event),
    "releases": ("releaseChanged", "version release { projects { nodes { slug } } }", Causes.create_release),
    "comments": ("commentChanged", "issue { project { slug } }", Causes.add_comment),
}
"""Subscription, what it selects of a change, and what causes one in a project."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", STREAMS)
async def test_changes_of_other_projects_do_not_come(asker, name, engine):
    """A caller who is restricted to one project receives its changes alone, with nothing of other projects in them."""
    field, selection, cause = STREAMS[name]
    causes = Causes(asker)
    document = f'subscription {{ {field}(organization: {{ slug: "acme" }}) {{ change {{ {selection} }} }} }}'
    async with asker.following(document, engine=engine, identity=restricted(asker)) as items:
        for slug in ("api", "web"):
            await cause(causes, slug)
        answer = await items.next()

    assert "errors" not in answer, answer["errors"]
    assert "web" in str(answer["data"])
    assert "api" not in str(answer["data"])


@pytest.mark.parametrize("engine", ENGINES)
async def test_releases_show_no_project_beyond_the_reach(asker, engine):
    """A release in two projects comes to a caller of one of them, without the other one."""
    document = """subscription { releaseChanged(organization: { slug: "acme" }) { change {
      version release { version projects { nodes { slug } } } } } }"""
    async with asker.following(document, engine=engine, identity=restricted(asker)) as items:
        for slug in ("api", "web"):
            await asker.ask(RELEASE, version="both@9", slug=slug)
        answer = await items.next()

    change = answer["data"]["releaseChanged"]["change"]
    assert change == {"version": "both@9", "release": {"version": "both@9", "projects": {"nodes": [{"slug": "web"}]}}}
