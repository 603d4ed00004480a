"""Records of projects, their client keys and environments."""

from dataclasses import dataclass, field
from datetime import datetime

from dexter_graphql.sandbox.world.model.members import Team


@dataclass(slots=True, eq=False)
class ClientKey:
    """A DSN key. `public` and `secret` are 32 hex characters; `id` equals `public`."""

    id: str
    label: str
    public: str
    secret: str
    date_created: datetime
    is_active: bool = True
    rate_limit_window: int | None = None
    rate_limit_count: int | None = None


@dataclass(slots=True, eq=False)
class Environment:
    """An environment of an organization, shared by its projects."""

    id: str
    name: str


@dataclass(slots=True, eq=False)
class Project:
    """A project. `language` determines its stack traces; `next_number` is that of its next issue."""

    id: str
    slug: str
    name: str
    platform: str
    language: str
    date_created: datetime
    teams: list[Team] = field(default_factory=list)
    keys: list[ClientKey] = field(default_factory=list)
    hidden_environments: set[str] = field(default_factory=set)
    options: dict[str, object] = field(default_factory=dict)
    is_bookmarked: bool = False
    next_number: int = 1
