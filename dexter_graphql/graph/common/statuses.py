"""Status that objects of several kinds share."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.wire_types import enum_member


@strawberry.enum(description="Status of an organization, a project or something that is configured in them.")
class ObjectStatus(Enum):
    """`status` on the wire."""

    ACTIVE = wire_value("active", "The object is in use.")
    DISABLED = wire_value("disabled", "The object is switched off.")
    HIDDEN = wire_value("hidden", "The object is hidden from lists.")
    PENDING_DELETION = wire_value("pending_deletion", "The object is about to be deleted.")
    DELETION_IN_PROGRESS = wire_value("deletion_in_progress", "The object is being deleted.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


object_status = enum_member(ObjectStatus)
