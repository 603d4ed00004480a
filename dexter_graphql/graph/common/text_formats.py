"""Formats in which Sentry writes objects out for language models."""

from enum import Enum
from typing import Annotated

import strawberry

from dexter_graphql.graph.common.enums import wire_value


@strawberry.enum(description="Format of a text.")
class TextFormat(Enum):
    """`llmFormat` on the wire."""

    MARKDOWN = wire_value("markdown", "Text in Markdown.")
    XML = wire_value("xml", "Text in XML.")


Format = Annotated[TextFormat, strawberry.argument(description="Format of the text.")]
