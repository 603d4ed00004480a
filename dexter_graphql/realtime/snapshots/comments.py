"""Changes of comments."""

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.issues import issue_tags
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Number, Slug, decode_snapshot


class CommentSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A comment as webhooks send it."""

    comment_id: Number
    issue_id: Number
    project_slug: Slug | None = None


def comment_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A change of a comment; the subject is its issue, because comments are read through their issue."""
    snapshot = decode_snapshot(raw, CommentSnapshot)
    return replace(
        source.make_change("comment", Stream.COMMENTS, kind, raw),
        subject=str(snapshot.issue_id),
        state=str(snapshot.comment_id),
        project=snapshot.project_slug,
        tags=issue_tags(source.organization, str(snapshot.issue_id)),
    )
