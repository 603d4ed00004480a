"""Health table: coverage, features, error handling, documentation, tests and security, from counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from dexter_graphql.parity.coverage import CategoryStatus, Status
from dexter_graphql.parity.features import Feature
from dexter_graphql.parity.results import RunResults
from dexter_graphql.parity.routes import RouteStatus
from dexter_graphql.sentry.catalogue import CATALOGUE
from dexter_graphql.sentry.restriction import Narrowing

NOT_MEASURED = "not measured"
NO_RESULTS = "no results of a test run were given (--results)"


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One subject: how many of how many; `total` is None where it was not measured, and `note` says why."""

    subject: str
    meaning: str
    count: int = 0
    total: int | None = None
    note: str | None = None


def compute_health(
    coverage: Sequence[CategoryStatus],
    features: Sequence[Feature],
    routes: Sequence[RouteStatus],
    schema: GraphQLSchema,
    results: RunResults | None,
) -> list[HealthRow]:
    """The rows of the table."""
    statuses = [operation.status for category in coverage for operation in category.operations]
    return [
        HealthRow("coverage", "published operations that fields reach", _reached(statuses), len(statuses)),
        _feature_row(features),
        HealthRow("routes", "routes that follow the rules of all", sum(not r.problems for r in routes), len(routes)),
        HealthRow("error handling", "mutations with user errors in their payload", *_user_error_counts(schema)),
        HealthRow("documentation", "elements of the schema with a description", *_description_counts(schema)),
        *_result_rows(results),
        HealthRow("restrictions", "endpoints for callers of some projects", *_restriction_counts()),
    ]


def _restriction_counts() -> tuple[int, int]:
    narrowings = [endpoint.restriction.narrowing for endpoint in CATALOGUE.values()]
    return sum(narrowing is not Narrowing.ORGANIZATION for narrowing in narrowings), len(narrowings)


def _reached(statuses: Iterable[Status]) -> int:
    return sum(status is not Status.MISSING for status in statuses)


def _feature_row(features: Sequence[Feature]) -> HealthRow:
    measured = [feature for feature in features if feature.is_on is not None]
    if not measured:
        return HealthRow("features", "features of the client that worked in a run", note="no run was made")
    return HealthRow(
        "features", "features of the client that worked in a run", sum(f.is_on is True for f in measured), len(measured)
    )


def _result_rows(results: RunResults | None) -> list[HealthRow]:
    if results is None:
        return [HealthRow("tests", "tests that pass", note=NO_RESULTS), HealthRow("security", "", note=NO_RESULTS)]
    security = HealthRow("security", "tests of the threat model that pass", results.security_passed)
    total = results.security_tests or None
    return [
        HealthRow("tests", "tests that pass", results.passed, results.tests),
        HealthRow(
            security.subject,
            security.meaning,
            security.count,
            total,
            None if total else "the test run had no tests of security",
        ),
    ]


def _user_error_counts(schema: GraphQLSchema) -> tuple[int, int]:
    fields = schema.mutation_type.fields.values() if schema.mutation_type else ()
    payloads = [get_named_type(field.type) for field in fields]
    with_errors = [type_ for type_ in payloads if "userErrors" in getattr(type_, "fields", {})]
    return len(with_errors), len(payloads)


def _description_counts(schema: GraphQLSchema) -> tuple[int, int]:
    descriptions = list(_descriptions(schema))
    return sum(bool(description) for description in descriptions), len(descriptions)


def _descriptions(schema: GraphQLSchema) -> Iterator[str | None]:
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        yield type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from (value.description for value in type_.values.values())
        elif isinstance(type_, GraphQLInputObjectType):
            yield from (field.description for field in type_.fields.values())
        elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            for field in type_.fields.values():
                yield field.description
                yield from (argument.description for argument in field.args.values())
