"""Enums of members."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Role in an organization.")
class OrganizationRole(Enum):
    """`orgRole` on the wire."""

    BILLING = wire_value("billing", "Manages the subscription and billing.")
    MEMBER = wire_value("member", "Views events and acts on them.")
    ADMIN = wire_value("admin", "Administers the teams they belong to.")
    MANAGER = wire_value("manager", "Administers all teams and members.")
    OWNER = wire_value("owner", "Has unrestricted access.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Role in a team.")
class TeamRole(Enum):
    """`teamRole` on the wire."""

    CONTRIBUTOR = wire_value("contributor", "Views events and acts on them.")
    ADMIN = wire_value("admin", "Administers the team.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Status of an invitation.")
class InviteStatus(Enum):
    """`inviteStatus` on the wire."""

    APPROVED = wire_value("approved", "The invitation was approved.")
    REQUESTED_TO_BE_INVITED = wire_value("requested_to_be_invited", "A member requested that this person is invited.")
    REQUESTED_TO_JOIN = wire_value("requested_to_join", "This person requested to join.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
