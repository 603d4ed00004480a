"""Thresholds of releases."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.time_ranges import TimeRangeInput
from dexter_graphql.graph.declarations.fields import ID, batch, first_of, plain, value_type
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.graph.relay.list_options import environment_parameters
from dexter_graphql.graph.relay.references import EnvironmentReference, ReleaseReference, references_of
from dexter_graphql.graph.stats.arguments import usage_range
from dexter_graphql.loaders.projects import ProjectKey, projects_by_id
from dexter_graphql.loaders.release_thresholds import ThresholdOptions
from dexter_graphql.loaders.search import UnresolvedQuery

Releases = Annotated[list[ReleaseReference] | None, strawberry.argument(description="Releases. Default: all releases.")]


def release_filter(
    environments: list[EnvironmentReference] | None, releases: list[ReleaseReference] | None
) -> UnresolvedQuery:
    """The query parameters of environments and releases."""
    versions = tuple(("release", release) for release in references_of(releases, "releases"))
    return (*environment_parameters(environments), *versions)


def threshold_options(range: TimeRangeInput | None, query: UnresolvedQuery) -> ThresholdOptions:
    """Loader options for these arguments."""
    return ThresholdOptions(query, usage_range(range))


@strawberry.enum(description="What a threshold of releases measures.")
class ReleaseThresholdKind(Enum):
    """`threshold_type` on the wire."""

    TOTAL_ERROR_COUNT = wire_value("total_error_count", "Number of errors.")
    NEW_ISSUE_COUNT = wire_value("new_issue_count", "Number of new issues.")
    UNHANDLED_ISSUE_COUNT = wire_value("unhandled_issue_count", "Number of unhandled issues.")
    REGRESSED_ISSUE_COUNT = wire_value("regressed_issue_count", "Number of regressed issues.")
    FAILURE_RATE = wire_value("failure_rate", "Fraction of failed transactions.")
    CRASH_FREE_SESSION_RATE = wire_value("crash_free_session_rate", "Fraction of sessions without a crash.")
    CRASH_FREE_USER_RATE = wire_value("crash_free_user_rate", "Fraction of users without a crash.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Side of the value on which a threshold is exceeded.")
class ReleaseThresholdTrigger(Enum):
    """`trigger_type` on the wire."""

    OVER = wire_value("over", "The threshold is exceeded above the value.")
    UNDER = wire_value("under", "The threshold is exceeded below the value.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class ReleaseThreshold:
    """Threshold of a release, and whether the release is healthy by it."""

    kind: ReleaseThresholdKind | None = plain("threshold_type", description="What the threshold measures.")
    kind_raw: str | None = plain("threshold_type", description="Value of `kind`, as sent by Sentry.")
    trigger: ReleaseThresholdTrigger | None = plain(
        "trigger_type", description="Side of the value on which the threshold is exceeded."
    )
    trigger_raw: str | None = plain("trigger_type", description="Value of `trigger`, as sent by Sentry.")
    value: BigInt | None = plain(description="Value of the threshold.")
    measured_value: float | None = plain(
        "metric_value", description="Measured value; null when Sentry has not measured it."
    )
    window_seconds: int | None = plain("window_in_seconds", description="Length of the time window in seconds.")
    is_healthy: bool | None = plain("is_healthy", description="True when the threshold is not exceeded.")
    starts_at: datetime | None = plain("start", description="Start of the measured time window.")
    ends_at: datetime | None = plain("end", description="End of the measured time window.")
    version: str | None = plain("release", description="Version of the release.")
    environment: str | None = first_of(
        "environment.name", description="Name of the environment; null for all environments."
    )
    project: ProjectType | None = batch(
        projects_by_id,
        key=lambda row: ProjectKey(row.parents.organization, str(row.project_id)),
        reads={"project_id": ID},
        description="Project of the threshold.",
    )
