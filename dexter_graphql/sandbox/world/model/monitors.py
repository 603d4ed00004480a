"""Records of cron monitors and their check-ins."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class CheckIn:
    """A check-in of a cron monitor; `duration` is in milliseconds."""

    id: str
    environment: str
    status: str
    duration: int | None
    date_added: datetime
    expected_time: datetime


@dataclass(slots=True, eq=False)
class CronMonitor:
    """A cron monitor with its check-ins, newest first; `config` has its JSON shape (snake_case)."""

    id: str
    guid: str
    slug: str
    name: str
    project_id: str
    config: dict[str, object]
    date_created: datetime
    environments: dict[str, str] = field(default_factory=dict)
    check_ins: list[CheckIn] = field(default_factory=list)
    status: str = "active"
    is_muted: bool = False
    owner: str | None = None
