"""Adoption of releases."""

from datetime import datetime
from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import LIST, batch, entity, plain
from dexter_graphql.graph.lazy_types import ProjectType
from dexter_graphql.loaders.projects import ProjectName, projects_by_name


@strawberry.enum(description="Stage of the adoption of a release.")
class ReleaseAdoptionStage(Enum):
    """`stage` on the wire."""

    LOW_ADOPTION = wire_value("low_adoption", "Few sessions are of the release.")
    ADOPTED = wire_value("adopted", "The release has been adopted.")
    REPLACED = wire_value("replaced", "The release was adopted, and has been replaced by another one.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@entity(representations=(LIST,))
class ReleaseAdoption:
    """Adoption of a release in one of its projects."""

    stage: ReleaseAdoptionStage | None = plain(description="Stage of the adoption.")
    stage_raw: str | None = plain("stage", description="Value of `stage`, as sent by Sentry.")
    adopted_at: datetime | None = plain(
        "adopted", description="Time when the release was adopted; null when it is not."
    )
    replaced_at: datetime | None = plain(
        "unadopted", description="Time when another release replaced it; null when none has."
    )
    project: ProjectType | None = batch(
        projects_by_name,
        key=lambda row: ProjectName(row.parents.organization, row.slug),
        reads={"slug": str},
        description="Project of the adoption.",
    )
