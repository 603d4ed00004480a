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
