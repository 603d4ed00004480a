"""Generated changes of feature flags."""

from datetime import datetime, timedelta
from typing import Final

from dexter_graphql.sandbox.world.model import FlagChange, Organization

_FLAGS: Final = ("new-checkout", "fast-search", "dark-mode")
_ACTIONS: Final = ("updated", "updated", "created")


def make_flag_changes(organization: Organization, first_id: int, now: datetime) -> None:
    """Add three changes of each flag, one per day, newest first."""
    users = list(organization.users())
    for number in range(len(_FLAGS) * len(_ACTIONS)):
        organization.flag_changes.append(
            FlagChange(
                str(first_id - number),
                _FLAGS[number % len(_FLAGS)],
                _ACTIONS[number // len(_FLAGS)],
                ("launchdarkly", "statsig", "unleash")[number % len(_FLAGS)],
                None if number == 0 else users[number % len(users)].email,
                now - timedelta(days=number, hours=2),
                {"environment": "production", "commit": f"{number:07x}"},
            )
        )
