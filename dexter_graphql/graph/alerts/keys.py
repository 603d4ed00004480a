"""Keys of alerts and monitors by global ID."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from dexter_graphql.errors import BadUserInput, UnknownReference, within
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.loaders.alerts import AlertKey
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.monitors import MonitorKey

ALERT_ID = re.compile(r"\d{1,20}|metric-\d{1,20}|rule-[\w-]{1,100}-\d{1,20}", re.ASCII)
MONITOR_ID = re.compile(r"(metric-)?\d{1,20}|cron-[\w-]{1,64}", re.ASCII)
FindKey = Callable[[str, LoadContext], Awaitable[Any]]
"""Finds the key with a global ID; None when its organization is not visible to the token."""
FOREIGN_ID = "Invalid ID: it was not created by this server"


async def alert_key(value: str, load_context: LoadContext) -> AlertKey | None:
    """The key of an alert by global ID; None when its organization is not visible to the token."""
    organization_id, number = key_from_id(value, "Alert", 2)
    _check(number, ALERT_ID)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else AlertKey(organization, number)


async def monitor_key(value: str, load_context: LoadContext) -> MonitorKey | None:
    """The key of a monitor by global ID; None when its organization is not visible to the token."""
    organization_id, number = key_from_id(value, "Monitor", 2)
    _check(number, MONITOR_ID)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else MonitorKey(organization, number)


async def existing_key(value: str, find_key: FindKey, load_context: LoadContext) -> Any:
    """The key with a global ID that stands at `id` of an input; raises UnknownReference when there is none."""
    with within("id"):
        key = await find_key(value, load_context)
        if key is None:
            raise UnknownReference("No object with this ID exists, or the token has no access to it")
    return key


def _check(number: str, pattern: re.Pattern[str]) -> None:
    if pattern.fullmatch(number) is None:
        raise BadUserInput(FOREIGN_ID)
