"""Changes of releases, which Sentry sends no webhooks about: mutations and the poller report them."""

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Number, ShortText, Slug, decode_snapshot

MAX_PROJECTS = 100
MAX_TEXT = 1000
Version = Annotated[str, Meta(min_length=1, max_length=250)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class ProjectSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A project in a release."""

    slug: Slug


class ReleaseSnapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The members of a release that a change is made from."""

    version: Version
    status: ShortText | None = None
    ref: Text | None = None
    url: Text | None = None
    date_released: ShortText | None = None
    projects: list[ProjectSnapshot] | None = None


class DeploySnapshot(msgspec.Struct, frozen=True, gc=False):
    """The members of a deploy that a change is made from."""

    id: Number
    environment: Text | None = None


def release_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A release that was created, finalized, updated or deleted; `raw` is the release as Sentry's API sends it.

    The subject is the version. The state of FINALIZED is the time of the publication; that of CREATED and DELETED is
    empty. Raises DecodeError when it is not a release.
    """
    snapshot = decode_snapshot(raw, ReleaseSnapshot)
    return replace(
        source.make_change("release", Stream.RELEASES, kind, raw),
        subject=snapshot.version,
        state=_state(kind, snapshot),
        projects=release_projects(snapshot),
        tags=(release_tag(source.organization),),
    )


def deploy_change(version: str, projects: tuple[str, ...], raw: bytes, source: ChangeSource) -> Change:
    """A deploy of a release; `raw` is the deploy as Sentry's API sends it. The subject is the release's version."""
    snapshot = decode_snapshot(raw, DeploySnapshot)
    return replace(
        source.make_change("deploy", Stream.RELEASES, Kind.DEPLOYED, raw),
        subject=version,
        state=str(snapshot.id),
        projects=projects,
        tags=(release_tag(source.organization),),
    )


def release_projects(snapshot: ReleaseSnapshot) -> tuple[str, ...]:
    """The slugs of the projects of a release, at most 100."""
    return tuple(project.slug for project in (snapshot.projects or ())[:MAX_PROJECTS])


def release_tag(organization: str) -> str:
    """Cache tag of all releases of an organization."""
    return f"releases/{organization}"


def _state(kind: Kind, snapshot: ReleaseSnapshot) -> str:
    if kind is Kind.FINALIZED:
        return snapshot.date_released or ""
    if kind is Kind.UPDATED:
        return "/".join(value or "" for value in (snapshot.status, snapshot.date_released, snapshot.ref, snapshot.url))
    return ""
