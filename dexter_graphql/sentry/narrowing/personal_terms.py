"""Search terms that mean the owner of the token, who is none of the callers that share it."""

import re

from dexter_graphql.sentry.errors import InvalidParameter
from dexter_graphql.sentry.narrowing.request import EndpointRequest

SEARCH = "query"
KEYS = "assigned|assigned_to|assigned_or_suggested|assignee|bookmarks|bookmarked_by|owner|subscribed"
WORDS = r"""["']?(?:me|my_teams)["']?"""
PERSONAL_TERM = re.compile(rf"(?i)(?<![\w.])(?:{KEYS})\s*:\s*(?:\[(?:[^\]]*[\s,])?)?{WORDS}(?![\w.@-])")


def check_personal_terms(request: EndpointRequest) -> None:
    """Raise InvalidParameter for a search with such a term."""
    for name, value in request.query:
        if name == SEARCH and (term := PERSONAL_TERM.search(value)):
            message = f"`{term[0][:100]}` means the owner of a token that several callers share; name a user or team"
            raise InvalidParameter(message, title=request.endpoint.title)
