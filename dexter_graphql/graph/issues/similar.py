"""Issues that are similar to an issue."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import LIST, Embedded, computed, entity, link, value_type
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.loaders.issues.details import issues_by_id

MAX_SIMILAR = 100
Count = Annotated[int, strawberry.argument(description=f"Number of issues to return, from 1 to {MAX_SIMILAR}.")]


@value_type
class SimilarityScore:
    """How similar two issues are in one respect."""

    @computed()
    def feature(pair: tuple[str, float | None]) -> str:
        """What is compared, as named by Sentry, for example `exception:stacktrace:pairs`."""
        return pair[0]

    @computed()
    def score(pair: tuple[str, float | None]) -> float | None:
        """Similarity, from 0 to 1; null when one of the issues lacks the feature."""
        return pair[1]


@entity(representations=(LIST,))
class SimilarIssue:
    """Issue that is similar to another one."""

    issue: IssueType | None = link(
        "issue",
        Embedded(
            "Issue",
            members=("id", "shortId", "title", "culprit", "permalink", "level", "status", "platform", "numComments"),
            load=issues_by_id,
        ),
        description="The similar issue.",
    )

    @computed(scores=dict[str, float | None] | None)
    def scores(row: Any) -> list[SimilarityScore]:
        """How similar the issues are, by what is compared."""
        scores: list[Any] = list((row.scores or {}).items())
        return scores


def checked_count(count: int) -> int:
    """The number of issues to return; raises BadUserInput when it is out of range."""
    if not 1 <= count <= MAX_SIMILAR:
        raise BadUserInput(f"'first' must be between 1 and {MAX_SIMILAR}", ("first",))
    return count
