"""Routes of the fake Sentry, one module per entity with a `ROUTES` tuple."""

from importlib import import_module
from pkgutil import iter_modules

from dexter_graphql.sandbox.http import Route


def all_routes() -> list[Route]:
    """The routes of all modules in this package."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return [route for module in modules for route in module.ROUTES]
