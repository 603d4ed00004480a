"""The generated world: sizes, names used in the docs, and determinism."""

import time
from dataclasses import fields

import msgspec
import pytest

from dexter_graphql.sandbox import DEFAULT_SEED, SandboxServer, build_world
from dexter_graphql.sandbox.serializers.events import serialize_event_detail
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from support.sandbox import StillClock
from support.worlds import borrowed_snapshot, changeable_objects


@pytest.fixture(scope="module")
def rebuilt():
    """A world that was built separately from the same seed at the same instant."""
    return build_world(DEFAULT_SEED, StillClock())


def everything(world):
    return msgspec.json.encode(
        [
            [serialize_issue(world, o, issue, None) for issue in o.issues.values()]
            + [serialize_event_detail(event) for event in list(o.events.values())[::50]]
            + [[r.version for r in o.releases], [t.slug for t in o.teams], [m.email for m in o.members]]
            + [world.tokens.admin.text]
            for o in world.organizations
        ]
    )


def damage(item):
    """Empty a container, or set all members of a record to None where they can be set."""
    if isinstance(item, list | dict | set):
        item.clear()
    elif not item.__dataclass_params__.frozen:
        for member in fields(item):
            setattr(item, member.name, None)


def test_borrowed_worlds_are_restored(clock):
    """Whatever a test changed, the next one gets the world as it was built."""
    with borrowed_snapshot(clock) as snapshot:
        world = snapshot.world
        before, objects = everything(world), list(changeable_objects(world))
        for item in objects:
            damage(item)

    with borrowed_snapshot(clock) as again:
        assert again is snapshot
        assert everything(world) == before
        assert [id(item) for item in changeable_objects(world)] == [id(item) for item in objects]


def test_world_has_the_documented_size(world):
    """The world has the documented number of records."""
    sizes = {
        name: sum(len(getattr(o, name)) for o in world.organizations)
        for name in ("projects", "teams", "members", "issues", "events", "releases")
    }

    assert len(world.organizations) >= 2
    assert sizes == {"projects": 13, "teams": 10, "members": 49, "issues": 2050, "events": 20600, "releases": 124}


def test_the_same_seed_gives_the_same_bytes(world, rebuilt, clock):
    """Two worlds with the same seed and instant are identical; another seed gives another world."""
    built = everything(world)

    assert everything(rebuilt) == built
    assert everything(build_world(DEFAULT_SEED + 1, clock)) != built


async def test_the_server_starts_in_under_two_seconds():
    """Building the world and starting the server takes less than two seconds of CPU time."""
    begun = time.process_time()

    async with SandboxServer():
        assert time.process_time() - begun < 2


def test_names_in_the_docs_exist(world):
    """Organization acme has project web with the unresolved error WEB-9, and a renamed project."""
    acme = world.find_organization("acme")
    issue = acme.find_issue("WEB-9")

    assert (issue.project.slug, issue.status, issue.level) == ("web", "unresolved", "error")
    assert "production" in {environment.name for environment in acme.environments}
    assert acme.renamed_projects == {"frontend": "web"}
    assert world.find_organization("globex") is not None


def test_stack_traces_cover_six_languages(world):
    """Each language has error issues."""
    languages = {i.project.language for o in world.organizations for i in o.issues.values() if i.is_error}

    assert languages == {"javascript", "python", "go", "java", "ruby", "csharp"}


def test_events_of_an_issue_are_in_order_and_indexed(world):
    """Each issue has events, oldest first, not in the future, indexed by id."""
    for organization in world.organizations:
        for issue in organization.issues.values():
            instants = [event.at for event in issue.events]
            assert instants == sorted(instants)
            assert len(instants) > 0
            assert instants[-1] <= world.clock.time()
            assert all(organization.events[event.id] is event for event in issue.events)


def test_both_alert_apis_hold_the_same_alerts(world):
    """Each issue rule has its workflow, each metric rule its detector."""
    acme = world.find_organization("acme")
    workflows = {workflow.id: workflow for workflow in acme.workflows}
    detectors = {detector.id: detector for detector in acme.detectors}

    assert all(workflows[rule.workflow_id].name == rule.name for rule in acme.issue_rules)
    assert all(detectors[rule.detector_id].name == rule.name for rule in acme.metric_rules)
    assert {detector.type for detector in acme.detectors} == {
        "error", "issue_stream", "metric_issue", "uptime_domain_failure", "monitor_check_in_failure",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["admin", "reader", "organization", "integration", "globex", "expired"])
def test_tokens_depend_on_the_seed_and_are_not_printed(world, rebuilt, kind):
    """Tokens are the same for the same seed, and their text is not in their representation."""
    token = getattr(world.tokens, kind)

    assert getattr(rebuilt.tokens, kind).text == token.text
    assert token.text not in repr(token)
