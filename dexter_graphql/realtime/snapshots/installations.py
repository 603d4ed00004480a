"""Changes of the installations of integrations."""

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from dexter_graphql.realtime.changes import Change, Kind, Stream
from dexter_graphql.realtime.snapshots.sources import ChangeSource, ShortText, decode_snapshot

Uuid = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f-]{1,64}\Z")]
GRANT_CODE = "code"
"""Member that can be exchanged for a token of the installation; changes never keep it."""


class InstallationSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The members of an installation that a change is made from."""

    uuid: Uuid
    status: ShortText | None = None


class InstallationDataSnapshot(msgspec.Struct, frozen=True, gc=False):
    """`data` of a webhook of an installation."""

    installation: msgspec.Raw


def installation_change(kind: Kind, raw: bytes, source: ChangeSource) -> Change:
    """An integration that was installed or removed; the subject is the installation."""
    installation = decode_snapshot(raw, InstallationDataSnapshot).installation
    snapshot = decode_snapshot(installation, InstallationSnapshot)
    return replace(
        source.make_change("installation", Stream.OTHER, kind, raw),
        subject=snapshot.uuid,
        state=snapshot.status or "",
        tags=(f"integrations/{source.organization}", f"installation/{snapshot.uuid}"),
    )


def without_grant_code(data: bytes) -> bytes:
    """The `data` of a webhook of an installation without its grant code."""
    members = _members_without_code(data)
    if members is None:
        return data
    installation = _members_without_code(members.get("installation", b""))
    if installation is not None:
        members["installation"] = msgspec.Raw(msgspec.json.encode(installation))
    return msgspec.json.encode(members)


def _members_without_code(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of an object but for the code; None for what is no object."""
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return None
    return {name: value for name, value in members.items() if name != GRANT_CODE}
