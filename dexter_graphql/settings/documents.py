"""Settings of documents: their limits, which of them are executed, and what answers tell about the schema.

The defaults of some depend on the modes: where callers are many and far away, they are stricter.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import AliasChoices, Field

from dexter_graphql.settings.fields import setting
from dexter_graphql.settings.identity import IdentitySettings, Mode

T = TypeVar("T")
COMPANY_MODES = frozenset({Mode.KEYS, Mode.JWT})
"""Modes in which callers have no credential of Sentry. If one of them is on, the stricter defaults apply."""


def by_mode(default: T, company_default: T) -> Callable[[dict[str, Any]], T]:
    """Return the function that chooses the default by the modes."""

    def choose(values: dict[str, Any]) -> T:
        return default if COMPANY_MODES.isdisjoint(values.get("mode", ())) else company_default

    return choose


def setting_by_mode(name: str, defaults: tuple[Any, Any], description: str, **bounds: Any) -> Any:
    """Return a field that is read from the variable `name`; `defaults` are those of most modes and of company modes."""
    alias = AliasChoices(name)
    return Field(default_factory=by_mode(*defaults), validation_alias=alias, description=description, **bounds)


class DocumentSettings(IdentitySettings):
    """The part of the settings that concerns documents."""

    max_tokens: int = setting_by_mode("DEXTER_MAX_TOKENS", (5000, 2500), "Tokens in a document.", ge=10)
    max_depth: int = setting("DEXTER_MAX_DEPTH", 15, "Nesting of fields in a document.", ge=1, le=100)
    max_aliases: int = setting_by_mode("DEXTER_MAX_ALIASES", (50, 30), "Aliases in a document.", ge=0)
    max_root_fields: int = setting_by_mode(
        "DEXTER_MAX_ROOT_FIELDS", (20, 10), "Fields at the root of an operation.", ge=1
    )
    max_fields: int = setting_by_mode(
        "DEXTER_MAX_FIELDS", (2000, 1000), "Fields of an operation, with fragments expanded.", ge=1
    )
    has_introspection: bool = setting_by_mode(
        "DEXTER_INTROSPECTION", (True, False), "Answer introspection queries (`__schema`, `__type`)."
    )
    has_suggestions: bool = setting_by_mode(
        "DEXTER_SUGGESTIONS", (True, False), "Suggest names of the schema in errors of invalid documents."
    )
    persisted_queries: int = setting(
        "DEXTER_PERSISTED_QUERIES", 1000, "Documents that clients may register by hash; 0 for none.", ge=0, le=100_000
    )
    persisted_mib: int = setting("DEXTER_PERSISTED_MIB", 16, "Memory for registered documents, in MiB.", ge=1, le=65536)
    documents: str | None = setting(
        "DEXTER_DOCUMENTS", None, "Trusted documents: a folder of `.graphql` files, or a manifest."
    )
    documents_only: bool = setting(
        "DEXTER_DOCUMENTS_ONLY", default=False, description="Execute trusted documents only."
    )
    max_batch: int = setting(
        "DEXTER_MAX_BATCH", 0, "Operations in one request, as a JSON array; 0 refuses arrays.", ge=0, le=100
    )
