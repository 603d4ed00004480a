"""The envelope of streams: positions, gaps, and the members that the changes of all entities have."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.realtime.brokers.base import Gap
from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.enum(description="Kind of a change.")
class ChangeKind(Enum):
    """Kinds of changes."""

    CREATED = wire_value(Kind.CREATED, "The object was created.")
    RESOLVED = wire_value(Kind.RESOLVED, "The issue or the metric alert was resolved.")
    UNRESOLVED = wire_value(Kind.UNRESOLVED, "The issue was unresolved, by a user or because it regressed.")
    ASSIGNED = wire_value(Kind.ASSIGNED, "The issue was assigned, or its assignee was removed.")
    ARCHIVED = wire_value(Kind.ARCHIVED, "The issue was archived.")
    UPDATED = wire_value(Kind.UPDATED, "Another member of the object changed.")
    DELETED = wire_value(Kind.DELETED, "The object was deleted.")
    FIRED = wire_value(Kind.FIRED, "The alert fired.")
    FINALIZED = wire_value(Kind.FINALIZED, "The release was published: it has a time of publication, or a new one.")
    DEPLOYED = wire_value(Kind.DEPLOYED, "The release was deployed.")
    UNKNOWN = wire_value(Kind.UNKNOWN, "A kind this server does not know; see `action`.")


@strawberry.enum(description="Where a change was reported.")
class ChangeOrigin(Enum):
    """Origins of changes."""

    WEBHOOK = strawberry.enum_value(Origin.WEBHOOK, description="A webhook from Sentry.")
    MUTATION = strawberry.enum_value(Origin.MUTATION, description="A mutation of this server.")
    POLL = strawberry.enum_value(Origin.POLL, description="This server, which found the change by polling Sentry.")


@dataclass(frozen=True, slots=True)
class VisibleChange:
    """A change that the subscriber may see, and its organization."""

    change: Change
    organization: OrganizationRef


@dataclass(frozen=True, slots=True)
class StreamItem:
    """A change or a gap, and the signed position after it."""

    position: str
    change: VisibleChange | None
    gap: Gap | None


@value_type
class ChangeActor:
    """Author of a change: a user, an integration or Sentry itself."""

    @computed()
    def kind(actor: Actor) -> str:
        """`user`, `application` or a value this server does not know."""
        return actor.type

    @computed()
    def name(actor: Actor) -> str:
        """Display name of the author."""
        return actor.name


@value_type
class StreamGap:
    """Changes that are no longer kept. Query the current state and continue with the stream."""

    @computed()
    def missed(gap: Gap) -> BigInt | None:
        """Number of missed changes before filtering; null when unknown, because the server lost its changes."""
        return None if gap.missed is None else BigInt(gap.missed)


@strawberry.type
class ChangeFields:
    """Fields of the changes of all entities; the object that changed comes with the entity."""

    @computed()
    def kind(visible: VisibleChange) -> ChangeKind:
        """Kind of the change."""
        return ChangeKind(visible.change.kind)

    @computed()
    def action(visible: VisibleChange) -> str:
        """Sentry's name of the change, for example `issue.resolved`."""
        return visible.change.action

    @computed()
    def occurred_at(visible: VisibleChange) -> datetime:
        """When the change happened, in whole seconds."""
        return visible.change.occurred_at

    @computed()
    def received_at(visible: VisibleChange) -> datetime:
        """When this server received the change."""
        return visible.change.received_at

    @computed()
    def origin(visible: VisibleChange) -> ChangeOrigin:
        """Where the change was reported."""
        return ChangeOrigin(visible.change.origin)

    @computed()
    def actor(visible: VisibleChange) -> ChangeActor | None:
        """Author of the change; null when Sentry did not name one."""
        return visible.change.actor


@strawberry.type
class StreamItemFields:
    """Fields of the items of all streams; `change` comes with the entity."""

    @computed()
    def position(item: StreamItem) -> str:
        """Position after this item; pass it as `after` to resume from here."""
        return item.position

    @computed()
    def gap(item: StreamItem) -> StreamGap | None:
        """Set instead of `change` when changes were missed that are no longer kept; null otherwise."""
        return item.gap
