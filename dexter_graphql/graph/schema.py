"""The schema: assembled from the modules of entities, bound to their declarations, printed in a fixed order."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from dexter_graphql.engine.leaf_types import NATIVE_ENCODINGS, NativeEncoding
from dexter_graphql.graph.alerts.mutations import AlertMutations
from dexter_graphql.graph.alerts.rules import ALERT_RULE_TYPES
from dexter_graphql.graph.alerts.subscriptions import AlertSubscriptions
from dexter_graphql.graph.alerts.types import ALERT_TYPES
from dexter_graphql.graph.changes.subscriptions import ActivitySubscriptions
from dexter_graphql.graph.comments.mutations import CommentMutations
from dexter_graphql.graph.comments.subscriptions import CommentSubscriptions
from dexter_graphql.graph.common.scalars import SERIALIZERS, scalar_map
from dexter_graphql.graph.cost.operation_costs import OperationCosts
from dexter_graphql.graph.crons.mutations import CronMutations
from dexter_graphql.graph.declarations.binder import SchemaBinder
from dexter_graphql.graph.declarations.fields import record_typename
from dexter_graphql.graph.declarations.sdl import sorted_sdl
from dexter_graphql.graph.declarations.strawberry_internals import definition_of, enum_class, graphql_schema
from dexter_graphql.graph.directives import OPERATION_DIRECTIVES
from dexter_graphql.graph.environments.mutations import EnvironmentMutations
from dexter_graphql.graph.environments.types import ENVIRONMENT_TYPES
from dexter_graphql.graph.events.entries import ENTRY_TYPES
from dexter_graphql.graph.events.subscriptions import ErrorSubscriptions
from dexter_graphql.graph.explore.mutations import ServiceSpanMutations
from dexter_graphql.graph.issue_views.mutations import IssueViewMutations
from dexter_graphql.graph.issues.mutations import IssueMutations
from dexter_graphql.graph.issues.queries import IssueQueries
from dexter_graphql.graph.issues.subscriptions import IssueSubscriptions
from dexter_graphql.graph.issues.update_mutation import UpdateIssueMutation
from dexter_graphql.graph.monitors.mutations import MonitorMutations
from dexter_graphql.graph.organizations.queries import OrganizationQueries
from dexter_graphql.graph.rate_limit import RateLimitQueries
from dexter_graphql.graph.relay.node_lookup import NodeQueries
from dexter_graphql.graph.releases.file_mutations import ReleaseFileMutations
from dexter_graphql.graph.releases.mutations import ReleaseMutations
from dexter_graphql.graph.releases.subscriptions import ReleaseSubscriptions
from dexter_graphql.graph.releases.uploads import UploadMutations
from dexter_graphql.graph.saved_queries.mutations import SavedQueryMutations
from dexter_graphql.graph.seer.handoff import HandoffMutation
from dexter_graphql.graph.seer.mutations import SeerMutations
from dexter_graphql.graph.seer.queries import SeerQueries
from dexter_graphql.graph.seer.subscriptions import AutofixSubscriptions
from dexter_graphql.graph.tickets.mutations import TicketMutations
from dexter_graphql.graph.traces.items import ITEM_TYPES
from dexter_graphql.graph.viewer import ViewerQueries
from dexter_graphql.graph.web_url_lookup import ResourceQueries


@strawberry.type(description="Entry points for reading data.")
class Query(
    NodeQueries, IssueQueries, OrganizationQueries, RateLimitQueries, ResourceQueries, ViewerQueries, SeerQueries
):
    """All root fields."""


@strawberry.type(description="Write operations. Each takes one `input` and returns a payload.")
class Mutation(
    AlertMutations,
    CommentMutations,
    CronMutations,
    EnvironmentMutations,
    HandoffMutation,
    IssueMutations,
    IssueViewMutations,
    MonitorMutations,
    ReleaseFileMutations,
    ReleaseMutations,
    SavedQueryMutations,
    SeerMutations,
    ServiceSpanMutations,
    TicketMutations,
    UploadMutations,
    UpdateIssueMutation,
):
    """All root fields."""


@strawberry.type(description="Live changes. Each item has a position from which a stream can be resumed.")
class Subscription(
    ActivitySubscriptions,
    AlertSubscriptions,
    AutofixSubscriptions,
    CommentSubscriptions,
    ErrorSubscriptions,
    IssueSubscriptions,
    ReleaseSubscriptions,
):
    """All root fields."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The schema of Strawberry and of graphql-core, the types that are bound to it, and the costs of operations."""

    strawberry: strawberry.Schema
    schema: GraphQLSchema
    binder: SchemaBinder
    costs: OperationCosts

    def sdl(self) -> str:
        """The schema as SDL with applied directives, in alphabetical order."""
        return sorted_sdl(print_schema(self.strawberry))


@cache
def build_graph() -> Graph:
    """The graph, for reading only: all servers of a process share it. A wrong declaration raises DeclarationError."""
    built = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        directives=OPERATION_DIRECTIVES,
        types=[*ENTRY_TYPES, *ITEM_TYPES, *ALERT_TYPES, *ALERT_RULE_TYPES, *ENVIRONMENT_TYPES],
        config=StrawberryConfig(auto_camel_case=True, scalar_map=scalar_map()),
    )
    schema = graphql_schema(built)
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, (GraphQLInterfaceType, GraphQLUnionType)):
            graphql_type.resolve_type = _typename
        elif isinstance(graphql_type, GraphQLScalarType) and graphql_type.name in SERIALIZERS:
            graphql_type.extensions[NATIVE_ENCODINGS] = SERIALIZERS[graphql_type.name]
        elif isinstance(graphql_type, GraphQLEnumType) and (members := enum_class(graphql_type)):
            names = {member: graphql_type.coerce_output_value(member) for member in members}
            graphql_type.extensions[NATIVE_ENCODINGS] = NativeEncoding(table=names)
        elif isinstance(graphql_type, GraphQLInputObjectType):
            # Strawberry checks @oneOf when arguments are converted, which is after the first mutation was executed.
            graphql_type.is_one_of = definition_of(graphql_type).is_one_of
        elif isinstance(graphql_type, GraphQLObjectType):
            graphql_type.is_type_of = None  # sources are records and need no check
    return Graph(built, schema, SchemaBinder(built), OperationCosts(schema))


def _typename(row: Any, _info: Any, _type: GraphQLAbstractType) -> str | None:
    return record_typename(type(row))
