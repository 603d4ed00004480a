"""Questions that Sentry does not publish: refused once, they are not tried again for an hour."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.parents import OrganizationRef

LIST = "/organizations/{organization}/issues/"
STATS = "/organizations/{organization}/issues-stats/"
DETAIL = "/organizations/{organization}/issues/{issue}/"
TAGS = "/organizations/{organization}/issues/{issue}/tags/"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { shortId } } }"
COUNTED = """query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Issue { shortId inRange(range: { last: "24h" }) { eventCount } } }
}"""
TAGGED = "query ($id: ID!) { issue(id: $id) { tags { key } } }"
ACME = OrganizationRef("1", "acme")


@pytest.fixture
async def ids(asker):
    """Global ids of some issues; the directory knows their organization."""
    await asker.organization("slug")
    return [encode_id("Issue", asker.acme.id, number) for number in sorted(asker.acme.issues)[:60]]


def refusing(status, route, times=None):
    """The fault that refuses a route."""
    return Fault(status=status, body={"detail": "No"}, route=route, times=times)


@pytest.mark.parametrize("status", [400, 404])
async def test_issues_by_group_are_searched_for_once_refused(asker, ids, status):
    """The first request pays for the refusal, the second does not."""
    asker.server.faults.add(refusing(status, LIST, times=1))

    first = await asker.ask(NODES, ids=ids[:2])
    second = await asker.ask(NODES, ids=ids[2:4])

    assert first.errors == second.errors == []
    assert None not in first["nodes"] + second["nodes"]
    assert [first.routes, second.routes] == [[LIST, LIST], [LIST]]
    assert [dict(query)["query"][:10] for query in second.queries(LIST)] == ["issue.id:["]


@pytest.mark.parametrize("status", [400, 404])
async def test_counts_come_from_the_list_once_refused(asker, ids, status):
    """Counts of a second list of issues take a single call for them."""
    asker.server.faults.add(refusing(status, STATS))

    first = await asker.ask(COUNTED, ids=ids[:2])
    second = await asker.ask(COUNTED, ids=ids[2:4])

    assert first.errors == second.errors == []
    assert [first.routes, second.routes] == [[STATS, LIST, LIST], [LIST, LIST]]


async def test_tags_are_asked_for_one_by_one_once_refused(asker, ids):
    """What works without tags of all keys at once is begun with."""
    asker.server.faults.add(refusing(404, TAGS))

    first, second = [await asker.ask(TAGGED, id=one) for one in ids[:2]]

    assert first.errors == second.errors == []
    assert [told.routes.count(TAGS) for told in (first, second)] == [1, 0]


async def test_a_mistake_is_no_refusal_of_the_form(asker, ids):
    """When both ways are refused it was not the way: the next request tries the first one again."""
    broken = asker.server.faults.add(refusing(400, LIST))

    first = await asker.ask(NODES, ids=ids[:2])
    asker.server.faults.remove(broken)
    second = await asker.ask(NODES, ids=ids[:2])

    assert [error["extensions"]["code"] for error in first.errors] == ["BAD_USER_INPUT"] * 2
    assert [dict(query)["query"] for query in second.queries(LIST)] == [""]
