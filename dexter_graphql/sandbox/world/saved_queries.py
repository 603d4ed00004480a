"""Saved queries of an organization."""

from datetime import datetime, timedelta
from typing import Final

from dexter_graphql.sandbox.world.model import Organization, SavedQuery

_Settings = dict[str, object]
_BY_TITLE: Final[_Settings] = {
    "fields": ["title", "count()", "count_unique(user)"],
    "query": "level:error",
    "orderby": "-count",
    "range": "24h",
    "yAxis": ["count()"],
    "display": "default",
    "environment": ["production"],
}
_BY_RELEASE: Final[_Settings] = {
    "fields": ["release", "count()"],
    "query": "",
    "orderby": "-count",
    "range": "7d",
    "yAxis": ["count()"],
    "display": "top5",
    "topEvents": 3,
    "interval": "6h",
}
_SLOW: Final[_Settings] = {"fields": ["transaction", "p95()"], "query": "", "orderby": "-p95", "yAxis": ["p95()"]}
_QUERIES: Final = (
    ("Errors by title", "error-events", _BY_TITLE),
    ("Errors of releases", "error-events", _BY_RELEASE),
    ("Slow transactions", "transaction-like", _SLOW),
)


def make_saved_queries(organization: Organization, first_id: int, now: datetime) -> None:
    """Add saved queries, the first one of the first project."""
    user = next(member.user for member in organization.members if member.user)
    for number, (name, dataset, settings) in enumerate(_QUERIES):
        created = now - timedelta(days=40 + number)
        projects = [int(organization.projects[0].id)] if number == 0 else []
        query = SavedQuery(str(first_id + number), name, dataset, projects, user, created, created, dict(settings))
        organization.saved_queries.append(query)
