"""What people and teams look like in pictures."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import plain, value_type


@strawberry.enum(description="Where the picture of somebody comes from.")
class AvatarKind(Enum):
    """`avatarType` on the wire."""

    LETTERS = wire_value("letter_avatar", "Letters of the name; there is no picture.")
    UPLOAD = wire_value("upload", "A picture that was uploaded.")
    GRAVATAR = wire_value("gravatar", "The picture that Gravatar has for the e-mail address.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class Avatar:
    """The picture of somebody."""

    kind: AvatarKind | None = plain("avatarType", description="Where it comes from.")
    kind_raw: str | None = plain("avatarType", description="`kind` in Sentry's own word.")
    url: str | None = plain("avatarUrl", description="Address of the picture; null when there is none.")
