"""Status of each published operation: missing, declared by a field, or proven by a test."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from graphql import GraphQLSchema

from dexter_graphql.graph.endpoint_usage import fields_by_endpoint
from dexter_graphql.parity.operations import OperationKey, PublishedOperation, operation_key
from dexter_graphql.sentry.catalogue import CATALOGUE


class Status(StrEnum):
    """How far an operation is reached."""

    PROVEN = "proven"
    """A test has executed a document, and the request arrived with its arguments and was answered."""
    DECLARED = "declared"
    """Fields or mutations of the schema declare that they call it."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """An operation, its status, and the coordinates of the fields that may call it."""

    operation: PublishedOperation
    status: Status
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryStatus:
    """The operations of one category."""

    name: str
    operations: tuple[OperationStatus, ...]

    def count(self, status: Status) -> int:
        """The number of operations with this status."""
        return sum(operation.status is status for operation in self.operations)


def compute_coverage(
    operations: Iterable[PublishedOperation], schema: GraphQLSchema, proven: Collection[str]
) -> list[CategoryStatus]:
    """The status of operations that are sorted by category; `proven` holds operation IDs."""
    fields = _fields_by_operation(schema)
    return [
        CategoryStatus(name, tuple(_status(operation, fields, proven) for operation in group))
        for name, group in groupby(operations, key=lambda operation: operation.category)
    ]


def _status(
    operation: PublishedOperation, fields: dict[OperationKey, tuple[str, ...]], proven: Collection[str]
) -> OperationStatus:
    own_fields = fields.get(operation.key, ())
    if not own_fields:
        return OperationStatus(operation, Status.MISSING)
    status = Status.PROVEN if operation.operation_id in proven else Status.DECLARED
    return OperationStatus(operation, status, own_fields)


def _fields_by_operation(schema: GraphQLSchema) -> dict[OperationKey, tuple[str, ...]]:
    usage = fields_by_endpoint(schema)
    fields: dict[OperationKey, tuple[str, ...]] = {}
    for endpoint in CATALOGUE.values():
        key = operation_key(endpoint.method, endpoint.path)
        fields[key] = fields.get(key, ()) + usage.get(endpoint.title, ())
    return fields
