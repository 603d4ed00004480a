"""Loader of the issues that are similar to an issue."""

from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.projection import without_invalid_rows

PAIR = 2
"""Length of a row: an issue and its scores."""


@fan_out(target="SimilarIssue", uses=(catalogue.SIMILAR, *issues_by_id.uses))
async def similar_issues(key: IssueKey, load_context: LoadContext) -> list[Any]:
    """Issues that are similar to an issue, the most similar first; the options are their number."""
    pairs = await load_context.client.get_json(
        catalogue.SIMILAR,
        load_context.call_context,
        parents=issue_parents(key),
        path={"issue": key.id},
        query=(("limit", str(load_context.options)),),
    )
    if not isinstance(pairs, list):
        raise BadResponse("The similar issues in Sentry's answer are not a list", title=catalogue.SIMILAR.title)
    body = msgspec.json.encode([_row_of(pair) for pair in pairs])
    rows = load_context.client.records.decode_list(body, load_context.projection("list"), (), issue_parents(key))
    return without_invalid_rows(rows)


def _row_of(pair: Any) -> Any:
    """The pair as an object; another value stays as it is, and is then reported as invalid."""
    if not isinstance(pair, list) or len(pair) != PAIR:
        return pair
    issue, scores = pair
    return {"issue": issue, "scores": scores}
