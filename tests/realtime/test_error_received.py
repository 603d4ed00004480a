"""The subscription `errorReceived`: events as webhooks contain them, without any call."""

import msgspec
import pytest
from graphql import get_named_type

from dexter_graphql.graph.relay.global_ids import encode_id
from support.graph import ENGINES
from support.webhook_changes import (
    change_of,
    issue_of_acme,
    parse_webhook,
    publish_webhooks,
    recorded_webhooks,
)

FOLLOW = """subscription ($filter: ErrorFilter) { errorReceived(organization: { slug: "acme" }, filter: $filter) {
  gap { missed } change { kind action event {
    id eventId title message culprit location platform dist kind kindRaw level levelRaw environment releaseVersion
    metadata fingerprint webUrl occurredAt receivedAt issueId projectId endUser { userId email username ipAddress }
    tags { key value } tag(key: "level") { value } } } } }"""
SAME = """query ($id: ID!) { node(id: $id) { ... on Event {
  id eventId title culprit location platform dist kind kindRaw level levelRaw environment releaseVersion metadata
  occurredAt receivedAt endUser { userId email username ipAddress } tags { key value } tag(key: "level") { value }
  issue { id } project { id } } } }"""
RAW = {"event_id": "a" * 32, "project": 101000, "issue_id": "1000001"}


async def events_from(items, count):
    """The events in the next answers."""
    answers = [await items.next() for _ in range(count)]
    assert [answer["errors"] for answer in answers if "errors" in answer] == []
    return [answer["data"]["errorReceived"]["change"]["event"] for answer in answers]


def new_errors(asker, count=1, project="web"):
    """Webhooks about new events of an issue."""
    issue = issue_of_acme(asker, project)
    with recorded_webhooks(asker) as webhooks:
        for _ in range(count):
            asker.server.simulation.add_event(issue)
    return webhooks


@pytest.mark.parametrize("engine", ENGINES)
async def test_all_fields_cost_no_call(asker, engine):
    """A hundred errors with all that can be selected are sent after the one call that checks the project."""
    webhooks = new_errors(asker, 100)
    async with asker.following(FOLLOW, engine=engine) as items:
        already = len(asker.server.requests)
        await publish_webhooks(webhooks, asker)
        events = await events_from(items, len(webhooks))

    assert [event["eventId"] for event in events] == [webhook.data["error"]["event_id"] for webhook in webhooks]
    assert len(asker.server.requests) - already == 1


def test_only_light_members_can_be_selected(graph):
    """No field of the event, nor of what is below it, calls Sentry."""
    event = graph.schema.type_map["ReceivedEvent"]
    kinds = [event, *(get_named_type(field.type) for field in event.fields.values())]
    bound = [
        field.extensions["dexter-bound"]
        for kind in kinds
        for field in getattr(kind, "fields", {}).values()
        if kind.name != "Tag" and "dexter-bound" in field.extensions
    ]

    assert len(bound) > len(event.fields)
    assert [field.coordinate for field in bound if field.makes_calls] == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_fields_have_the_values_of_the_event(asker, engine):
    """What the webhook contains reads as the same fields of the event that Sentry serves, under the same ID."""
    [webhook] = new_errors(asker)
    async with asker.following(FOLLOW, engine=engine) as items:
        await publish_webhooks([webhook], asker)
        [received] = await events_from(items, 1)
    event = (await asker.ask(SAME, id=received["id"]))["node"]

    issue, project = event.pop("issue"), event.pop("project")
    assert (received["issueId"], received["projectId"]) == (issue["id"], project["id"])
    assert {name: received[name] for name in event} == event
    assert received["webUrl"].startswith("http")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"tags": "odd"}, {"tags"}),
        ({"tags": [["key"]]}, {"tags"}),
        ({"tags": None, "level": None, "type": None, "user": None, "datetime": None}, set()),
        ({"datetime": "yesterday"}, {"occurredAt"}),
        ({"timestamp": 1e300}, {"occurredAt"}),
        ({"received": 1e300}, {"receivedAt"}),
        ({"title": ["x"], "level": "novel", "type": "novel"}, {"title"}),
        ({"title": 5, "project": None}, set()),
        ({"user": "nobody"}, {"endUser"}),
        ({"project": {}}, {"id", "projectId"}),
    ],
)
async def test_odd_members_cost_themselves(asker, engine, members, expected):
    """A member that is not as expected is an error of the fields that read it; all others have their values."""
    change = parse_webhook("error", msgspec.json.encode({"action": "created", "data": {"error": RAW | members}}))
    change = msgspec.structs.replace(change, project_id="101000")
    document = """subscription { errorReceived(organization: { slug: "acme" }) { change { event {
      eventId title level kind occurredAt receivedAt endUser { email } tags { key value } } } } }"""
    if "project" in members:
        document = document.replace("eventId", "eventId id projectId")
    async with asker.following(document, engine=engine) as items:
        await asker.services.changes.publish(change)
        answer = await items.next()

    failed = {error["path"][3] for error in answer.get("errors", []) if len(error["path"]) > 3}
    assert failed == expected
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"UPSTREAM_BAD_RESPONSE"}


async def test_untrusted_body_shows_no_event(asker):
    """The content of a body that arrived before is not shown again."""
    [webhook] = new_errors(asker)
    async with asker.following(FOLLOW) as items:
        await asker.services.changes.publish(msgspec.structs.replace(change_of(webhook, asker), object=None))
        assert await events_from(items, 1) == [None]


async def test_filters(asker):
    """Levels, projects, environments and issues are those of the event, and cost no call for an event."""
    web, api = issue_of_acme(asker), issue_of_acme(asker, "api")
    webhooks = [*new_errors(asker, 4), *new_errors(asker, 4, "api")]
    errors = [webhook.data["error"] for webhook in webhooks]
    environment = next(error["environment"] for error in errors if error["environment"])
    filters = {
        "projects": ([{"slug": "api"}], lambda error: error["project"] == int(api.project.id)),
        "levels": (["FATAL"], lambda error: error["level"] == "fatal"),
        "environments": ([{"name": environment}], lambda error: error["environment"] == environment),
        "issues": ([{"id": encode_id("Issue", asker.acme.id, web.id)}], lambda error: error["issue_id"] == web.id),
    }
    for name, (value, passes) in filters.items():
        expected = [error["event_id"] for error in errors if passes(error)]
        async with asker.following(FOLLOW, filter={name: value}) as items:
            already = len(asker.server.requests)
            await publish_webhooks(webhooks, asker)
            events = await events_from(items, len(expected))

        assert [event["eventId"] for event in events] == expected, name
        assert len(asker.server.requests) - already <= 2, name
