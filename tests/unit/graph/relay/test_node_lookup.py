"""Global ids of the nouns of an organization lead back to the same objects."""

import pytest

from dexter_graphql.graph.relay.global_ids import decode_id
from dexter_graphql.graph.relay.node_lookup import NODE_LOOKUPS
from dexter_graphql.sentry.parents import OrganizationRef

NOUNS = {
    "AppInstallation", "ClientKey", "Environment", "Integration", "Member", "Organization", "Project",
    "ProjectEnvironment", "Release", "Repository", "Team", "User",
}  # fmt: skip
ACME = OrganizationRef("100000", "acme")

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
        return [found for item in value for found in ids_in(item)]
    if not isinstance(value, dict):
        return []
    return [found for name, item in value.items() for found in ([item] if name == "id" else ids_in(item))]


async def test_every_id_can_be_looked_up(asker):
    """Each type has a loader, and the loader takes the keys that the id holds."""
    told = await asker.organization(EVERYTHING)
    ids = {decode_id(value).typename: value for value in ids_in(told.data)}

    assert set(ids) == NOUNS
    document = " ".join(f'{name}: node(id: "{value}") {{ __typename id }}' for name, value in ids.items())
    found = await asker.ask("{" + document + "}")
    assert found.errors == []
    assert found.data == {name: {"__typename": name, "id": value} for name, value in ids.items()}


@pytest.mark.parametrize("typename", sorted(NOUNS - {"Organization"}))
def test_ids_with_the_wrong_number_of_keys_are_refused(typename):
    """Keys that do not make up the object's key raise TypeError, which says that the id is not ours."""
    with pytest.raises(TypeError):
        NODE_LOOKUPS[typename](ACME, ("1", "2", "3", "4"))
    with pytest.raises(TypeError):
        NODE_LOOKUPS[typename](ACME, ())
