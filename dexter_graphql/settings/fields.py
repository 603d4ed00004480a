"""Declaration of settings: one field with its variable, default and description, and fields that are lists."""

import re
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_settings import NoDecode

PROJECT = re.compile(r"[a-z0-9_-]{1,100}/[a-z0-9_-]{1,100}")
"""A project, as `organization/project`."""


def setting(name: str, default: Any, description: str, **bounds: Any) -> Any:
    """Return a field that is read from the variable `name`."""
    return Field(default, validation_alias=AliasChoices(name), description=description, **bounds)


def split_words(value: object) -> object:
    """Return the words of a text, which are separated by commas; other values unchanged."""
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_words)]
"""A list in one variable, separated by commas."""
