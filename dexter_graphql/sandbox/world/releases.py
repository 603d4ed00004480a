"""Generated releases with commits and deploys, and their release health."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from dexter_graphql.sandbox.world.model import (
    Commit,
    Deploy,
    Project,
    Release,
    ReleaseFile,
    Repository,
    User,
)

_VERBS = ("Fix", "Add", "Remove", "Rework", "Guard", "Speed up", "Document")
_THINGS = (
    "retry of the payment call", "session refresh", "cart totals", "null check in the profile page", "upload limit",
    "search ranking", "cache headers", "connection pool", "date parsing", "webhook signature", "feature flags",
)  # fmt: skip
_SUFFIX: Mapping[str, str] = {
    "javascript": "js",
    "python": "py",
    "go": "go",
    "java": "java",
    "ruby": "rb",
    "csharp": "cs",
}


def make_releases(  # noqa: PLR0917 - the inputs of the generator
    rng: Random,
    projects: list[Project],
    repositories: list[Repository],
    authors: list[User],
    per_project: int,
    first_id: int,
    now: datetime,
) -> list[Release]:
    """`per_project` releases for each project over the last 90 days, oldest first within a project."""
    releases: list[Release] = []
    for project, repository in zip(projects, repositories, strict=True):
        for number in range(per_project):
            age = timedelta(days=88 * (per_project - 1 - number) / per_project, hours=3)
            release = _release(rng, project, number, first_id + len(releases), now - age)
            release.commits = _commits(rng, project, repository, authors, release.date_created)
            release.owner = rng.choice(authors) if number % 4 == 0 else None
            if number % 7 == 0:
                release.files = [_file(project, release)]
            releases.append(release)
    return releases


def _release(rng: Random, project: Project, number: int, release_id: int, created: datetime) -> Release:
    version = f"{project.slug}@{1 + number // 10}.{number % 10}.{rng.randint(0, 4)}"
    release = Release(release_id, version, project.slug, created, created + timedelta(minutes=20), [project])
    release.ref = f"{rng.getrandbits(160):040x}"
    release.url = f"https://ci.example/{project.slug}/{number}"
    release.deploys = [
        Deploy(
            str(release_id * 10 + index),
            environment,
            f"{project.slug}-{environment}-{number}",
            created + timedelta(minutes=20 + 30 * index),
            created + timedelta(minutes=25 + 30 * index),
            f"https://deploy.example/{project.slug}/{environment}",
        )
        for index, environment in enumerate(("staging", "production")[: 1 + (number % 3 > 0)])
    ]
    return release


def _commits(
    rng: Random, project: Project, repository: Repository, authors: list[User], released: datetime
) -> list[Commit]:
    suffix = _SUFFIX[project.language]
    return [
        Commit(
            f"{rng.getrandbits(160):040x}",
            f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}",
            rng.choice(authors),
            repository,
            released - timedelta(hours=1 + index * 5, minutes=rng.randint(0, 59)),
            tuple((f"src/{name}.{suffix}", "M") for name in rng.sample(("cart", "session", "pay", "search"), 2)),
        )
        for index in range(rng.randint(2, 9))
    ]


def _file(project: Project, release: Release) -> ReleaseFile:
    content = f"// {release.version}\nconsole.log({project.slug!r});\n".encode()
    return ReleaseFile(
        str(release.id * 10 + 9),
        "~/static/app.js",
        None,
        {"Content-Type": "application/javascript"},
        f"{zlib.crc32(content):040x}",
        content,
        release.date_created,
    )


@dataclass(frozen=True, slots=True)
class HourlyHealth:
    """Sessions and users of one release in one project, environment and hour."""

    sessions: int
    users: int
    crashed: int
    errored: int
    abnormal: int


def compute_health(release: Release, project: Project, environment: str, hour: datetime) -> HourlyHealth:
    """Release health of one hour, a pure function of its arguments; zero before the release.

    Adoption decays with age, so newer releases have more sessions; nights have fewer than days.
    """
    released = release.date_released or release.date_created
    age_days = (hour - released).total_seconds() / 86_400
    if age_days < 0 or environment not in {deploy.environment for deploy in release.deploys}:
        return HourlyHealth(0, 0, 0, 0, 0)
    noise = zlib.crc32(f"{release.version}/{project.id}/{environment}/{hour:%Y%m%d%H}".encode())
    weight = 1.0 if environment == "production" else 0.1
    day_share = 1.0 if 7 <= hour.hour <= 21 else 0.35  # noqa: PLR2004 - office hours
    sessions = int((40 + noise % 60) * weight * day_share / (1 + age_days / 3))
    crashed = sessions * (noise % 4 + release.crash_percent) // 100
    errored = sessions * (2 + noise % 5) // 100
    return HourlyHealth(sessions, sessions * 7 // 10, crashed, errored, sessions // 200)
