"""Issues of a project: by grouping hashes, and from the project's own list where that of the organization is closed."""

import pytest

from dexter_graphql.sandbox import Fault
from support.issues import LIST

OWN_LIST = "/projects/{organization}/{project}/issues/"
HASHES = "($hashes: [String!]!)"
BY_HASH = 'project(slug: "web") { issuesByHash(hashes: $hashes) { shortId priority } }'
LISTED = 'project(slug: "web") { issues(first: %d, filter: { search: "timeout" }) { nodes { shortId title } } }'


async def ask(asker, selection, declared="", **variables):
    """The answer to a selection on the organization, which may have errors."""
    return await asker.ask(f'query {declared} {{ organization(slug: "acme") {{ {selection} }} }}', **variables)


def nodes_of(answer):
    """The issues of the project in an answer."""
    return answer["organization"]["project"]["issues"]["nodes"]


async def test_hashes_name_issues(asker):
    """Issues are found by any of their hashes in two calls, complete, and unknown hashes find none."""
    first, second = [issue for issue in asker.acme.issues.values() if issue.project.slug == "web"][:2]

    answer = await ask(asker, BY_HASH, HASHES, hashes=[first.hashes[0], second.hashes[0], second.hashes[0], "0" * 32])

    issues = answer["organization"]["project"]["issuesByHash"]
    assert {issue["shortId"] for issue in issues} == {first.short_id, second.short_id}
    assert {issue["priority"].lower() for issue in issues} == {first.priority, second.priority}
    assert [call.route for call in answer.calls if "issues" in call.route] == [OWN_LIST, LIST]
    own = next(call for call in answer.calls if call.route == OWN_LIST)
    assert [value for name, value in own.query if name == "hashes"] == [first.hashes[0], second.hashes[0], "0" * 32]


@pytest.mark.parametrize("hashes", [[], [" "], [str(number) for number in range(101)]])
async def test_odd_hashes_are_refused(asker, hashes):
    """No hash, an empty one and more than a hundred are refused before any call for issues."""
    answer = await ask(asker, BY_HASH, HASHES, hashes=hashes)

    [error] = answer.errors
    assert error["extensions"] | {"code": "BAD_USER_INPUT", "argument": ["hashes"]} == error["extensions"]
    assert not [call for call in answer.calls if "issues" in call.route]


@pytest.mark.parametrize("status", [403, 404])
async def test_closed_list_is_replaced(asker, status):
    """Where the list of the organization is closed, the project's own one answers, and is asked first afterwards."""
    expected = nodes_of(await ask(asker, LISTED % 4))
    asker.server.faults.add(Fault(method="GET", route=LIST, status=status, times=None))

    first = await ask(asker, LISTED % 3)
    second = await ask(asker, LISTED % 2)

    assert (nodes_of(first), nodes_of(second)) == (expected[:3], expected[:2])
    assert [call.route for call in first.calls if "issues" in call.route] == [LIST, OWN_LIST]
    assert [call.route for call in second.calls if "issues" in call.route] == [OWN_LIST]


@pytest.mark.parametrize(
    "selection",
    [
        'issues(range: { last: "24h" }) { nodes { title } }',
        'issues(filter: { environments: [{ name: "production" }] }) { nodes { title } }',
        "issues { edges { inRange { eventCount } } }",
    ],
)
async def test_closed_list_is_an_error(asker, selection):
    """The project's own list knows no time range, no environments and no figures of a range."""
    asker.server.faults.add(Fault(method="GET", route=LIST, status=403, times=None))

    answer = await ask(asker, f'project(slug: "web") {{ {selection} }}')

    assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]
    assert OWN_LIST not in [call.route for call in answer.calls]
