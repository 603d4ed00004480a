"""The link from everything in an organization back to it."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from dexter_graphql.graph.declarations.fields import computed
from dexter_graphql.loaders.organizations import reference

if TYPE_CHECKING:
    from dexter_graphql.graph.organizations.types import Organization

OrganizationType = Annotated["Organization", strawberry.lazy("dexter_graphql.graph.organizations.types")]


def organization_field() -> Any:
    """The `organization` field of a noun; its id and slug cost no call."""

    def function(row: Any) -> Any:
        return reference(row.parents.organization)

    function.__doc__ = "The organization. Its id and slug cost no call."
    function.__annotations__["return"] = OrganizationType
    return computed()(function)
