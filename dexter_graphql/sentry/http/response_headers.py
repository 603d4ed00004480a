"""The headers of Sentry's answers that are passed on, and the cursors of their `Link`."""

import re

from multidict import CIMultiDictProxy

RESPONSE_HEADERS = frozenset(
    {
        "content-type",
        "date",
        "retry-after",
        "x-hits",
        "x-max-hits",
        "x-sentry-deprecation-date",
        "x-sentry-direct-hit",
        "x-sentry-rate-limit-concurrentlimit",
        "x-sentry-rate-limit-concurrentremaining",
        "x-sentry-rate-limit-limit",
        "x-sentry-rate-limit-remaining",
        "x-sentry-rate-limit-reset",
        "x-sentry-replacement-endpoint",
        "www-authenticate",
    }
)
"""Headers that are passed on; all others are dropped."""
RELATIONS = frozenset({"previous", "next"})
LINK = re.compile(r"<[^>]*>([^<]*)")
"""One target of a `Link` header. Its address is not parsed: it is never followed, and a broken one does no harm."""
ATTRIBUTE = re.compile(r';\s*(\w+)="([^"]*)"')


def project_headers(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """The headers that are read further on; of `Link` only the cursors of pages with results."""
    projected = {name: value for name in RESPONSE_HEADERS if (value := headers.get(name)) is not None}
    for link in LINK.findall(", ".join(headers.getall("link", ()))):
        if 'results="true"' not in link:
            continue
        attributes = dict(ATTRIBUTE.findall(link))
        relation, cursor = attributes.get("rel"), attributes.get("cursor")
        if relation in RELATIONS and attributes.get("results") == "true" and cursor:
            projected[f"cursor-{relation}"] = cursor
    return projected
