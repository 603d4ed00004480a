"""Global IDs lead back to the objects that have them."""

import pytest

from dexter_graphql.graph.relay.global_ids import decode_id, encode_id

ENTITIES = {
    "AppInstallation", "ClientKey", "Environment", "Integration", "Member", "Organization", "Project",
    "ProjectEnvironment", "Release", "Repository", "Team", "User",
}  # fmt: skip

EVERYTHING = """
  id
  projects(first: 1) { nodes { id keys { id } environments { id } } }
  teams(first: 1) { nodes { id } }
  members(first: 1) { nodes { id user { id } } }
  environments { id }
  releases(first: 1) { nodes { id } }
  integrations(first: 1) { nodes { id } }
  appInstallations(first: 1) { nodes { id } }
  repositories(first: 1) { nodes { id } }
"""


def ids_in(value):
    """Every `id` in an answer."""
    if isinstance(value, list):
        return [global_id for item in value for global_id in ids_in(item)]
    if not isinstance(value, dict):
        return []
    return [global_id for name, item in value.items() for global_id in ([item] if name == "id" else ids_in(item))]


async def test_every_id_can_be_looked_up(asker):
    """Each type has a loader, and the loader takes the keys that the id holds."""
    answer = await asker.organization(EVERYTHING)
    ids = {decode_id(value).typename: value for value in ids_in(answer.data)}

    assert set(ids) == ENTITIES
    document = " ".join(f'{name}: node(id: "{value}") {{ __typename id }}' for name, value in ids.items())
    nodes = await asker.ask("{" + document + "}")
    assert nodes.errors == []
    assert nodes.data == {name: {"__typename": name, "id": value} for name, value in ids.items()}


@pytest.mark.parametrize("typename", sorted(ENTITIES))
@pytest.mark.parametrize("parts", [(), ("1", "2", "3", "4")])
async def test_ids_with_the_wrong_number_of_parts_are_refused(asker, typename, parts):
    """Parts that do not make up the object's key were not written by this server."""
    if typename == "Organization" and not parts:
        return
    answer = await asker.ask(f'{{ node(id: "{encode_id(typename, "100000", *parts)}") {{ id }} }}')

    assert [error["message"] for error in answer.errors] == ["Invalid ID: it was not created by this server"]


async def test_types_without_identity_cannot_be_looked_up(asker):
    """Nothing is asked of Sentry for them."""
    answer = await asker.ask(f'{{ node(id: "{encode_id("PageInfo", "100000", "1")}") {{ id }} }}')

    assert [error["message"] for error in answer.errors] == ["Objects of type PageInfo cannot be looked up by ID"]
    assert answer.calls == []
