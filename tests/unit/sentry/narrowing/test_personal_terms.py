"""Search terms that mean the owner of the token."""

import pytest

from dexter_graphql.sentry.catalogue import issues
from dexter_graphql.sentry.errors import InvalidParameter
from dexter_graphql.sentry.narrowing.personal_terms import check_personal_terms
from dexter_graphql.sentry.narrowing.request import EndpointRequest


def request(text):
    """A search for issues."""
    return EndpointRequest(issues.LIST, None, {}, (("query", text), ("owner", "me")))


@pytest.mark.parametrize(
    "text",
    [
        "assigned:me",
        "is:unresolved !assigned:me",
        "(assigned_or_suggested:[none, me])",
        "assigned:[my_teams,#web]",
        'bookmarks:"me"',
        "BOOKMARKS:Me level:error",
        "subscribed: me",
        "assigned:[anna@example.com, me]",
    ],
)
def test_personal_terms_are_refused(text):
    """In all spellings that Sentry takes; the message names the term."""
    with pytest.raises(InvalidParameter, match="several callers share"):
        check_personal_terms(request(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "me",
        "message:me",
        "assigned:me@example.com",
        "assigned:[anna, me.too@example.com]",
        "assigned:melanie",
        "assigned:#my_teams",
        "x.assigned:me",
        "assigned:none level:[me]",
    ],
)
def test_other_terms_pass(text):
    """Names that begin like the word, and terms of other keys."""
    check_personal_terms(request(text))
