"""Record of a saved query."""

from dataclasses import dataclass, field
from datetime import datetime

from dexter_graphql.sandbox.world.model.members import User


@dataclass(slots=True, eq=False)
class SavedQuery:
    """A saved query of Discover. `settings` has the other members as Sentry writes them."""

    id: str
    name: str
    dataset: str
    projects: list[int]
    created_by: User | None
    date_created: datetime
    date_updated: datetime
    settings: dict[str, object] = field(default_factory=dict)
