"""Datasets of Discover and Explore, and what older releases of Sentry have in their place."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, FeatureUnavailable, InvalidParameter, SentryError
from dexter_graphql.sentry.parents import OrganizationRef

T = TypeVar("T")


class Dataset(StrEnum):
    """`dataset` of queries over events, as the newest release calls it."""

    ERRORS = "errors"
    SPANS = "spans"
    LOGS = "logs"
    TRACE_METRICS = "tracemetrics"
    PROFILE_FUNCTIONS = "profile_functions"
    UPTIME_RESULTS = "uptime_results"
    TRANSACTIONS = "transactions"
    OCCURRENCES = "issuePlatform"


class Source(NamedTuple):
    """A dataset as one release calls it, and the search term that restricts it to the same events."""

    dataset: str
    term: str = ""

    def search(self, search: str) -> str:
        """The search within the dataset."""
        if not self.term or not search:
            return self.term or search
        return f"({search}) {self.term}"


OLDER: Mapping[Dataset, Source] = MappingProxyType(
    {
        Dataset.ERRORS: Source("discover", "!event.type:transaction"),
        Dataset.TRANSACTIONS: Source("discover", "event.type:transaction"),
        Dataset.LOGS: Source("ourlogs"),
        Dataset.PROFILE_FUNCTIONS: Source("profileFunctions"),
        Dataset.UPTIME_RESULTS: Source("uptimeChecks"),
    }
)
"""What releases that refuse a dataset have in its place."""


async def read_dataset(
    dataset: Dataset,
    endpoint: Endpoint,
    organization: OrganizationRef,
    load_context: LoadContext,
    read: Callable[[Source], Awaitable[T]],
) -> T:
    """The result of `read` for the dataset, or for what older releases have in its place.

    Raises FeatureUnavailable where the host has neither.
    """
    older = OLDER.get(dataset)
    try:
        if older is None:
            return await read(Source(dataset))
        return await load_context.organizations.capabilities.prefer(
            f"{endpoint.name}?dataset={dataset}",
            organization,
            preferred=lambda: read(Source(dataset)),
            fallback=lambda: read(older),
            is_refusal=_is_unknown_dataset,
        )
    except BadRequest as error:
        if not _is_unknown_dataset(error):
            raise
        message = f"This Sentry lacks the dataset `{dataset}`"
        raise FeatureUnavailable(message, title=error.title, status=error.status) from None


def _is_unknown_dataset(error: SentryError) -> bool:
    """True when the server does not know the dataset; it names those that it knows."""
    is_refused = isinstance(error, BadRequest) and not isinstance(error, InvalidParameter)
    return is_refused and "dataset must be one of" in str(error).lower()
