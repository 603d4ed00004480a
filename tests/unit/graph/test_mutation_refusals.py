"""Paths of user errors, the same for all mutations of single objects."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox.faults import Fault
from dexter_graphql.sentry.catalogue import environments
from dexter_graphql.sentry.endpoint import Endpoint
from support.graph import open_graph_client
from support.sandbox import StillClock, running_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOT_FOUND = "The requested resource does not exist"
WEB = {"project": {"slug": "web"}, "organization": {"slug": "acme"}}


@dataclass(frozen=True)
class Case:
    """A mutation, an input that is valid, the write that it makes, and where its refusals belong."""

    name: str
    input: dict[str, Any]
    endpoint: Endpoint
    member: str
    """Member of the body that Sentry refuses."""
    field: list[str] | None
    """Path of the input that it is made from."""
    absent: list[str]
    """Path of the input that names the object which Sentry does not find."""
    absence: str
    """Message of the user error for that object."""


CASES = [
    Case(
        "setEnvironmentVisibility",
        {**WEB, "environments": [{"name": "canary"}], "isHidden": True},
        environments.UPDATE,
        "isHidden",
        ["isHidden"],
        ["environments", "0"],
        "The project has no environment 'canary'",
    ),
    Case(
        "setEnvironmentVisibility",
        {**WEB, "environments": [{"name": "canary"}, {"name": "staging"}], "isHidden": True},
        environments.BULK_UPDATE,
        "environmentNames",
        ["environments"],
        ["project", "slug"],
        "The project 'web' does not exist or is not visible to the token",
    ),
]
IDS = [f"{case.name} {case.endpoint.method}" for case in CASES]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(graph):
    """A client over a sandbox in which nothing is changed."""
    async with running_sandbox(StillClock()) as server, open_graph_client(graph, server) as asker:
        yield asker


async def attempt(asker, case):
    """The outcome of the mutation."""
    kind = f"{case.name[0].upper()}{case.name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {case.name}(input: $input) {{ userErrors {{ field code message }} }} }}"
    return await asker.ask(document, input=case.input)


@pytest.mark.parametrize("case", CASES, ids=IDS)
async def test_refusals_are_data(asker, case):
    """A bad value, an absent object and a conflict are user errors at the part of the input that they are about."""
    answers = []
    for status, body in (
        (400, {case.member: ["Not this one."]}),
        (404, {"detail": NOT_FOUND}),
        (409, {"detail": "Something of that name exists."}),
    ):
        asker.server.faults.add(Fault(status=status, body=body), method=case.endpoint.method, times=1)
        answers.append(await attempt(asker, case))

    assert [answer.errors for answer in answers] == [[]] * 3
    errors = [[tuple(error.values()) for error in answer[case.name]["userErrors"]] for answer in answers]
    assert errors == [
        [(case.field, "BAD_USER_INPUT", "Not this one.")],
        [(case.absent, "NOT_FOUND", case.absence)],
        [(None, "CONFLICT", "Something of that name exists.")],
    ]
    assert [(call.method, call.route) for call in answers[-1].calls][-1] == (
        case.endpoint.method,
        case.endpoint.path,
    )


@pytest.mark.parametrize("case", CASES, ids=IDS)
async def test_unknown_organization_is_refused_before_any_write(asker, case):
    """The global ID of an object in an organization that the token does not see is a user error."""
    foreign = {
        name: {"id": encode_id(name.capitalize(), "999", "1")} for name in ("project", "issue") if name in case.input
    }
    values = {name: value for name, value in case.input.items() if name != "organization"}

    answer = await attempt(asker, replace(case, input=values | foreign))

    [error] = answer[case.name]["userErrors"]
    assert (error["code"], answer.errors) == ("NOT_FOUND", [])
    assert [call for call in answer.calls if call.method != "GET"] == []
