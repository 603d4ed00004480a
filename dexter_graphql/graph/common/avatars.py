"""Avatars of users, teams, projects and organizations."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import plain, value_type


@strawberry.enum(description="Source of an avatar.")
class AvatarKind(Enum):
    """`avatarType` in Sentry's API."""

    LETTERS = wire_value("letter_avatar", "Generated from the initials; there is no image.")
    UPLOAD = wire_value("upload", "Uploaded image.")
    GRAVATAR = wire_value("gravatar", "Gravatar image of the email address.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class Avatar:
    """Avatar of a user, team, project or organization."""

    kind: AvatarKind | None = plain("avatarType", description="Source of the avatar. Null when Sentry sends none.")
    kind_raw: str | None = plain("avatarType", description="`kind` as Sentry sends it.")
    url: str | None = plain("avatarUrl", description="URL of the image. Null when there is none.")
