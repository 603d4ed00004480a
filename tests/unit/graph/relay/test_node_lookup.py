"""Global IDs lead back to the objects that have them."""

import pytest

from dexter_graphql.graph.relay.global_ids import decode_id, encode_id

ENTITIES = {
    "AppInstallation", "ClientKey", "Integration", "Member", "Organization", "OrganizationEnvironment", "Project",
    "ProjectEnvironment", "Release", "Repository", "Team", "User",
}  # fmt: skip

EVERYTHING = """
  id
  projects(first: 1) { nodes { id keys { nodes { id } } environments { nodes { id } } } }
  teams(first: 1) { nodes { id } }
  members(first: 1) { nodes { id user { id } } }
  environments { nodes { id } }
  releases(first: 1) { nodes { id } }
  integrations(first: 1) { nodes { id } }
  appInstallations(first: 1) { nodes { id } }
  repositories(first: 1) { nodes { id } }
"""

COMMIT = "key message createdAt author { name email user { name } } repository { name }"
BELOW = {
    "Commit": ("release(version: $version)", "commits(first: 2) { nodes { NODE } }", COMMIT),
    "Deploy": (
        "release(version: $version)",
        "deploys { nodes { NODE } } lastDeploy { NODE }",
        "name environment finishedAt",
    ),
    "CommitFile": ("release(version: $version)", "commitFiles { nodes { NODE } }", "filename change commitMessage"),
    "ExternalIssue": ("issue(shortId: $shortId)", "externalIssues { NODE }", "sentryId serviceType displayName webUrl"),
    "IssueActivity": (
        "issue(shortId: $shortId)",
        "activity { nodes { NODE } }",
        "kind occurredAt data actor { email }",
    ),
    "Comment": ("issue(shortId: $shortId)", "comments { nodes { NODE } }", "text createdAt author { email }"),
    "Attachment": ("issue(shortId: $shortId)", "latestEvent { attachments { NODE } }", "name attachmentType sha1"),
}
"""Typename → object that has such objects, the path to them, and fields of them."""


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


def objects_in(value):
    """Every object with an `id` in an answer."""
    if isinstance(value, list):
        return [item for part in value for item in objects_in(part)]
    if not isinstance(value, dict):
        return []
    return [value] if "id" in value else [item for part in value.values() for item in objects_in(part)]


def has_most(issue):
    """How many kinds of objects an issue has."""
    return bool(issue.external_issues) + bool(issue.comments) + len(issue.activity) / 100


@pytest.mark.parametrize("typename", BELOW)
async def test_objects_that_sentry_lists_below_others_are_found_again(asker, typename):
    """The ID holds the keys of the parents, so that `node` finds the same object with the same values."""
    owner, path, fields = BELOW[typename]
    release = next(release for release in asker.acme.releases if release.commits and release.deploys)
    attached = [event.issue for event in asker.acme.events.values() if event.id in asker.acme.attachments]
    issues = {
        "Attachment": lambda: next(issue for issue in attached if issue.events[-1].id in asker.acme.attachments),
        "Comment": lambda: next(issue for issue in asker.acme.issues.values() if issue.comments),
    }
    issue = issues.get(typename, lambda: max(asker.acme.issues.values(), key=has_most))()
    document = f"""query ($version: String!, $shortId: String!) {{
      organization(slug: "acme") {{
        release(version: $version) {{ version }} issue(shortId: $shortId) {{ shortId }} {owner} {{ {path} }} }} }}"""

    answer = await asker.ask(
        document.replace("NODE", f"__typename id {fields}"), version=release.version, shortId=issue.short_id
    )
    objects = objects_in(answer.data)
    found = await asker.ask(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {typename} {{ {fields} }} }} }}",
        ids=[item["id"] for item in objects],
    )

    assert objects
    assert {item["__typename"] for item in objects} == {typename}
    assert found.errors == []
    assert found["nodes"] == objects


@pytest.mark.parametrize("typename", BELOW)
async def test_objects_that_no_longer_exist_are_null(asker, typename):
    """A well-formed ID of an object that Sentry does not have is null without an error."""
    parts = {
        "Commit": ("99999", "f" * 40),
        "Deploy": ("web@0.0.0", "1"),
        "CommitFile": ("web@0.0.0", "1"),
        "Attachment": ("1", "e" * 32, "1"),
    }
    value = encode_id(typename, "100000", *parts.get(typename, ("1", "1")))

    answer = await asker.ask(f'{{ node(id: "{value}") {{ id }} }}')

    assert (answer.data, answer.errors) == ({"node": None}, [])


@pytest.mark.parametrize("typename", sorted({*ENTITIES, *BELOW}))
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
