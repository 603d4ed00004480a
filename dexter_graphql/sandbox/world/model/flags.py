"""Record of a change of a feature flag."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class FlagChange:
    """A change that a flag provider reported. `action` is `created`, `updated` or `deleted`."""

    id: str
    flag: str
    action: str
    provider: str
    created_by: str | None
    created_at: datetime
    tags: dict[str, object] = field(default_factory=dict)
