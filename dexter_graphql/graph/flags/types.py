"""Changes of feature flags."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import LIST, computed, entity, plain
from dexter_graphql.graph.events.types import TagPair
from dexter_graphql.graph.issues.tags import Tag
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.flags import FlagChangeKey, flag_changes_by_id


@strawberry.enum(description="What happened to a feature flag.")
class FlagAction(Enum):
    """`action` on the wire."""

    CREATED = wire_value("created", "The flag was created.")
    UPDATED = wire_value("updated", "The flag was changed.")
    DELETED = wire_value("deleted", "The flag was deleted.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="How a flag provider names the user who changed a feature flag.")
class FlagAuthorKind(Enum):
    """`createdByType` on the wire."""

    EMAIL = wire_value("email", "By email address.")
    ID = wire_value("id", "By an ID of the provider.")
    NAME = wire_value("name", "By name.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Sort order of changes of feature flags.")
class FlagChangeSort(Enum):
    """`sort` on the wire."""

    NEWEST = wire_value("-created_at", "Newest first.")
    OLDEST = wire_value("created_at", "Oldest first.")
    FLAG = wire_value("flag", "By the name of the flag.")
    PROVIDER = wire_value("provider", "By the name of the provider.")


@entity(key=FlagChangeKey, load=flag_changes_by_id, representations=(LIST,))
class FlagChange(Node):
    """Change of a feature flag, as its provider reported it to Sentry."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    flag: str = plain(description="Name of the flag.")
    flag_action: FlagAction | None = plain("action", description="What happened to the flag.")
    flag_action_raw: str | None = plain("action", description="Value of `flagAction`, as sent by Sentry.")
    created_at: datetime | None = plain("createdAt", description="Time of the change.")
    provider_key: str | None = plain("provider", description="Provider of the flag, for example `launchdarkly`.")
    changed_by: str | None = plain(
        "createdBy", description="Who changed the flag, in the form that `changedByKind` says; null when unknown."
    )
    changed_by_kind: FlagAuthorKind | None = plain(
        "createdByType", description="How `changedBy` names the user; null when it is unknown."
    )
    changed_by_kind_raw: str | None = plain("createdByType", description="Value of `changedByKind`, as sent by Sentry.")
    organization: OrganizationType = organization_field()

    @computed(tags=dict[str, Any] | None)
    def tags(row: Any) -> list[Tag] | None:
        """Details that the provider reported, as key and value."""
        return tag_pairs(row.tags or {})


def tag_pairs(values: Mapping[str, Any]) -> Any:
    """The tags in an object."""
    return [TagPair(key, None if value is None else str(value)) for key, value in values.items()]
