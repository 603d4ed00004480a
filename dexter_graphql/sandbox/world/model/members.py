"""Records of users, teams and memberships."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class User:
    """A Sentry user. `id` is a decimal string and differs from the ids of memberships."""

    id: str
    name: str
    username: str
    email: str
    date_joined: datetime
    last_active: datetime
    has_2fa: bool = False


@dataclass(slots=True, eq=False)
class Team:
    """A team. Projects and members refer to it."""

    id: str
    slug: str
    name: str
    date_created: datetime


@dataclass(slots=True, eq=False)
class Member:
    """The membership of a user in an organization; `user` is None while the invitation is pending."""

    id: str
    email: str
    name: str
    user: User | None
    org_role: str
    date_created: datetime
    teams: list[Team] = field(default_factory=list)
    team_roles: dict[str, str] = field(default_factory=dict)
    invite_status: str = "approved"
    inviter_name: str | None = None
