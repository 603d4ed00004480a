"""Global ids of the nouns of an organization lead back to the same objects."""

import pytest

from dexter_graphql.graph.environments.types import NODES as ENVIRONMENTS
from dexter_graphql.graph.ids import decode_id
from dexter_graphql.graph.integrations.repositories import NODES as REPOSITORIES
from dexter_graphql.graph.integrations.types import NODES as INTEGRATIONS
from dexter_graphql.graph.members.types import NODES as MEMBERS
from dexter_graphql.graph.organizations.types import NODES as ORGANIZATIONS
from dexter_graphql.graph.projects.types import NODES as PROJECTS
from dexter_graphql.graph.releases.types import NODES as RELEASES
from dexter_graphql.graph.teams.types import NODES as TEAMS
from dexter_graphql.sentry.scope import OrganizationRef

NODES = {
    **ENVIRONMENTS,
    **REPOSITORIES,
    **INTEGRATIONS,
    **MEMBERS,
    **ORGANIZATIONS,
    **PROJECTS,
    **RELEASES,
    **TEAMS,
}
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

    assert set(ids) == set(NODES)
    document = " ".join(f'{name}: node(id: "{value}") {{ __typename id }}' for name, value in ids.items())
    found = await asker.ask("{" + document + "}")
    assert found.errors == []
    assert found.data == {name: {"__typename": name, "id": value} for name, value in ids.items()}


@pytest.mark.parametrize("typename", sorted(set(NODES) - {"Organization"}))
def test_ids_with_the_wrong_number_of_keys_are_refused(typename):
    """Keys that do not make up the object's key raise TypeError, which says that the id is not ours."""
    with pytest.raises(TypeError):
        NODES[typename](ACME, ("1", "2", "3", "4"))
    with pytest.raises(TypeError):
        NODES[typename](ACME, ())
