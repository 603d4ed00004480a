"""All declared Sentry endpoints, one module per entity."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType

from dexter_graphql.sentry.endpoint import Endpoint

MODULES: tuple[ModuleType, ...] = tuple(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))

CATALOGUE: Mapping[str, Endpoint] = MappingProxyType(
    {value.name: value for module in MODULES for value in vars(module).values() if isinstance(value, Endpoint)}
)
"""Endpoints by name, for example `issues.list`."""
