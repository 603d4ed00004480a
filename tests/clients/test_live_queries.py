"""Live queries with the npm clients graphql-ws and graphql-sse, which take them for any operation."""

import pytest

from support.node import run_script_while

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN_ISSUES = {
    "query": """query Open($org: String!) @live { organization(slug: $org) {
      issues(filter: { status: UNRESOLVED }, sort: NEW, first: 20) { nodes { shortId } } } }""",
    "variables": {"org": "acme"},
}


@pytest.mark.parametrize("script", ["ws.mjs", "sse.mjs"])
async def test_answer_comes_again(site, script):
    """The client has the whole list at once, and again with an issue that has appeared since."""
    opened = []

    answers = await run_script_while(
        lambda: opened.append(site.upstream.simulation.open_issue().short_id),
        *(script, site.graphql, "take-two"),
        stdin=OPEN_ISSUES,
    )

    first, second = (
        [node["shortId"] for node in answer["data"]["organization"]["issues"]["nodes"]] for answer in answers
    )
    assert (len(first), len(second)) == (20, 20)
    assert second[0] in set(opened).difference(first)
