"""References to alerts and monitors in inputs, and the owner of an alert or a monitor."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import strawberry

from dexter_graphql.errors import BadUserInput, UnknownReference, UnsupportedValue, within
from dexter_graphql.graph.alerts.keys import FindKey, alert_key, monitor_key
from dexter_graphql.graph.issues.update_inputs import AssigneeInput
from dexter_graphql.graph.relay.references import (
    GLOBAL_ID,
    ONE_NAME,
    SENTRY_ID,
    SHOWN_CHARACTERS,
    EnvironmentReference,
    ProjectReference,
    bounded,
    given_name,
    member,
    reference_of,
)
from dexter_graphql.loaders.alert_lookup import alerts_by_number, monitors_by_number
from dexter_graphql.loaders.alerts import AlertKey, alerts_by_id
from dexter_graphql.loaders.base import LoadContext, Loader
from dexter_graphql.loaders.monitors import MonitorKey, monitors_by_id
from dexter_graphql.loaders.references import number_of, resolve_references
from dexter_graphql.sentry.parents import OrganizationRef


@strawberry.input(one_of=True, description=f"An alert. {ONE_NAME}")
class AlertReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


@strawberry.input(one_of=True, description=f"A monitor. {ONE_NAME}")
class MonitorReference:
    """Input."""

    id: strawberry.ID | None = member(GLOBAL_ID)
    sentry_id: strawberry.ID | None = member(SENTRY_ID)


async def alert_numbers(
    values: Sequence[AlertReference] | None, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> list[str]:
    """Sentry's IDs of workflows; raises BadUserInput for those that the organization does not have."""
    return await _numbers(values, _Referred(alert_key, AlertKey, alerts_by_id), organization, load_context, field)


async def monitor_numbers(
    values: Sequence[MonitorReference] | None, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> list[str]:
    """Sentry's IDs of detectors; raises BadUserInput for those that the organization does not have."""
    return await _numbers(values, _Referred(monitor_key, MonitorKey, monitors_by_id), organization, load_context, field)


async def find_alert(value: AlertReference, organization: OrganizationRef, load_context: LoadContext) -> Any:
    """An alert of the organization, None when it does not exist; the reference stands at `reference`."""
    return await _find(value, _Finder(alert_key, AlertKey, alerts_by_id, alerts_by_number), organization, load_context)


async def find_monitor(value: MonitorReference, organization: OrganizationRef, load_context: LoadContext) -> Any:
    """A monitor of the organization, None when it does not exist; the reference stands at `reference`."""
    lookup = _Finder(monitor_key, MonitorKey, monitors_by_id, monitors_by_number)
    return await _find(value, lookup, organization, load_context)


async def owner_text(
    value: AssigneeInput | None, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> str | None:
    """An owner as Sentry writes it, such as `user:1`; None for none."""
    if value is None or value.nobody:
        return None
    for given, word in ((value.user, "user"), (value.team, "team")):
        if given:
            number = await _actor_number(given, organization, load_context, (*field, word))
            return f"{word}:{number}"
    raise BadUserInput("The owner must be a user, a team or 'nobody: true'", field)


async def actor_number(value: Any, organization: OrganizationRef, load_context: LoadContext, *field: str) -> str:
    """Sentry's ID of a user or a team that a reference names."""
    return await _actor_number(value, organization, load_context, field)


async def environment_name(
    value: EnvironmentReference | None, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> str | None:
    """The name of an environment; None for all environments."""
    return None if value is None else await _name(value, organization, load_context, field)


async def project_slug(
    value: ProjectReference, organization: OrganizationRef, load_context: LoadContext, *field: str
) -> str:
    """The slug of a project."""
    return await _name(value, organization, load_context, field)


async def _name(
    value: EnvironmentReference | ProjectReference,
    organization: OrganizationRef,
    load_context: LoadContext,
    field: tuple[str, ...],
) -> str:
    reference = reference_of(value, *field)
    return (await resolve_references([reference], organization, load_context))[reference].name


async def _actor_number(
    value: Any, organization: OrganizationRef, load_context: LoadContext, field: tuple[str, ...]
) -> str:
    reference = reference_of(value, *field)
    return number_of(reference, (await resolve_references([reference], organization, load_context))[reference])


class _Referred(NamedTuple):
    """How global IDs of alerts or of monitors are read, and the loader that shows whether they exist."""

    find_key: FindKey
    key: Callable[[OrganizationRef, str], Any]
    by_id: Loader


class _Finder(NamedTuple):
    """How an object is found by its global ID, and by the number that Sentry has for it."""

    find_key: FindKey
    key: Callable[[OrganizationRef, str], Any]
    by_id: Loader
    by_number: Loader


async def _find(value: Any, lookup: _Finder, organization: OrganizationRef, load_context: LoadContext) -> Any:
    by, text = given_name(value, ("reference",))
    if by != "id":
        return await load_context.load(lookup.by_number, lookup.key(organization, text))
    with within("reference", by):
        key = await lookup.find_key(text, load_context)
    is_other = key is None or key.organization.id != organization.id
    return None if is_other else await load_context.load(lookup.by_id, key)


async def _numbers(
    values: Sequence[Any] | None,
    referred: _Referred,
    organization: OrganizationRef,
    load_context: LoadContext,
    field: tuple[str, ...],
) -> list[str]:
    given: dict[Any, tuple[str, tuple[str, ...]]] = {}
    for index, value in enumerate(bounded(values, *field)):
        by, text = given_name(value, (*field, str(index)))
        path = (*field, str(index), by)
        with within(*path):
            key = referred.key(organization, text) if by != "id" else await referred.find_key(text, load_context)
            _check_key(key, organization)
        given.setdefault(key, (text, path))
    rows = await load_context.load_each(referred.by_id, list(given))
    for key, (text, path) in given.items():
        if rows[key] is None:
            message = f"'{text[:SHOWN_CHARACTERS]}' does not exist or is not visible to the token"
            raise UnknownReference(message, path)
    return [str(key.id) for key in given]


def _check_key(key: Any, organization: OrganizationRef) -> None:
    if key is None or key.organization.id != organization.id:
        raise BadUserInput(f"It does not belong to organization '{organization.slug}'")
    if not key.id.isdecimal():
        raise UnsupportedValue("Monitors and alerts that are alert rules cannot be connected")
