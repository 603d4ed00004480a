"""The subscription `activity`: all changes of an organization, also those that this version does not know."""

import msgspec
import pytest

from dexter_graphql.realtime.changes import Kind, Stream
from dexter_graphql.sandbox.app_webhooks import build_build, build_installation
from dexter_graphql.sandbox.status_updates import Resolution
from support.graph import ENGINES
from support.realtime import make_change
from support.webhook_changes import (
    editor_of,
    issue_of_acme,
    parse_webhook,
    publish_webhooks,
    recorded_webhooks,
    unknown_webhook,
)

FOLLOW = """subscription ($filter: ActivityFilter) { activity(organization: { slug: "acme" }, filter: $filter) {
  position gap { missed } change {
    entity entityRaw kind action actor { name } origin payload
    issue { shortId status } comment { text } event { title } } } }"""
NODES = ("issue", "comment", "event", "payload")


async def changes_from(items, count):
    """The changes in the next answers."""
    answers = [await items.next() for _ in range(count)]
    assert [answer["errors"] for answer in answers if "errors" in answer] == []
    return [answer["data"]["activity"]["change"] for answer in answers]


def nodes_of(change):
    """The nodes that a change has."""
    return {name: change[name] for name in NODES if change[name] is not None}


@pytest.mark.parametrize("engine", ENGINES)
async def test_each_object_has_its_node(asker, engine):
    """Issues, comments and errors are one stream in the order of their reports, with what was reported."""
    issue, editor = issue_of_acme(asker), editor_of(asker)
    with recorded_webhooks(asker) as webhooks:
        editor.resolve(issue, Resolution())
        comment = editor.add_comment(issue, "done")
        editor.publish_comment(issue, comment, "deleted")
        asker.server.simulation.add_event(issue)
    async with asker.following(FOLLOW, engine=engine) as items:
        await publish_webhooks(webhooks, asker)
        changes = await changes_from(items, 4)

    shown = {"shortId": issue.short_id, "status": "RESOLVED"}
    by_action = {change["action"]: change for change in changes}
    assert {action: (change["entity"], change["kind"]) for action, change in by_action.items()} == {
        "issue.resolved": ("ISSUE", "RESOLVED"),
        "comment.created": ("COMMENT", "CREATED"),
        "comment.deleted": ("COMMENT", "DELETED"),
        "error.created": ("ERROR", "CREATED"),
    }
    assert {action: nodes_of(change) for action, change in by_action.items()} == {
        "issue.resolved": {"issue": shown},
        "comment.created": {"issue": shown, "comment": {"text": "done"}},
        "comment.deleted": {"issue": shown},
        "error.created": {"event": {"title": issue.title}},
    }


OTHERS = """subscription { activity(organization: { slug: "acme" }) { change { entity payload issue { id }
  alert { alertName status } release { version } autofix { stage isCompleted } } } }"""


@pytest.mark.parametrize("engine", ENGINES)
async def test_other_objects_have_the_fields_of_their_streams(asker, engine):
    """Alerts, releases and stages of Seer's runs are as in the subscriptions to them."""
    simulation, version = asker.server.simulation, asker.acme.releases[0].version
    rule = asker.acme.metric_rules[0]
    with recorded_webhooks(asker) as webhooks:
        simulation.fire_metric_alert("critical", rule)
        simulation.fix_issue()
    release = {"stream": Stream.RELEASES, "entity": "release", "kind": Kind.CREATED, "projects": ("web",)}
    async with asker.following(OTHERS, engine=engine) as items:
        await publish_webhooks(webhooks, asker)
        await asker.services.changes.publish(make_change(version, **release))
        changes = await changes_from(items, len(webhooks) + 1)

    by_entity = {change["entity"]: {name: value for name, value in change.items() if value} for change in changes}
    assert {"alertName": rule.name, "status": "CRITICAL"} in [change["alert"] for change in changes]
    assert by_entity["ALERT"].keys() == {"entity", "alert"}
    assert by_entity["RELEASE"] == {"entity": "RELEASE", "release": {"version": version}}
    assert by_entity["AUTOFIX"].keys() == {"entity", "autofix"}


@pytest.mark.parametrize("engine", ENGINES)
async def test_unknown_resources_are_raw(asker, engine):
    """What this version does not know is sent as it was reported, and so are objects without a field of their own."""
    data = {"cluster": {"id": 7, "names": ["a", "b"]}}
    project = asker.acme.find_project(issue_of_acme(asker).project.id)
    build = build_build(asker.server.world, asker.acme, project, "size_analysis_completed")
    async with asker.following(FOLLOW, engine=engine) as items:
        await asker.services.changes.publish(unknown_webhook("weather", data))
        await publish_webhooks([build], asker)
        unknown, known = await changes_from(items, 2)

    assert (unknown["entity"], unknown["entityRaw"], unknown["kind"]) == ("OTHER", "weather", "UNKNOWN")
    assert (unknown["action"], nodes_of(unknown)) == ("weather.happened", {"payload": data})
    assert (known["entityRaw"], known["payload"]["projectSlug"]) == ("preprod_artifact", project.slug)


@pytest.mark.parametrize("engine", ENGINES)
async def test_malformed_payload_of_a_known_resource_is_raw(asker, engine):
    """An issue without an ID is sent as it was reported."""
    change = parse_webhook("issue", msgspec.json.encode({"action": "resolved", "data": {"issue": {"title": "x"}}}))
    async with asker.following(FOLLOW, engine=engine) as items:
        await asker.services.changes.publish(change)
        [shown] = await changes_from(items, 1)

    assert (shown["entity"], shown["kind"], nodes_of(shown)) == (
        "ISSUE", "UNKNOWN", {"payload": {"issue": {"title": "x"}}}
    )  # fmt: skip


async def test_payloads_hold_nothing_personal(asker):
    """Members that belong to the owner of a token, and codes that could be exchanged for one, are left out."""
    personal = {"hasSeen": True, "isBookmarked": True, "isSubscribed": True, "subscriptionDetails": {"reason": "x"}}
    installation = build_installation(asker.acme, asker.acme.installations[0], "created", None)
    async with asker.following(FOLLOW) as items:
        await asker.services.changes.publish(unknown_webhook("weather", {"issues": [{"id": "1", **personal}]}))
        await publish_webhooks([installation], asker)
        unknown, installed = await changes_from(items, 2)

    assert unknown["payload"] == {"issues": [{"id": "1"}]}
    assert installed["payload"]["installation"]["status"] is not None
    assert installation.data["installation"]["code"] not in str(installed)


async def test_filters(asker):
    """Classes, kinds and projects: all that is given has to match."""
    issue = issue_of_acme(asker)
    own = {"project_id": issue.project.id, "project": issue.project.slug}
    comment = {"stream": Stream.COMMENTS, "entity": "comment", "kind": Kind.DELETED, "state": "1"}
    weather = {"stream": Stream.OTHER, "entity": "weather", "kind": Kind.UNKNOWN, "action": "weather.fine"}
    changes = [make_change(issue.id, **own), make_change(issue.id, **own, **comment), make_change("x", **weather)]
    filters = (
        ({}, [0, 1, 2]),
        ({"entities": ["COMMENT", "OTHER"]}, [1, 2]),
        ({"kinds": ["DELETED"]}, [1]),
        ({"projects": [{"slug": issue.project.slug}]}, [0, 1]),
        ({"projects": [{"slug": "api"}]}, []),
        ({"entities": []}, []),
    )
    for number, (given, expected) in enumerate(filters):
        async with asker.following(FOLLOW, filter=given) as items:
            for index, change in enumerate(changes):
                await asker.services.changes.publish(msgspec.structs.replace(change, id=f"{number}{index}"))
            shown = await changes_from(items, len(expected))

        assert sorted(change["entityRaw"] for change in shown) == sorted(changes[index].entity for index in expected)
