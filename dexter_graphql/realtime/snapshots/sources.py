"""What every report of a change has in common, and the lenient decoding of the objects in it. Reads raw JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import uuid4

import msgspec
from msgspec import Meta

from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin, Stream

Number = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[str, Meta(pattern=r"^[0-9]{1,20}\Z")]
"""Id of an object in Sentry's database, which sends some as numbers and some as text."""
Slug = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,100}\Z")]
ShortText = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=200)]
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """What a report says besides the object: organization, action, author and times."""

    organization: str
    action: str
    origin: Origin
    actor: Actor | None
    occurred_at: datetime
    received_at: datetime

    def make_change(self, entity: str, stream: Stream, kind: Kind, raw: bytes | None) -> Change:
        """A change with this JSON as its object, without the members that are read from the object."""
        return Change(
            id=uuid4().hex,
            organization=self.organization,
            stream=stream,
            entity=entity,
            kind=kind,
            action=self.action,
            origin=self.origin,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            actor=self.actor,
            object=raw,
        )


def decode_snapshot(raw: bytes | msgspec.Raw, snapshot: type[S]) -> S:
    """The snapshot in an object. An invalid member has its default; raises DecodeError when a required one is invalid.

    Sentry adds and changes members: one that is not as expected costs itself, not the change.
    """
    try:
        return msgspec.json.decode(raw, type=snapshot)
    except msgspec.ValidationError:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    fields = msgspec.structs.fields(snapshot)
    values = {field.name: _decode_member(members, field) for field in fields if field.encode_name in members}
    try:
        return snapshot(**values)
    except TypeError as error:
        raise msgspec.ValidationError(f"A required member of {snapshot.__name__} is missing") from error


def _decode_member(members: dict[str, msgspec.Raw], field: msgspec.structs.FieldInfo) -> object:
    try:
        return msgspec.json.decode(members[field.encode_name], type=field.type)
    except msgspec.ValidationError:
        if field.required:
            raise
        return field.default
