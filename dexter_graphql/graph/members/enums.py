"""The closed lists of words about members."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="What a member may do in the organization.")
class OrganizationRole(Enum):
    """`orgRole` on the wire."""

    BILLING = wire_value("billing", "Manages subscription and billing.")
    MEMBER = wire_value("member", "Views and acts on events.")
    ADMIN = wire_value("admin", "Administers the teams they belong to.")
    MANAGER = wire_value("manager", "Administers all teams, adds and removes members.")
    OWNER = wire_value("owner", "May do everything.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="What a member may do in a team.")
class TeamRole(Enum):
    """`teamRole` on the wire."""

    CONTRIBUTOR = wire_value("contributor", "Views and acts on events.")
    ADMIN = wire_value("admin", "Administers the team.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How far a membership has come.")
class InviteStatus(Enum):
    """`inviteStatus` on the wire."""

    APPROVED = wire_value("approved", "Invited or joined.")
    REQUESTED_TO_BE_INVITED = wire_value("requested_to_be_invited", "A member asked to invite this person.")
    REQUESTED_TO_JOIN = wire_value("requested_to_join", "This person asked to join.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
