"""The setting that turns introspection off."""

import pytest
from graphql import get_introspection_query

from support.server import running_site


@pytest.mark.parametrize("query", [get_introspection_query(), '{ __type(name: "Issue") { name } }'])
async def test_introspection_is_refused_when_it_is_turned_off(query):
    """The error says that it is turned off; other documents are answered."""
    async with running_site(has_introspection=False) as site:
        _, _, body = await site.post(query)
        data = await site.data('{ organization(slug: "acme") { __typename } }')

    assert [error["message"] for error in body["errors"]] == ["Introspection is turned off on this server"]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "data" not in body
    assert data == {"organization": {"__typename": "Organization"}}


INVALID = (
    {"query": '{ organization(slug: "acme") { slugg } }'},
    {"query": '{ organization(slugg: "acme") { slug } }'},
    {"query": "{ ... on Organisation { slug } }"},
    {"query": '{ organization(slug: "acme") { issues(sort: FREQUENC) { totalCount } } }'},
    {"query": '{ organization(slug: "acme") { issues(filter: { statu: UNRESOLVED }) { totalCount } } }'},
    {"query": "query ($s: IssueSor) { __typename }"},
    {
        "query": 'query ($s: IssueSort!) { organization(slug: "acme") { issues(sort: $s) { totalCount } } }',
        "variables": {"s": "FREQUENC"},
    },
    {
        "query": 'query ($f: IssueFilter) { organization(slug: "acme") { issues(filter: $f) { totalCount } } }',
        "variables": {"f": {"statu": "UNRESOLVED"}},
    },
    {
        "query": "subscription ($o: OrganizationReference!) { issueChanged(organization: $o) { position } }",
        "variables": {"o": {"slugg": "acme"}},
    },
)
"""Requests with a mistake in a name of the schema."""


@pytest.mark.parametrize("engine", ["compiled", "interpreter"])
async def test_suggestions_can_be_turned_off(engine):
    """Without them no error has a suggestion, also not where only the cost is asked for."""
    estimate, accept = {"dexter": {"explain": "estimate"}}, {"accept": "text/event-stream, application/json;q=0.9"}
    texts = {}
    for is_on in (True, False):
        async with running_site(has_suggestions=is_on, engine=engine) as site:
            texts[is_on] = []
            for request in (*INVALID, *(request | {"extensions": estimate} for request in INVALID)):
                async with site.session.post(site.graphql, json=request, headers=accept) as answer:
                    texts[is_on].append(await answer.text())

    assert all("BAD_USER_INPUT" in text or "VALIDATION_FAILED" in text for text in texts[False])
    assert [text for text in texts[False] if "Did you mean" in text] == []
    assert sum("Did you mean" in text for text in texts[True]) >= len(INVALID)
