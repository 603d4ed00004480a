"""The schema at `/schema.graphql`."""

import pytest

from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_schema_is_served(site, graph):
    """The text is the one that `dexter schema` prints, and the answer to a question with its tag has no body."""
    async with site.session.get(f"{site.url}/schema.graphql") as answer:
        text, tag = await answer.text(), answer.headers["etag"]
    answers = []
    for known in (tag, f'"other", W/{tag}', '"other"'):
        async with site.session.get(f"{site.url}/schema.graphql", headers={"if-none-match": known}) as answer:
            answers.append((answer.status, await answer.text() == ""))

    assert (answer.status, answer.content_type, text) == (200, "text/plain", graph.sdl())
    assert answers == [(304, True), (304, True), (200, False)]


async def test_schema_needs_no_token_but_an_allowed_origin():
    """Tools without credentials read the schema; pages of other origins do not."""
    async with running_site(mode="passthrough") as site:
        statuses = []
        for headers in ({}, {"origin": "https://evil.example"}):
            async with site.session.get(f"{site.url}/schema.graphql", headers=headers) as answer:
                statuses.append(answer.status)

    assert statuses == [200, 403]


async def test_schema_is_hidden_with_introspection():
    """A server that does not answer introspection has no schema file."""
    async with (
        running_site(has_introspection=False) as site,
        site.session.get(f"{site.url}/schema.graphql") as answer,
    ):
        assert answer.status == 404
