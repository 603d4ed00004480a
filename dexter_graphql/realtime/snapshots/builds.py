"""Changes of mobile builds."""

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, ShortText, Slug, decode_snapshot

BuildId = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[str, Meta(min_length=1, max_length=64)]


class BuildSnapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The members of a build that a change is made from."""

    build_id: BuildId
    project_slug: Slug | None = None
    state: ShortText | None = None


def build_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """An analysis or a distribution of a build that has ended; the subject is the build."""
    snapshot = decode_snapshot(raw, BuildSnapshot)
    return replace(
        source.make_change("preprod_artifact", Stream.OTHER, kind, raw),
        subject=str(snapshot.build_id),
        state=f"{source.action.partition('.')[2]}/{snapshot.state or ''}",
        project=snapshot.project_slug,
    )
