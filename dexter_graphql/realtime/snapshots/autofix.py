"""Changes of autofix runs."""

import msgspec
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, Number, decode_snapshot


class AutofixSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`data` of a webhook of Seer, without the results of the step."""

    group_id: Number
    run_id: Number | None = None


def autofix_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """A step of an autofix run; the subject is the issue, the state the run and the step."""
    snapshot = decode_snapshot(raw, AutofixSnapshot)
    run = "" if snapshot.run_id is None else str(snapshot.run_id)
    return replace(
        source.make_change("seer", Stream.AUTOFIX, kind, raw),
        subject=str(snapshot.group_id),
        state=f"{run}/{source.action.partition('.')[2]}",
        tags=(f"issue/{snapshot.group_id}",),
    )
