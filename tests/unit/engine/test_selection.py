"""Selections: fields below a field, with fragments, directives and aliases applied."""

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from dexter_graphql.engine.selection import SelectionIndex

SCHEMA = build_schema("""
  interface Node { id: ID, next: Node }
  type Issue implements Node {
    id: ID, next: Node, title: String, project: Project, events(first: Int): Events, owner: Owner
  }
  type Project implements Node { id: ID, next: Node, slug: String, issues: Issues }
  type User { name: String, issue: Issue }
  type Team { slug: String, name: Int }
  union Owner = User | Team
  type Events { nodes: [Event], edges: [EventEdge] }
  type EventEdge { node: Event, cursor: String }
  type Event { id: ID, message: String, issue: Issue }
  type Issues { nodes: [Issue!]! }
  type Query { issue: Issue, node: Node, owner: Owner, scalar: Int }
""")


def index_of(document, **variables):
    """The index of the operation, and the field nodes at its root."""
    parsed = parse(document)
    [operation] = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in parsed.definitions if node is not operation}
    values = get_variable_values(SCHEMA, operation.variable_definitions or (), variables)
    selection_index = SelectionIndex(SCHEMA, operation, fragments, values)
    nodes = [node for node in operation.selection_set.selections if hasattr(node, "alias")]
    return selection_index, nodes


def selection(document, **variables):
    """What is selected below the first field at the root."""
    selection_index, nodes = index_of(document, **variables)
    field = SCHEMA.query_type.fields[nodes[0].name.value]
    return selection_index.selection(field.type, [node for node in nodes if node.name.value == nodes[0].name.value])


def names(subject, typename):
    """Names of the fields selected on a type, in document order."""
    return list(subject.fields(typename))


def test_fields_come_in_document_order():
    """Order is that of the first occurrence."""
    assert names(selection("{ issue { title id project { slug } } }"), "Issue") == ["title", "id", "project"]


def test_aliases_of_one_field_merge():
    """Selections are by field name, not by response key."""
    subject = selection("{ issue { a: project { slug } b: project { id } project { next { id } } } }")

    assert names(subject, "Issue") == ["project"]
    assert names(subject.child("project"), "Project") == ["slug", "id", "next"]


def test_same_field_twice_merges_at_every_depth():
    """Two occurrences select the union of their subselections."""
    subject = selection(
        "{ issue { project { issues { nodes { id } } } } " + "issue { project { issues { nodes { title } } } } }"
    )

    assert names(subject.child("project").child("issues").child("nodes"), "Issue") == ["id", "title"]


def test_fragments_are_written_out():
    """Fields of named and inline fragments count at the position of the fragment."""
    subject = selection("""
      { issue { ...Parts title ... on Issue { events { nodes { id } } } ... { id } } }
      fragment Parts on Issue { project { ...Slug } }
      fragment Slug on Project { slug }
    """)

    assert names(subject, "Issue") == ["project", "title", "events", "id"]
    assert subject.has("project.slug")


def test_fragment_on_another_type_does_not_count():
    """A fragment selects on the types of its condition alone."""
    subject = selection("{ owner { ... on User { name } ... on Team { slug } } }")

    assert subject.typenames == ("Team", "User")
    assert (names(subject, "User"), names(subject, "Team")) == (["name"], ["slug"])


def test_interface_condition_applies_to_its_types():
    """A fragment on an interface counts on every type that implements it, inside of a concrete one too."""
    subject = selection(
        "{ node { id ... on Issue { ... on Node { next { id } } title } ... on Owner { __typename } } }"
    )

    assert subject.typenames == ("Issue", "Project")
    assert names(subject, "Issue") == ["id", "next", "title"]
    assert names(subject, "Project") == ["id"]


def test_union_condition_applies_to_its_members():
    """A fragment on a union counts on its members."""
    subject = selection("{ owner { ... on Owner { ... on User { name } } } }")

    assert (names(subject, "User"), names(subject, "Team")) == (["name"], [])


@pytest.mark.parametrize(
    ("directives", "is_there"),
    [
        ("", True),
        ("@skip(if: true)", False),
        ("@skip(if: false)", True),
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@include(if: true) @skip(if: true)", False),
        ("@include(if: false) @skip(if: false)", False),
        ("@include(if: $yes) @skip(if: $no)", True),
        ("@include(if: $no)", False),
        ("@skip(if: $yes)", False),
        ("@skip(if: $standard)", False),
        ("@other", True),
    ],
)
@pytest.mark.parametrize("form", ["title %s", "... %s { title }", "... on Issue %s { title }", "...Title %s"])
def test_directives_leave_out(form, directives, is_there):
    """Skip and include count on fields, inline fragments and spreads, with values, variables and their defaults."""
    document = "query ($yes: Boolean!, $no: Boolean!, $standard: Boolean = true) { issue { id " + form % directives
    document += " } } fragment Title on Issue { title }"

    subject = selection(document, yes=True, no=False)

    assert names(subject, "Issue") == ["id", *["title"] * is_there]


def test_fragment_left_out_once_counts_elsewhere():
    """A spread that is skipped does not hide the same fragment spread beside it."""
    subject = selection("{ issue { ...Title @skip(if: true) ...Title } } fragment Title on Issue { title }")

    assert names(subject, "Issue") == ["title"]


def test_connections_are_index_of():
    """Nodes and edges of a connection are two ways to the same type."""
    subject = selection("{ issue { events(first: 2) { nodes { id } edges { cursor node { message } } } } }")

    assert subject.has("events.edges.node.message")
    assert not subject.has("events.edges.node.id")
    events = subject.child("events")
    merged = events.child("nodes").merged_with(events.child("edges").child("node"))
    assert names(merged, "Event") == ["id", "message"]


@pytest.mark.parametrize(
    ("path", "is_there"),
    [("project", True), ("project.slug", True), ("project.id", False), ("title", False), ("project.slug.x", False)],
)
def test_dotted_path(path, is_there):
    """A dotted path is selected when each of its fields is."""
    assert selection("{ issue { project { slug } } }").has(path) is is_there


def test_nothing_is_below_what_is_not_selected():
    """A field that is not selected has no selection."""
    assert selection("{ issue { id } }").child("project") is None


def test_merging_with_nothing_is_the_same():
    """The other selection may be None."""
    subject = selection("{ issue { id } }")

    assert subject.merged_with(None) is subject


def test_leaf_selects_nothing():
    """A scalar has no types and no fields."""
    subject = selection("{ scalar }")

    assert (subject.typenames, subject.has("x"), names(subject, "Issue")) == ((), False, [])


def test_unknown_names_are_passed_over():
    """Unknown fields, types and fragments are ignored."""
    subject = selection("{ issue { id nothing ...Missing ... on Nowhere { title } __typename } }")

    assert names(subject, "Issue") == ["id"]
    assert names(subject, "Nowhere") == []


def test_recursive_fragments_end():
    """A document that was not validated must not loop."""
    subject = selection("{ issue { ...A } } fragment A on Issue { id ...B } fragment B on Issue { title ...A }")

    assert names(subject, "Issue") == ["id", "title"]


def test_selection_is_computed_once():
    """The same nodes give the same object, so that memoized values are kept."""
    selection_index, nodes = index_of("{ issue { id } issue { title } }")
    kind = SCHEMA.query_type.fields["issue"].type

    assert selection_index.selection(kind, nodes) is selection_index.selection(kind, list(nodes))
    assert selection_index.selection(kind, nodes[:1]) is not selection_index.selection(kind, nodes)
    assert selection_index.selection(kind, nodes).fields("Issue") is selection_index.selection(kind, nodes).fields(
        "Issue"
    )


def test_all_on_type_is_the_union_over_the_operation():
    """Selections on a type are collected from all paths, below abstract types too."""
    selection_index, _ = index_of("""
      {
        issue { title events { nodes { issue { project { slug } } } } }
        node { id ... on Project { issues { nodes { owner { ... on User { name } } } } } }
      }
    """)

    assert names(selection_index.all_on_type("Issue"), "Issue") == ["title", "events", "id", "project", "owner"]
    assert names(selection_index.all_on_type("Project"), "Project") == ["id", "issues", "slug"]
    assert names(selection_index.all_on_type("Team"), "Team") == []


def test_all_on_type_leaves_out_skipped_fields():
    """Directives count at every depth."""
    selection_index, _ = index_of(
        "query ($no: Boolean!) { issue { id events @include(if: $no) { nodes { message } } } }", no=False
    )

    assert names(selection_index.all_on_type("Event"), "Event") == []
    assert names(selection_index.all_on_type("Issue"), "Issue") == ["id"]
