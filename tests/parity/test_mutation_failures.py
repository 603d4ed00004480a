"""Every mutation, when Sentry refuses its write; the inputs are those of the cases."""

from http import HTTPStatus

import pytest
import pytest_asyncio
from parity.site import execute, open_site, user_errors
from parity.tables import MUTATION_CASES, mutation_of

from dexter_graphql.sandbox import Fault, Vintage

WRITES = ("POST", "PUT", "DELETE")
REFUSALS = {403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 400: "BAD_USER_INPUT"}
"""Codes of errors or user errors by the status of Sentry's refusal."""

IN_EITHER_FORM = {"createAlert", "createMonitor"}
"""What Sentry creates by one of two endpoints, depending on its release: a server without both lacks the feature."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing():
    """A server over a sandbox that refuses writes in these tests."""
    async with open_site(Vintage.SAAS) as site:
        yield site


def test_every_mutation_has_a_case(graph):
    """A mutation without a case would not be tested here."""
    assert set(graph.schema.mutation_type.fields) == set(MUTATION_CASES)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", MUTATION_CASES.values(), ids=MUTATION_CASES)
async def test_refused_write(case, refusing):
    """The answer has the code of the refusal, as an error with the scopes that would allow it, or as user error."""
    for status, code in REFUSALS.items():
        errors = await refused(refusing, case, status)

        is_missing_form = status == HTTPStatus.NOT_FOUND and mutation_of(case) in IN_EITHER_FORM
        expected = "FEATURE_NOT_AVAILABLE" if is_missing_form else code
        assert {error["code"] for error in errors} == {expected}, (status, errors)
        assert all(error.get("requiredScopes", "any") for error in errors)


async def refused(site, case, status):
    """The extensions of errors, and the user errors, of a mutation that Sentry refuses with this status."""
    site.upstream.faults.clear()
    for method in WRITES:
        site.upstream.faults.add(Fault(method=method, status=status, body={"detail": "Refused."}, times=None))
    answer = await execute(site, case)
    return [error["extensions"] for error in answer.get("errors", ())] + list(user_errors(answer.get("data")))
