"""Query fields for Seer."""

from typing import Any

import strawberry

from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.seer import seer_models
from dexter_graphql.sentry.catalogue import seer as catalogue


@strawberry.type
class SeerQueries:
    """Root fields."""

    @call(uses=(catalogue.MODELS,))
    async def seer_models(_root: Any, load_context: LoadContext) -> list[str] | None:
        """Names of the models that Seer uses."""
        return await seer_models(load_context)
