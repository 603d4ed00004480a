"""Arguments of the forms of tickets."""

from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.integrations.references import IntegrationReference, integration_reference
from dexter_graphql.graph.relay.references import ProjectReference, reference_of
from dexter_graphql.graph.tickets.types import ExternalIssueAction
from dexter_graphql.loaders.tickets import ChoiceOptions, FormOptions

Tracker = Annotated[IntegrationReference, strawberry.argument(description="Integration with the tracker.")]
Action = Annotated[ExternalIssueAction, strawberry.argument(description="What the form is for.")]
OptionsUri = Annotated[str, strawberry.argument(description="`FormField.optionsUri` of the field.")]
OptionsProject = Annotated[ProjectReference | None, strawberry.argument(description="Project of the issue.")]
LabelContains = Annotated[str | None, strawberry.argument(description="Text that the choices should contain.")]
DependentData = Annotated[
    JSON | None, strawberry.argument(description="Values of the fields that this one depends on, by name.")
]


def form_options(integration: IntegrationReference, action: ExternalIssueAction) -> FormOptions:
    """Options of the form of an integration."""
    return FormOptions(*integration_reference(integration, "integration"), action.value)


def choice_options(
    uri: str, project: ProjectReference | None, label_contains: str | None, dependent_data: Any
) -> ChoiceOptions:
    """Options of the choices of a field."""
    data = None if dependent_data is None else msgspec.json.encode(dependent_data).decode()
    return ChoiceOptions(uri, None if project is None else reference_of(project, "project"), label_contains, data)
