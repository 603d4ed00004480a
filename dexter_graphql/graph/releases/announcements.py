"""Publication of the changes that mutations of releases make. Sentry sends no webhooks about releases."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dexter_graphql.graph.changes.announcements import announce, mutation_source
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.release_writes import release_project_slugs
from dexter_graphql.loaders.releases import ReleaseKey
from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots import deploy_change, release_change


def update_kind(body: Mapping[str, Any]) -> Kind:
    """Kind of the change that an update of a release with this body makes."""
    return Kind.FINALIZED if "dateReleased" in body else Kind.UPDATED


async def announce_release(key: ReleaseKey, kind: Kind, raw: bytes, load_context: LoadContext) -> None:
    """Publish a change of a release; `raw` is the release after it as Sentry sent it."""
    source = mutation_source(key.organization, f"release.{kind}", load_context)
    try:
        change = release_change(kind, raw, source)
    except msgspec.DecodeError:
        change = replace(source.make_change("release", Stream.RELEASES, kind, None), subject=key.version)
    await announce(change, load_context)


async def announce_deletion(key: ReleaseKey, projects: Sequence[str], load_context: LoadContext) -> None:
    """Publish the deletion of a release that was in these projects."""
    raw = {"version": key.version, "projects": [{"slug": slug} for slug in projects]}
    await announce_release(key, Kind.DELETED, msgspec.json.encode(raw), load_context)


async def announce_deploy(key: ReleaseKey, raw: bytes, load_context: LoadContext) -> None:
    """Publish a deploy of a release; `raw` is the deploy as Sentry sent it. One call, for the release's projects."""
    projects = await release_project_slugs(key, load_context)
    source = mutation_source(key.organization, f"release.{Kind.DEPLOYED}", load_context)
    await announce(_deploy_change(key, projects, raw, source), load_context)


def _deploy_change(key: ReleaseKey, projects: tuple[str, ...], raw: bytes, source: Any) -> Change:
    try:
        return deploy_change(key.version, projects, raw, source)
    except msgspec.DecodeError:
        change = source.make_change("deploy", Stream.RELEASES, Kind.DEPLOYED, None)
        return replace(change, subject=key.version, projects=projects)
