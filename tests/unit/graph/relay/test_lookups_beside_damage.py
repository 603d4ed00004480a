"""Lookups in lists: an object that is not found is missing only when all rows can be read."""

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from support.issues import DETAIL

ORGANIZATION = "/organizations/{organization}/"
PROJECT = "/projects/{organization}/{project}/"
RELEASE = ORGANIZATION + "releases/{version}/"
NUMBER = "999999"
BY_ID = [{"id": {}}]
LOOKUPS = {
    "Alert": ((NUMBER,), ORGANIZATION + "workflows/", BY_ID),
    "AppInstallation": (("0b6a2ab1",), ORGANIZATION + "sentry-app-installations/", [{"uuid": {}}]),
    "Comment": ((NUMBER, NUMBER), DETAIL + "notes/", BY_ID),
    "Commit": ((NUMBER, "0b6a2ab1"), ORGANIZATION + "repos/{repository}/commits/", BY_ID),
    "CommitFile": (("web@1", NUMBER), RELEASE + "commitfiles/", BY_ID),
    "Deploy": (("web@1", NUMBER), RELEASE + "deploys/", BY_ID),
    "Monitor": ((NUMBER,), ORGANIZATION + "detectors/", [{"id": {}, "type": "error"}]),
    "ExternalIssue": ((NUMBER, NUMBER), DETAIL + "external-issues/", BY_ID),
    "Integration": ((NUMBER,), ORGANIZATION + "integrations/", BY_ID),
    "IssueActivity": ((NUMBER, NUMBER), DETAIL, {"id": NUMBER, "activity": BY_ID}),
    "OrganizationEnvironment": ((NUMBER,), ORGANIZATION + "environments/", BY_ID),
    "Project": ((NUMBER,), ORGANIZATION + "projects/", BY_ID),
    "ProjectEnvironment": ((NUMBER, "production"), PROJECT + "environments/", [{"name": {}}]),
    "Repository": ((NUMBER,), ORGANIZATION + "repos/", BY_ID),
    "Team": ((NUMBER,), ORGANIZATION + "teams/", BY_ID),
    "User": ((NUMBER,), ORGANIZATION + "members/", [{"user": {"id": {}}}]),
}
"""Type → parts of a key that Sentry does not have, the endpoint of the list, and its answer with a damaged key."""


async def look_up_all(asker, make_body):
    """By type, the node with a key that Sentry does not have, and the errors, when Sentry sends these lists."""
    answers = {}
    for typename, (parts, route, body) in LOOKUPS.items():
        asker.server.faults.clear()
        asker.server.faults.add(Fault(route=route, times=None, status=200, body=make_body(body)))
        node_id = encode_id(typename, asker.acme.id, *parts)
        answer = await asker.ask("query ($id: ID!) { node(id: $id) { id } }", id=node_id)
        answers[typename] = answer["node"], [(error["path"], error["extensions"]["code"]) for error in answer.errors]
    return answers


async def test_unreadable_row_may_be_the_one_that_is_looked_up(asker):
    """There is an error instead of the statement that the object does not exist."""
    answers = await look_up_all(asker, lambda body: body)

    assert answers == dict.fromkeys(LOOKUPS, (None, [(["node"], "UPSTREAM_BAD_RESPONSE")]))


async def test_object_is_missing_without_unreadable_rows(asker):
    """The lookup is null, without an error."""
    answers = await look_up_all(asker, lambda body: [] if isinstance(body, list) else body | {"activity": []})

    assert answers == dict.fromkeys(LOOKUPS, (None, []))


async def test_issue_beside_one_that_cannot_be_read(asker):
    """Issues are looked up by a search, whose rows may lack one."""
    ids = [encode_id("Issue", asker.acme.id, issue_id) for issue_id in (NUMBER, "999998")]
    asker.server.faults.add(Fault(route=ORGANIZATION + "issues/", times=None, status=200, body=BY_ID))

    answer = await asker.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)

    assert answer["nodes"] == [None, None]
    assert [error["path"] for error in answer.errors] == [["nodes", 0], ["nodes", 1]]
