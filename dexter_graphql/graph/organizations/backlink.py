"""The `organization` field of entities."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.declarations.fields import computed
from dexter_graphql.loaders.organizations import organization_reference

if TYPE_CHECKING:
    from dexter_graphql.graph.organizations.types import Organization

OrganizationType = Annotated["Organization", strawberry.lazy("dexter_graphql.graph.organizations.types")]


def organization_field() -> Any:
    """The `organization` field of an entity."""

    def function(row: Any) -> Any:
        return organization_reference(row.parents.organization)

    function.__doc__ = "Organization of the object. Selecting only its ID and slug costs no call."
    function.__annotations__["return"] = OrganizationType
    return computed()(function)
