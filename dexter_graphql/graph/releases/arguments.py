"""Arguments of release lists."""

from typing import Annotated

import strawberry

ReleaseSearch = Annotated[str | None, strawberry.argument(description="Text that the version must contain.")]
EnvironmentNames = Annotated[
    list[str] | None, strawberry.argument(description="Names of environments. Default: all environments.")
]
