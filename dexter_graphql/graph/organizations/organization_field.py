"""The `organization` field of entities, and the parents of the lists in an organization."""

from typing import Any

from dexter_graphql.graph.declarations.fields import computed
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.loaders.organizations import organization_reference
from dexter_graphql.sentry.parents import Parents


def organization_field() -> Any:
    """The `organization` field of an entity."""

    def function(row: Any) -> Any:
        return organization_reference(row.parents.organization)

    function.__doc__ = "Organization of the object. Selecting only its ID and slug costs no call."
    function.__annotations__["return"] = OrganizationType
    return computed()(function)


def organization_parents(row: Any) -> Parents:
    """Parents of the objects in an organization."""
    return Parents(row.parents.organization)
