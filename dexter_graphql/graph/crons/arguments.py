"""Arguments of fields with cron monitors."""

from typing import Annotated

import strawberry

from dexter_graphql.graph.relay.references import ONE_NAME, TeamReference, UserReference, bounded, member, reference_of
from dexter_graphql.loaders.references import Reference
from dexter_graphql.loaders.search import UnresolvedQuery

CronSlug = Annotated[str, strawberry.argument(description="Slug that the job uses for its check-ins.")]


@strawberry.input(one_of=True, description=f"An owner of monitors. {ONE_NAME}")
class OwnerFilter:
    """Input."""

    user: UserReference | None = member("A user.")
    team: TeamReference | None = member("A team.")


Owners = Annotated[
    list[OwnerFilter] | None, strawberry.argument(description="Owners of the monitors. Default: all owners.")
]


def owner_parameters(owners: list[OwnerFilter] | None) -> UnresolvedQuery:
    """The query parameters of owners; raises BadUserInput for more than a URL should hold."""
    return tuple(_owner_parameter(owner, str(index)) for index, owner in enumerate(bounded(owners, "owners")))


def _owner_parameter(owner: OwnerFilter, index: str) -> tuple[str, Reference]:
    word, value = next((word, value) for word, value in vars(owner).items() if value)
    return "owner", reference_of(value, "owners", index, word)
