"""What people and teams look like in pictures."""

from enum import Enum

import strawberry

from dexter_graphql.graph.enums import NEWER, word
from dexter_graphql.graph.fields import part, plain


@strawberry.enum(description="Where the picture of somebody comes from.")
class AvatarKind(Enum):
    """`avatarType` on the wire."""

    LETTERS = word("letter_avatar", "Letters of the name; there is no picture.")
    UPLOAD = word("upload", "A picture that was uploaded.")
    GRAVATAR = word("gravatar", "The picture that Gravatar has for the e-mail address.")
    UNKNOWN = word("unknown", NEWER)


@part
class Avatar:
    """The picture of somebody."""

    kind: AvatarKind | None = plain("avatarType", description="Where it comes from.")
    kind_raw: str | None = plain("avatarType", description="`kind` in Sentry's own word.")
    url: str | None = plain("avatarUrl", description="Address of the picture; null when there is none.")
