"""Keys of entities: read from records, and made of the parts of ids."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest

from dexter_graphql.graph.declarations.keys import EntityKey, entity_key
from dexter_graphql.graph.declarations.wire_types import DeclarationError
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection

ACME = OrganizationRef("1", "acme")


class ProjectKey(NamedTuple):
    """Below an organization."""

    organization: OrganizationRef
    id: str


class EventKey(NamedTuple):
    """Of two members."""

    organization: OrganizationRef
    project: str
    id: str


class ClientKeyKey(NamedTuple):
    """Below a project."""

    project: ProjectKey
    id: str


class AttachmentKey(NamedTuple):
    """Below a parent whose key has several parts."""

    event: EventKey
    id: str


class CommitKey(NamedTuple):
    """With a part of an embedded object."""

    organization: OrganizationRef
    repository: str
    id: str


PARENTS = Parents(ACME, project="7", event="e")
REPOSITORY_ID = Projection("Repository", "embedded", (Field("id", "id", str, is_required=True),))
CASES = [
    (EntityKey(OrganizationRef), SimpleNamespace(parents=PARENTS), (), ACME),
    (EntityKey(ProjectKey), SimpleNamespace(parents=PARENTS, id=8), ("8",), ProjectKey(ACME, "8")),
    (
        EntityKey(EventKey, project="projectID", id="event.id"),
        SimpleNamespace(parents=PARENTS, projectID=9, event_id="e"),
        ("9", "e"),
        EventKey(ACME, "9", "e"),
    ),
    (
        EntityKey(ClientKeyKey),
        SimpleNamespace(parents=PARENTS, id="k"),
        ("7", "k"),
        ClientKeyKey(ProjectKey(ACME, "7"), "k"),
    ),
    (
        EntityKey(AttachmentKey),
        SimpleNamespace(parents=PARENTS, id=3),
        ("7", "e", "3"),
        AttachmentKey(EventKey(ACME, "7", "e"), "3"),
    ),
    (
        EntityKey(CommitKey, repository=REPOSITORY_ID),
        SimpleNamespace(parents=PARENTS, repository=SimpleNamespace(id=5), id="ab"),
        ("5", "ab"),
        CommitKey(ACME, "5", "ab"),
    ),
]


@pytest.mark.parametrize(("key", "row", "parts", "value"), CASES)
def test_key_is_read_from_records_and_made_of_the_same_parts(key, row, parts, value):
    """A global id leads back to the key of the record that it was made of."""
    assert key(row) == value
    assert key.parts(row) == parts
    assert key.from_parts(ACME, parts) == value
    assert key.columns([row, row]) == [[part, part] for part in parts]


@pytest.mark.parametrize(("key", "row", "parts", "value"), CASES)
def test_other_numbers_of_parts_make_no_key(key, row, parts, value):
    """Ids that were made up are refused."""
    for other in ((*parts, "1"), ("1",) * (len(parts) - 1)):
        if len(other) != len(parts):
            with pytest.raises(ValueError, match=f"{type(value).__name__} has {len(parts)} parts"):
                key.from_parts(ACME, other)


@pytest.mark.parametrize("repository", [None, SimpleNamespace(), SimpleNamespace(id=InvalidValue("no number"))])
def test_embedded_object_without_its_part_is_an_invalid_value(repository):
    """A key is never made of a value that Sentry did not send."""
    row = SimpleNamespace(parents=PARENTS, repository=repository, id="ab")

    with pytest.raises(InvalidValue):
        EntityKey(CommitKey, repository=REPOSITORY_ID).parts(row)


def test_wires_name_members_of_the_key():
    """A misspelt member is found when the module is imported."""
    with pytest.raises(DeclarationError, match="ProjectKey has no member ident"):
        EntityKey(ProjectKey, ident="id")


def test_key_begins_with_the_organization_or_the_key_of_a_parent():
    """Records hold both."""

    class Loose(NamedTuple):
        """Below nothing."""

        id: str

    with pytest.raises(DeclarationError, match="Loose must begin with the organization or the key of a parent"):
        EntityKey(Loose)


def test_readers_are_taken_as_they_are():
    """A key may be declared by its class or by a reader with other wire names."""
    reader = EntityKey(ProjectKey)

    assert entity_key(reader) is reader
    assert entity_key(ProjectKey).key_class is ProjectKey
