"""The closed lists of words about members."""

from enum import Enum

import strawberry

from dexter_graphql.graph.enums import NEWER, word


@strawberry.enum(description="What a member may do in the organization.")
class OrganizationRole(Enum):
    """`orgRole` on the wire."""

    BILLING = word("billing", "Manages subscription and billing.")
    MEMBER = word("member", "Views and acts on events.")
    ADMIN = word("admin", "Administers the teams they belong to.")
    MANAGER = word("manager", "Administers all teams, adds and removes members.")
    OWNER = word("owner", "May do everything.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="What a member may do in a team.")
class TeamRole(Enum):
    """`teamRole` on the wire."""

    CONTRIBUTOR = word("contributor", "Views and acts on events.")
    ADMIN = word("admin", "Administers the team.")
    UNKNOWN = word("unknown", NEWER)


@strawberry.enum(description="How far a membership has come.")
class InviteStatus(Enum):
    """`inviteStatus` on the wire."""

    APPROVED = word("approved", "Invited or joined.")
    REQUESTED_TO_BE_INVITED = word("requested_to_be_invited", "A member asked to invite this person.")
    REQUESTED_TO_JOIN = word("requested_to_join", "This person asked to join.")
    UNKNOWN = word("unknown", NEWER)
