"""Query parameters of Sentry's API as hashable values."""

from collections.abc import Iterable

QueryParameters = tuple[tuple[str, str], ...]


def repeated(name: str, values: Iterable[str]) -> QueryParameters:
    """One parameter per value, all with the same name."""
    return tuple((name, value) for value in values)
