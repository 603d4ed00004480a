"""Pages of a list of unresolved issues while issues of earlier pages are resolved."""

import pytest

LIST = """query ($first: Int!, $after: String, $sort: IssueSort) {
  organization(slug: "acme") {
    issues(filter: { search: "is:unresolved" }, first: $first, after: $after, sort: $sort) {
      edges { cursor node { id shortId } }
      pageInfo { endCursor }
    }
  }
}"""
RESOLVE = "mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { unmatched } }"


async def page(asker, first, after=None, sort="NEW"):
    """The edges of a page and its end cursor."""
    answer = await asker.ask(LIST, first=first, after=after, sort=sort)
    assert answer.errors == []
    issues = answer["organization"]["issues"]
    return issues["edges"], issues["pageInfo"]["endCursor"]


def short_ids(edges):
    """Short IDs of the issues, in order."""
    return [edge["node"]["shortId"] for edge in edges]


@pytest.mark.parametrize("sort", ["LAST_SEEN", "NEW"])
@pytest.mark.parametrize("first", [5, 100, 120])
async def test_resolving_issues_of_a_page_skips_none_of_the_next(asker, first, sort):
    """The end cursor of a page leads to the issues that followed it, although two issues of the page left the list."""
    edges, end = await page(asker, first, sort=sort)
    following, _ = await page(asker, 5, end, sort)

    await asker.ask(RESOLVE, ids=[edge["node"]["id"] for edge in edges[1:3]])
    seen, _ = await page(asker, 5, end, sort)

    assert len(edges) == first
    assert short_ids(seen) == short_ids(following)


async def test_cursor_of_an_edge_counts_from_the_start_of_its_page(asker):
    """The cursor of an edge inside of a page moves by the issues that left the list before it."""
    edges, _ = await page(asker, 10)

    await asker.ask(RESOLVE, ids=[edge["node"]["id"] for edge in edges[1:3]])
    seen, _ = await page(asker, 3, edges[4]["cursor"])

    assert short_ids(seen) == short_ids(edges[7:10])
