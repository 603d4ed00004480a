"""Content negotiation."""

import pytest

from dexter_graphql.server.responses import negotiate, wants_page

JSON, RESPONSE = "application/json", "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON}", JSON),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON};q=0.1, {RESPONSE};q=0.2", RESPONSE),
        ("text/event-stream", "text/event-stream"),
        ("multipart/mixed;subscriptionSpec=1.0, application/json", JSON),
        ("multipart/mixed;boundary=x;subscriptionSpec=1.0,application/json;q=0.5", "multipart/mixed"),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nonsense", None),
    ],
)
def test_answers_in_the_type_with_the_highest_quality(accept, expected):
    """The accepted type with the highest quality is sent; wildcards match JSON only, and quality 0 excludes a type."""
    assert negotiate(accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("application/json, text/html", False),
        ("*/*", False),
        (None, False),
    ],
)
def test_page_is_sent_when_html_comes_first(accept, expected):
    """A browser that opens the URL gets the page; a GraphQL client does not."""
    assert wants_page(accept) is expected
