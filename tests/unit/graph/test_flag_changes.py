"""Changes of feature flags."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Vintage
from support.graph import graph_client_of_release

LOG = "/organizations/{organization}/flags/logs/"
CHANGE = """id sentryId flag flagAction flagActionRaw providerKey changedBy changedByKind createdAt
  tags { key value } organization { slug }"""


async def test_list_is_one_call(asker):
    """The arguments narrow the one call, and the newest changes come first."""
    answer = await asker.organization(
        f"""flagChanges(flags: ["dark-mode", "fast-search"], providers: ["unleash", "statsig"], range: {{ last: "3d" }},
          first: 5) {{ nodes {{ {CHANGE} }} pageInfo {{ hasNextPage }} }}"""
    )

    [query] = answer.queries(LOG)
    change = next(change for change in asker.acme.flag_changes if change.flag == "fast-search")
    assert answer["flagChanges"]["nodes"][0] == {
        "id": encode_id("FlagChange", "100000", change.id),
        "sentryId": change.id,
        "flag": "fast-search",
        "flagAction": "UPDATED",
        "flagActionRaw": "updated",
        "providerKey": "statsig",
        "changedBy": change.created_by,
        "changedByKind": "EMAIL",
        "createdAt": change.created_at.isoformat().replace("+00:00", "Z"),
        "tags": [{"key": "environment", "value": "production"}, {"key": "commit", "value": change.tags["commit"]}],
        "organization": {"slug": "acme"},
    }
    assert [node["flag"] for node in answer["flagChanges"]["nodes"]] == ["fast-search", "dark-mode"]
    expected = [("flag", "dark-mode"), ("flag", "fast-search"), ("provider", "unleash"), ("provider", "statsig")]
    assert query[:5] == [*expected, ("sort", "-created_at")]
    assert {name for name, _ in query[5:]} == {"start", "end", "per_page"}


@pytest.mark.parametrize(("sort", "order"), [("OLDEST", 1), ("NEWEST", -1)])
async def test_order(asker, sort, order):
    """The list has both orders of time."""
    answer = await asker.organization(f"flagChanges(sort: {sort}) {{ nodes {{ createdAt }} }}")

    times = [node["createdAt"] for node in answer["flagChanges"]["nodes"]]
    assert len(times) == len(asker.acme.flag_changes)
    assert times == sorted(times, reverse=order < 0)


async def test_one_by_id(asker):
    """A change is found by its global ID with one call; an unknown one is null."""
    change = asker.acme.flag_changes[1]
    ids = [encode_id("FlagChange", "100000", number) for number in (change.id, "7")]
    await asker.organization("slug")

    answer = await asker.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on FlagChange { flag } } }", ids=ids)

    assert answer["nodes"] == [{"flag": change.flag}, None]
    assert answer.routes == [LOG + "{flag_change}/"] * 2


async def test_older_releases_lack_it(graph):
    """Where the server has no such log the field is null with FEATURE_NOT_AVAILABLE."""
    async with graph_client_of_release(graph, Vintage.V24_1) as asker:
        answer = await asker.ask('{ organization(slug: "acme") { flagChanges { nodes { flag } } } }')

    assert answer.data == {"organization": {"flagChanges": None}}
    assert [error["extensions"]["code"] for error in answer.errors] == ["FEATURE_NOT_AVAILABLE"]
