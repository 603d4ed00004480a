"""Arguments that several lists of releases take."""

from typing import Annotated

import strawberry

ReleaseSearch = Annotated[str | None, strawberry.argument(description="Only versions that contain this text.")]
EnvironmentNames = Annotated[
    list[str] | None, strawberry.argument(description="Only these environments, by name; all when left out.")
]
