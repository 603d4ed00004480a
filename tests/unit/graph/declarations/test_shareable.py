"""Which documents may be executed once for several."""

import gc

import pytest
from graphql import parse

from dexter_graphql.graph.declarations.kind_field import KindField
from dexter_graphql.graph.declarations.shareable import Shareability, is_personal

ASKS = '{ organization(slug: "acme") { slug } }'
OF_THE_CALLER = {"Query.viewer", "Query.rateLimit", "Attachment.downloadUrl", "ReleaseFile.downloadUrl"}
"""Fields that depend on the caller, whatever the user of the token is."""
PERSONAL = {
    "Issue.hasSeen",
    "Issue.isBookmarked",
    "Issue.isSubscribed",
    "Project.isBookmarked",
    "Project.isMember",
    "Team.isMember",
    "Team.isPending",
    "Team.ownRole",
    "Team.ownRoleRaw",
    "Alert.isSnoozed",
    "IssueView.isStarred",
    "IssueView.ownLastVisitAt",
    *OF_THE_CALLER,
}


@pytest.fixture
def shareable(graph):
    return Shareability(graph.schema)


def test_personal_fields_are_marked(graph):
    """Exactly the fields that depend on the user of the token are marked personal, and their descriptions say so."""
    marked, described = set(), set()
    for graphql_type in graph.schema.type_map.values():
        for name, field in getattr(graphql_type, "fields", {}).items():
            declared = field.extensions.get("strawberry-definition")
            if isinstance(declared, KindField) and is_personal(declared):
                marked.add(f"{graphql_type.name}.{name}")
                if "user of the token" in (field.description or ""):
                    described.add(f"{graphql_type.name}.{name}")

    assert marked == PERSONAL
    assert marked - described == {"Team.ownRoleRaw", *OF_THE_CALLER}


def test_fields_about_the_user_of_the_token_are_marked(graph):
    """Every field whose description mentions the user of the token is marked personal."""
    described = {
        f"{name}.{field_name}"
        for name in ("Issue", "Project", "Team", "Member", "Organization", "Release", "Event", "Comment")
        for field_name, field in getattr(graph.schema.get_type(name), "fields", {}).items()
        if "user of the token" in (field.description or "")
    }

    assert described <= PERSONAL


@pytest.mark.parametrize(
    "document",
    [
        ASKS,
        'query A { __typename } query B { organization(slug: "acme") { slug } }',
        "fragment F on Organization { slug } { organizations { nodes { ...F } } }",
        '{ node(id: "x") { ... on Issue { title } } }',
        '{ resource(url: "x") { __typename ... { ... on Project { slug } } } }',
    ],
)
def test_documents_that_ask_are_shared(shareable, document):
    """Whatever calls Sentry and says the same to everybody who may ask."""
    assert shareable(parse(document))


@pytest.mark.parametrize(
    "document",
    [
        "{ __typename }",
        "{ __schema { queryType { name } } }",
        '{ viewer { subject } organization(slug: "acme") { slug } }',
        'query A { organization(slug: "acme") { slug } } query B { viewer { subject } }',
        '{ ...F organization(slug: "acme") { slug } } fragment F on Query { viewer { isReadOnly } }',
        '{ organization(slug: "acme") { issues(first: 1) { nodes { seen: hasSeen } } } }',
        '{ organization(slug: "acme") { issues(first: 1) { edges { node { ... on Issue { isBookmarked } } } } } }',
        '{ organization(slug: "acme") { projects(first: 1) { nodes { isMember } } } }',
        '{ node(id: "x") { ... on Team { ...T } } } fragment T on Team { ownRole }',
        '{ node(id: "x") { ... on Node { ... on Issue { isSubscribed } } } }',
    ],
)
def test_documents_without_question_or_about_the_asker_are_not(shareable, document):
    """Nothing to wait for, or something that belongs to who asks, wherever it stands and however it is named."""
    assert not shareable(parse(document))


def test_personal_field_is_found_behind_an_interface(shareable):
    """A field of an interface is each possible type's own field."""
    document = parse('{ organization(slug: "a") { monitors(first: 1) { nodes { name project { isBookmarked } } } } }')

    assert not shareable(document)


def test_document_is_examined_once_and_dropped(shareable, monkeypatch):
    """What was found is kept as long as the document, and no longer."""
    document, looked_at = parse(ASKS), []
    whole = shareable._is_shareable
    monkeypatch.setattr(shareable, "_is_shareable", lambda one: looked_at.append(1) or whole(one))

    assert shareable(document)
    assert shareable(document)
    assert (len(looked_at), len(shareable._known)) == (1, 1)
    del document
    gc.collect()

    assert len(shareable._known) == 0


def test_many_types_in_one_place_cost_little(shareable):
    """Selections on interfaces inside of each other are not multiplied by the types that may stand there."""
    deep = "{ name alerts { nodes { monitors { nodes " * 10 + "{ name }" + " } } } }" * 10
    document = parse('{ node(id: "x") { ... on Monitor ' + deep + " } }")

    assert 20 < len(list(shareable._declared_fields(document))) < 250
