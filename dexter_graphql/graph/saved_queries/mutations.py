"""Mutations of saved queries."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.optional_members import is_given, null_mistake, optional
from dexter_graphql.graph.common.user_errors import MutationError, UserError, mistakes_as_data
from dexter_graphql.graph.declarations.fields import batch, call, computed, value_type
from dexter_graphql.graph.relay.global_ids import key_from_id
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.graph.saved_queries.types import SavedQuery, SavedQueryDataset
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.saved_queries import (
    SavedQueryKey,
    create_saved_query,
    delete_saved_query,
    saved_queries_by_id,
    update_saved_query,
)
from dexter_graphql.sentry.catalogue import saved_queries as catalogue
from dexter_graphql.sentry.errors import NotFound

WIRES = MappingProxyType(
    {
        "name": "name",
        "dataset": "queryDataset",
        "fields": "fields",
        "search": "query",
        "sort": "orderby",
        "y_axes": "yAxis",
        "display": "display",
        "period": "range",
    }
)
"""Attribute of an input → member of the body."""
FIELD_PATHS = MappingProxyType({wire: ("yAxes",) if name == "y_axes" else (name,) for name, wire in WIRES.items()})


@dataclass(frozen=True, slots=True)
class SavedQueryResult:
    """Result of a mutation."""

    key: SavedQueryKey | None = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


@strawberry.input(description="Input of `createSavedQuery`.")
class CreateSavedQueryInput:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the query.")
    name: str = strawberry.field(description="Name of the query, at most 255 characters.")
    dataset: SavedQueryDataset | None = optional("Kind of the events. Default: error events.")
    fields: list[str] | None = optional("Columns: fields, functions and equations.")
    search: str | None = optional("Filter in Sentry's search syntax.")
    sort: str | None = optional("Column to sort by; `-` before it for descending.")
    y_axes: list[str] | None = optional("Functions of the query's chart.")
    display: str | None = optional("Form of the query's chart, as named by Sentry.")
    period: str | None = optional("Length of the time range, for example `24h`.")


@strawberry.input(description="Input of `updateSavedQuery`. What is not given stays as it is.")
class UpdateSavedQueryInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the saved query.")
    name: str | None = optional("New name of the query.")
    dataset: SavedQueryDataset | None = optional("Kind of the events.")
    fields: list[str] | None = optional("Columns: fields, functions and equations.")
    search: str | None = optional("Filter in Sentry's search syntax.")
    sort: str | None = optional("Column to sort by; `-` before it for descending.")
    y_axes: list[str] | None = optional("Functions of the query's chart.")
    display: str | None = optional("Form of the query's chart, as named by Sentry.")
    period: str | None = optional("Length of the time range, for example `24h`.")


@strawberry.input(description="Input of `deleteSavedQuery`.")
class DeleteSavedQueryInput:
    """Input."""

    id: strawberry.ID = strawberry.field(description="Global ID of the saved query.")


@value_type
class CreateSavedQueryPayload:
    """Result of `createSavedQuery`."""

    saved_query: SavedQuery | None = batch(
        saved_queries_by_id, key=lambda result: result.key, reads={}, description="The created query."
    )

    @computed()
    def user_errors(result: SavedQueryResult) -> list[UserError]:
        """Reasons why nothing was created; empty on success."""
        return result.refusals


@value_type
class UpdateSavedQueryPayload:
    """Result of `updateSavedQuery`."""

    saved_query: SavedQuery | None = batch(
        saved_queries_by_id, key=lambda result: result.key, reads={}, description="The changed query."
    )

    @computed()
    def user_errors(result: SavedQueryResult) -> list[UserError]:
        """Reasons why nothing was changed; empty on success."""
        return result.refusals


@value_type
class DeleteSavedQueryPayload:
    """Result of `deleteSavedQuery`."""

    @computed()
    def deleted_id(result: SavedQueryResult) -> strawberry.ID | None:
        """Global ID of the deleted query; null when the deletion was refused."""
        return None if result.deleted_id is None else strawberry.ID(result.deleted_id)

    @computed()
    def user_errors(result: SavedQueryResult) -> list[UserError]:
        """Reasons why the query was not deleted; empty on success."""
        return result.refusals


created_as_data = mistakes_as_data(
    lambda _input, mistakes: SavedQueryResult(refusals=mistakes), FIELD_PATHS, absent=("organization",)
)
refusals_as_data = mistakes_as_data(
    lambda _input, mistakes: SavedQueryResult(refusals=mistakes), FIELD_PATHS, absent=("id",)
)


@strawberry.type
class SavedQueryMutations:
    """Root fields."""

    @call(uses=(catalogue.CREATE,))
    @created_as_data
    async def create_saved_query(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[CreateSavedQueryInput, strawberry.argument(description="Query to save.")],
    ) -> CreateSavedQueryPayload | None:
        """Save a query of Discover."""
        organization = await find_organization(input.organization, load_context, "organization")
        return SavedQueryResult(await create_saved_query(organization, _body(input), load_context))

    @call(uses=(catalogue.CURRENT, catalogue.UPDATE))
    @refusals_as_data
    async def update_saved_query(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[UpdateSavedQueryInput, strawberry.argument(description="Query and its new values.")],
    ) -> UpdateSavedQueryPayload | None:
        """Change a saved query; members that are not given keep their values."""
        key = await _find(input.id, load_context)
        await update_saved_query(key, _body(input), load_context)
        return SavedQueryResult(key)

    @call(uses=(catalogue.DELETE,))
    @refusals_as_data
    async def delete_saved_query(
        _root: Any,
        load_context: LoadContext,
        *,
        input: Annotated[DeleteSavedQueryInput, strawberry.argument(description="Query to delete.")],
    ) -> DeleteSavedQueryPayload | None:
        """Delete a saved query."""
        key = await _find(input.id, load_context)
        await delete_saved_query(key, load_context)
        return SavedQueryResult(deleted_id=input.id)


async def _find(value: str, load_context: LoadContext) -> SavedQueryKey:
    organization_id, number = key_from_id(value, "SavedQuery", 2)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    if organization is None:
        raise NotFound("The organization does not exist or is not visible to the token", status=None)
    return SavedQueryKey(organization, number)


def _body(input: Any) -> dict[str, Any]:
    """The given members as Sentry calls them; raises BadUserInput for values that Sentry does not take."""
    given = {name: getattr(input, name) for name in WIRES}
    given = {name: value for name, value in given.items() if is_given(value)}
    for name in ("name", "dataset"):
        if name in given and given[name] is None:
            raise null_mistake(name)
    if "dataset" in given:
        if given["dataset"] in {SavedQueryDataset.DISCOVER, SavedQueryDataset.UNKNOWN}:
            raise BadUserInput("'dataset' must be ERROR_EVENTS or TRANSACTION_LIKE", ("dataset",))
        given["dataset"] = given["dataset"].value
    lists = ("fields", "y_axes")
    return {WIRES[name]: [] if value is None and name in lists else value for name, value in given.items()}
