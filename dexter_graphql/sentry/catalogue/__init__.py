"""Every operation of Sentry that this package can ask for, one module per noun."""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from dexter_graphql.sentry.catalogue import (
    alerts,
    environments,
    events,
    integrations,
    issues,
    members,
    monitors,
    organizations,
    projects,
    releases,
    repositories,
    stats,
    teams,
)
from dexter_graphql.sentry.endpoint import Endpoint

MODULES: tuple[ModuleType, ...] = (
    alerts,
    environments,
    events,
    integrations,
    issues,
    members,
    monitors,
    organizations,
    projects,
    releases,
    repositories,
    stats,
    teams,
)

CATALOGUE: Mapping[str, Endpoint] = MappingProxyType(
    {value.name: value for module in MODULES for value in vars(module).values() if isinstance(value, Endpoint)}
)
"""Name → endpoint, for example `issues.list`."""
