"""Objects that Sentry writes out as text for language models."""

from typing import Any

from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.projection import PART, Field, Projection

TEXT = Projection(
    "Text",
    "detail",
    (Field("formatted", "formatted", Projection("Text", PART, (Field("content", "content", str),))),),
)
"""An object that is written out."""


def text_of(record: Any) -> Any:
    """The text in a record of TEXT; None when there is none."""
    if record is None or isinstance(record, InvalidValue):
        return record
    formatted = record.formatted
    return formatted if formatted is None or isinstance(formatted, InvalidValue) else formatted.content
