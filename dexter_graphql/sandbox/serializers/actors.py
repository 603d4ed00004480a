"""Writes people and teams in the short forms other bodies embed."""

from dexter_graphql.sandbox.world.model import Assignee, User


def serialize_actor(assignee: Assignee | None) -> dict[str, object] | None:
    """`{type, id, name, email?}` as in `assignedTo`."""
    if assignee is None:
        return None
    if assignee.user is not None:
        user = assignee.user
        return {"type": "user", "id": user.id, "name": user.name, "email": user.email}
    if assignee.team is not None:
        return {"type": "team", "id": assignee.team.id, "name": assignee.team.slug}
    return None


def format_actor(assignee: Assignee) -> str:
    """`user:ID` or `team:ID`."""
    return f"user:{assignee.user.id}" if assignee.user else f"team:{assignee.team.id if assignee.team else ''}"


def serialize_user(user: User) -> dict[str, object]:
    """A user as activity, seen-by and participants embed it."""
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
    """Address of the picture of a user."""
    return f"https://avatars.example/{user.id}"
