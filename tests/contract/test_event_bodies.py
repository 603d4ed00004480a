"""The parts of events and issues whose shape the published document leaves open, against our own schemas."""

import msgspec
import pytest
from conformance import violations
from own_schemas import ACTIVITY, CONTEXT, CONTEXTS, ENTRIES, INGESTED_EVENT, OCCURRENCE
from route_values import issues_by_kind

from dexter_graphql.sandbox.serializers import events
from dexter_graphql.sandbox.serializers.issue_details import serialize_activity
from dexter_graphql.sandbox.world.build import build_world
from dexter_graphql.sandbox.world.model import Event
from dexter_graphql.sandbox.world.state import World


def decoded(body: object):
    """The body as a client sees it."""
    return msgspec.json.decode(msgspec.json.encode(body))


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


@pytest.fixture(scope="module")
def sample(world: World) -> list[Event]:
    """Some events of one issue of every kind and language."""
    kinds = issues_by_kind(world.organizations[0]).values()
    return [event for issue in kinds for event in issue.events[-8:]]


@pytest.fixture(scope="module")
def bodies(sample: list[Event]) -> list[dict]:
    return [decoded(events.serialize_event(event)) for event in sample]


def test_every_type_of_entry_is_described(bodies):
    """An entry whose type has no schema would pass unseen."""
    assert {entry["type"] for body in bodies for entry in body["entries"]} <= ENTRIES.keys()


def test_entries_conform(bodies):
    """The data of each entry has the shape of its type."""
    found = [
        (entry["type"], violation)
        for body in bodies
        for entry in body["entries"]
        for violation in violations(ENTRIES[entry["type"]], entry["data"])
    ]

    assert found == []


def test_contexts_conform(bodies):
    """Each context tells its type, and those with a known shape keep to it."""
    found = [
        (name, violation)
        for body in bodies
        for name, context in body["contexts"].items()
        for schema in (CONTEXT, CONTEXTS.get(name, CONTEXT))
        for violation in violations(schema, context)
    ]

    assert found == []


def test_occurrences_conform(bodies):
    """Events of issues that are not errors, and only those, carry an occurrence of the known shape."""
    occurrences = [body["occurrence"] for body in bodies if body["occurrence"] is not None]

    assert occurrences
    assert [violation for one in occurrences for violation in violations(OCCURRENCE, one)] == []


def test_ingest_shape_conforms(world, sample):
    """What webhooks carry is the shape in which events are taken in, not the one they are read in."""
    acme = world.organizations[0]
    found = [
        one
        for event in sample
        for one in violations(INGESTED_EVENT, decoded(events.serialize_webhook_event(world, acme, event)))
    ]

    assert found == []


def test_activity_conforms(world):
    """Each line of a history has a known type and the members of an activity."""
    lines = [line for issue in world.organizations[0].issues.values() for line in issue.activity]

    assert [one for line in lines[:2000] for one in violations(ACTIVITY, decoded(serialize_activity(line)))] == []
