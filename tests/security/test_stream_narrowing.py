"""Restricted callers who follow every subscription field, with everything selected, in an organization with others."""

from dataclasses import replace

import msgspec
import pytest

from dexter_graphql.realtime.changes import Actor, Kind, Stream
from dexter_graphql.sandbox.app_webhooks import build_installation
from support.graph import ENGINES
from support.known_values import VALUES_QUERY, collect_known_values
from support.project_webhooks import ACTIONS, payload_about
from support.reaches import EVERYWHERE, MARK, OWN, RESTRICTED, mark
from support.realtime import make_change
from support.selected_fields import selected_fields
from support.stream_documents import STREAMS, StreamDocuments, stream_types
from support.webhook_changes import change_of, issue_of_acme, parse_webhook, unknown_webhook


@pytest.fixture
async def marks(asker):
    """The marks of the sandbox, in which all that belongs to other projects is marked."""
    asker.services = replace(asker.services, call_budget=5000)
    return mark(asker.acme)


async def documents_of(asker):
    """A subscription to each field."""
    known = collect_known_values((await asker.ask(VALUES_QUERY)).data)
    return StreamDocuments(asker.graph.schema, known).documents()


def changes_about(issue, author):
    """A change of every resource of an issue's project."""
    changes = []
    for action in ACTIONS:
        resource, _, name = action.partition(".")
        body = {"action": name, "data": payload_about(action, issue), "actor": {"type": "user", "name": author}}
        changes.append(parse_webhook(resource, msgspec.json.encode(body)))
    members = {"stream": Stream.RELEASES, "kind": Kind.CREATED, "projects": (issue.project.slug,)}
    actor = Actor("user", author)
    for entity in ("release", "deploy"):
        version = f"{issue.project.slug}@{len(changes)}.{author}"
        changes.append(make_change(version, id=version, entity=entity, actor=actor, **members))
    return changes


def changes_without_project(asker):
    """Changes that belong to no project: of an installation, and of a resource that this version does not know."""
    installation = build_installation(asker.acme, asker.acme.installations[0], "created", None)
    return [change_of(installation, asker), unknown_webhook("weather", {"text": MARK})]


async def answers_of(items, field, published):
    """The answers of a stream until the last change of each class that was published."""
    expected = [change for change in published if change.stream in STREAMS[field]]
    return [await items.next() for _ in expected]


@pytest.mark.parametrize("field", STREAMS)
@pytest.mark.parametrize("engine", ENGINES)
async def test_nothing_out_of_reach_is_followed(asker, marks, engine, field):
    """No change of another project, nor of what belongs to none, and nothing of them in the nodes of own changes."""
    own, other = issue_of_acme(asker, OWN), issue_of_acme(asker, f"{MARK}-web")
    hidden = [*changes_about(other, "hidden"), *changes_without_project(asker)]
    document, shown = (await documents_of(asker))[field], changes_about(own, "own")
    identity = RESTRICTED.identity(asker.server.token)
    async with asker.following(document, engine=engine, identity=identity) as items:
        for change in [*hidden, *shown]:
            await asker.services.changes.publish(change)
        answers = await answers_of(items, field, shown)

    assert [leaf for answer in answers for leaf in marks.of(answer)] == []
    assert {answer["data"][field]["change"]["actor"]["name"] for answer in answers} == {"own"}
    codes = {error["extensions"]["code"] for answer in answers for error in answer.get("errors", ())}
    assert "INTERNAL" not in codes


@pytest.mark.parametrize("field", STREAMS)
async def test_the_same_is_followed_without_restriction(asker, marks, field):
    """The same changes reach others, with what is marked in them."""
    other = issue_of_acme(asker, f"{MARK}-web")
    published = [*changes_about(other, "hidden"), *changes_without_project(asker)]
    document = (await documents_of(asker))[field]
    async with asker.following(document, identity=EVERYWHERE.identity(asker.server.token)) as items:
        for change in published:
            await asker.services.changes.publish(change)
        answers = await answers_of(items, field, published)

    assert [answer for answer in answers if marks.of(answer) != []] != []


async def test_every_field_of_streams_is_selected(asker):
    """No field of a type that only subscriptions lead to is missing in the documents above."""
    schema = asker.graph.schema
    texts = (await documents_of(asker)).values()
    selected = set().union(*(selected_fields(schema, text) for text in texts))

    kinds = stream_types(schema)
    declared = {f"{name}.{field}" for name in kinds for field in schema.type_map[name].fields}
    assert {"ActivityChange", "Subscription"} <= kinds
    assert declared - selected == set()
    assert STREAMS.keys() == schema.subscription_type.fields.keys()
