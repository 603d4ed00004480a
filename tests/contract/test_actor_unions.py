"""Members that hold a user or a team, derived from the published documents: the graph reads each by its kind."""

import pytest

from dexter_graphql.graph.declarations.fields import BatchDeclaration, LinkDeclaration

ACTORS = {"user", "team"}
TYPENAMES = {"issues": ["Issue"], "detectors": ["MetricMonitor", "UptimeMonitor", "CronMonitor", "UnknownMonitor"]}
"""Collection in a path → types of the graph with its objects."""


def actor_members(schema, name=None):
    """Names of members whose objects have a `type` of user or team."""
    if isinstance(schema, list):
        return set().union(*(actor_members(item, name) for item in schema))
    if not isinstance(schema, dict):
        return set()
    kinds = schema.get("properties", {}).get("type", {})
    own = {name} if isinstance(kinds, dict) and set(kinds.get("enum") or ()) >= ACTORS and name else set()
    inner = [(key, item) for key, item in schema.get("properties", {}).items()]
    inner += [(name, item) for key, item in schema.items() if key != "properties"]
    return own.union(*(actor_members(item, key) for key, item in inner))


@pytest.fixture(scope="session")
def published_members(documents):
    """Pairs of a type of the graph and a member of its published answer that holds a user or a team."""
    return {
        (typename, member)
        for key, operation in documents.newest.items()
        if key.method == "GET" and key.path.startswith("/organizations/{}/")
        for typename in TYPENAMES.get(key.path.split("/")[3], ())
        for member in actor_members(operation.schema(200))
    }


def test_published_actors_are_known(published_members):
    """The documents name the assignee of an issue and the owner of a detector."""
    assert published_members >= {("Issue", "assignedTo"), ("MetricMonitor", "owner")}


def test_actors_are_read_by_their_kind(graph, published_members):
    """A field that reads such a member distinguishes users from teams, and reads nothing else as either."""
    for typename, member in sorted(published_members):
        declarations = [bound.declaration for bound in graph.binder.entity(typename).fields.values()]
        links = [link for link in declarations if isinstance(link, LinkDeclaration) and link.wire == member]
        batches = [batch for batch in declarations if isinstance(batch, BatchDeclaration) and member in batch.reads]
        assert links or batches, (typename, member)
        assert all({embedded.tag for embedded in link.embedded} == ACTORS for link in links)
        assert {batch.load.name for batch in batches} <= {"actors_by_key"}
