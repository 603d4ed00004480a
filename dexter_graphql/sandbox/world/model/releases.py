"""Records of releases with commits, deploys and files, and of source repositories."""

from dataclasses import dataclass, field
from datetime import datetime

from dexter_graphql.sandbox.world.model.members import User
from dexter_graphql.sandbox.world.model.projects import Project


@dataclass(slots=True, eq=False)
class Repository:
    """A source repository of an integration."""

    id: str
    name: str
    provider_id: str
    provider_name: str
    url: str
    external_id: str
    external_slug: str
    integration_id: str | None
    date_created: datetime
    status: str = "active"


@dataclass(slots=True, eq=False)
class Commit:
    """A commit. `id` is 40 hex characters; `files` are (path, type) pairs with type A, M or D."""

    id: str
    message: str
    author: User
    repository: Repository
    date_created: datetime
    files: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, eq=False)
class Deploy:
    """A deploy of one release to one environment."""

    id: str
    environment: str
    name: str
    date_started: datetime | None
    date_finished: datetime
    url: str | None = None


@dataclass(slots=True, eq=False)
class ReleaseFile:
    """A file uploaded to a release."""

    id: str
    name: str
    dist: str | None
    headers: dict[str, str]
    sha1: str
    content: bytes
    date_created: datetime


@dataclass(slots=True, eq=False, repr=False)
class Release:
    """A release of an organization. Its id is an integer, as in Sentry's API.

    `crash_percent` is the share of its sessions that crash in addition to the usual ones.
    """

    id: int
    version: str
    package: str
    date_created: datetime
    date_released: datetime | None
    projects: list[Project]
    commits: list[Commit] = field(default_factory=list)
    deploys: list[Deploy] = field(default_factory=list)
    files: list[ReleaseFile] = field(default_factory=list)
    status: str = "open"
    ref: str | None = None
    url: str | None = None
    owner: User | None = None
    crash_percent: int = 0

    def __repr__(self) -> str:
        return f"Release({self.version})"
