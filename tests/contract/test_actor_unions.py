"""Members that hold a user or a team, derived from the published documents: the graph reads each by its kind."""

import pytest

from dexter_graphql.engine.resolution import RESOLUTION
from dexter_graphql.graph.declarations.fields import BatchDeclaration, LinkDeclaration

ACTORS = {"user", "team"}
TYPENAMES = {"issues": ["Issue"], "detectors": ["MetricMonitor", "UptimeMonitor", "CronMonitor", "UnknownMonitor"]}
"""Collection in a path → types of the graph with its objects."""

ONE_KIND = {
    ("Alert", "createdBy"): "number of a user",
    ("Author", "user"): "number of a user",
    ("Issue", "seenBy"): "users",
    ("IssueActivity", "actor"): "user",
    ("IssueView", "createdBy"): "user",
    ("Member", "user"): "user",
    ("Project", "teams"): "teams",
    ("Release", "owner"): "user",
    ("SavedQuery", "createdBy"): "user",
    ("User", "member"): "key of the user itself",
    ("UserReport", "user"): "user",
}
"""Fields that read users alone or teams alone, because Sentry puts nothing else there; the documents show no union."""
LOADERS = {"users_by_id", "teams_by_id", "teams_by_slug", "members_by_user"}
"""Loaders of users and of teams, which do not ask which of both a number is."""


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


def links_to_actors(graph):
    """Type and name of each field that is a user or a team, and whether it reads which of both."""
    for typename in graph.schema.type_map:
        for field in getattr(graph.schema.get_type(typename), "fields", {}).values():
            bound = field.extensions.get(RESOLUTION)
            declaration = getattr(bound, "declaration", None)
            if isinstance(declaration, LinkDeclaration):
                if {embedded.typename for embedded in declaration.embedded} & {"User", "Team"}:
                    yield (typename, bound.name), declaration.tag_member is not None
            elif isinstance(declaration, BatchDeclaration) and declaration.load.name in {*LOADERS, "actors_by_key"}:
                yield (typename, bound.name), declaration.load.name not in LOADERS


def test_every_other_actor_is_of_one_kind(graph, published_members):
    """What does not read the kind is known to be of one: neither participants, owners, assignees nor targets are."""
    links = dict(links_to_actors(graph))

    assert {coordinate for coordinate, reads_kind in links.items() if not reads_kind} == set(ONE_KIND)
    assert {name for _, name in links} >= {"participants", "assignee", "owner", "target", "actor"}
    assert published_members.isdisjoint(ONE_KIND)
