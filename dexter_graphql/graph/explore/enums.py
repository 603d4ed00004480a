"""Enums of Discover and Explore."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.loaders.explore.datasets import Dataset


@strawberry.enum(description="Kind of the events that a table or a time series is made of.")
class ExploreDataset(Enum):
    """`dataset` on the wire."""

    ERRORS = wire_value(Dataset.ERRORS, "Error events.")
    SPANS = wire_value(Dataset.SPANS, "Spans of traces.")
    LOGS = wire_value(Dataset.LOGS, "Structured logs.")
    TRACE_METRICS = wire_value(Dataset.TRACE_METRICS, "Metrics that applications emit.")
    PROFILE_FUNCTIONS = wire_value(Dataset.PROFILE_FUNCTIONS, "Functions in continuous profiles.")
    UPTIME_RESULTS = wire_value(Dataset.UPTIME_RESULTS, "Results of uptime checks.")
    TRANSACTIONS = wire_value(Dataset.TRANSACTIONS, "Transactions. Sentry is replacing them by spans.")
    OCCURRENCES = wire_value(Dataset.OCCURRENCES, "Occurrences of issues that are not errors.")


@strawberry.enum(description="How Sentry samples the spans that a table is made of.")
class Sampling(Enum):
    """`sampling` on the wire."""

    NORMAL = wire_value("NORMAL", "A sample of the stored spans, extrapolated.")
    HIGHEST_ACCURACY = wire_value("HIGHEST_ACCURACY", "All stored spans. Slower.")
