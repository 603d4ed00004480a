"""JSON of users and teams where other bodies embed them."""

from dexter_graphql.sandbox.world.model import Assignee, User


def serialize_actor(assignee: Assignee | None) -> dict[str, object] | None:
    """The `{type, id, name, email?}` of `assignedTo`."""
    if assignee is None:
        return None
    if assignee.user is not None:
        user = assignee.user
        return {"type": "user", "id": user.id, "name": user.name, "email": user.email}
    if assignee.team is not None:
        return {"type": "team", "id": assignee.team.id, "name": assignee.team.slug}
    return None


def format_actor(assignee: Assignee) -> str:
    """The actor as `user:ID` or `team:ID`."""
    return f"user:{assignee.user.id}" if assignee.user else f"team:{assignee.team.id if assignee.team else ''}"


def serialize_user(user: User) -> dict[str, object]:
    """A user in activity, `seenBy` and `participants`."""
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "email": user.email,
        "avatarUrl": build_avatar_url(user),
        "isActive": True,
        "hasPasswordAuth": True,
        "isManaged": False,
        "dateJoined": user.date_joined,
        "lastLogin": user.last_active,
        "has2fa": user.has_2fa,
        "lastActive": user.last_active,
        "isSuperuser": False,
        "isStaff": False,
        "isSuspended": False,
        "experiments": {},
        "emails": [{"id": f"{user.id}1", "email": user.email, "is_verified": True}],
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
    }


def build_avatar_url(user: User) -> str:
    """URL of the user's avatar."""
    return f"https://avatars.example/{user.id}"
