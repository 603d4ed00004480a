"""The `organization` field of entities."""

from typing import Any

from dexter_graphql.graph.declarations.fields import computed
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.loaders.organizations import organization_reference


def organization_field() -> Any:
    """The `organization` field of an entity."""

    def function(row: Any) -> Any:
        return organization_reference(row.parents.organization)

    function.__doc__ = "Organization of the object. Selecting only its ID and slug costs no call."
    function.__annotations__["return"] = OrganizationType
    return computed()(function)
