"""Tags of events and of issues."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import batch, entity, plain, value_type
from dexter_graphql.graph.issues.details import below_issue
from dexter_graphql.graph.issues.enums import TagValueSort
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import Environments, environment_parameters, list_options
from dexter_graphql.loaders.issues.tags import TagKey, tag_value_pages


@value_type
class TagValue:
    """Value of a tag with its frequency."""

    value: str | None = plain(description="Value of the tag; null for the empty value.")
    name: str | None = plain(description="Display name of the value.")
    count: BigInt | None = plain(description="Number of events with this value.")
    first_seen_at: datetime | None = plain("firstSeen", description="Time when the value was first seen.")
    last_seen_at: datetime | None = plain("lastSeen", description="Time when the value was last seen.")


def _issue_tag(row: Any) -> TagKey | None:
    return TagKey(below_issue(row), row.key) if hasattr(row, "parents") else None


@entity(representations=("detail",))
class Tag:
    """Tag of an event, which has one value, or of the events of an issue, which have many."""

    key: str | None = plain(description="Key of the tag, for example `browser.name`.")
    value: str | None = plain(description="Value of the tag of an event; null when it is empty, and for issues.")
    name: str | None = plain(description="Display name of the tag of an issue; null for events.")
    total_values: BigInt | None = plain(
        "totalValues", description="Number of events of the issue with this tag; null for events."
    )
    unique_values: BigInt | None = plain(
        "uniqueValues", description="Number of distinct values in the issue; null for events."
    )
    top_values: list[TagValue] | None = plain(
        "topValues",
        description="Most frequent values in the issue, in descending order of frequency; null for events.",
    )

    @batch(tag_value_pages, key=_issue_tag, reads={"key": str})
    @paged
    def values(
        *,
        environments: Environments = None,
        sort: Annotated[TagValueSort | None, strawberry.argument(description="Default: Sentry's own order.")] = None,
        page: PageArguments,
    ) -> Connection[TagValue] | None:
        """All values of the tag in the issue; null for events. One call per tag."""
        order = () if sort is None else (("sort", sort.value),)
        return list_options(page, (*environment_parameters(environments), *order))
