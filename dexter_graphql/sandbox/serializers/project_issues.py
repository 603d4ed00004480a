"""JSON of issues in the older list of a project, which has fewer members."""

from collections.abc import Mapping
from typing import Final

from dexter_graphql.sandbox.serializers import issues as bodies
from dexter_graphql.sandbox.serializers.issues import IssueContext, IssueRow

_MEMBERS: Final = (
    "assignedTo", "count", "culprit", "firstSeen", "hasSeen", "id", "isBookmarked", "isPublic", "isSubscribed",
    "lastSeen", "level", "logger", "numComments", "permalink", "shareId", "shortId", "stats", "status",
    "statusDetails", "subscriptionDetails", "title", "type", "userCount",
)  # fmt: skip


def serialize_list_item(context: IssueContext, row: IssueRow) -> dict[str, object]:
    """An issue in a project's list."""
    item = bodies.serialize_list_item(context, row)
    project = row.issue.project
    return {name: item[name] for name in _MEMBERS if name in item} | {
        "annotations": [ticket.display_name for ticket in row.issue.external_issues],
        "metadata": _metadata(bodies.serialize_metadata(row.issue)),
        "project": {"id": project.id, "name": project.name, "slug": project.slug},
    }


def _metadata(full: Mapping[str, object]) -> dict[str, object]:
    names = ("filename", "type", "value") if "type" in full else ("title",)
    return {name: full[name] for name in names}
