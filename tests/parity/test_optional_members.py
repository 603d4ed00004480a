"""Every optional member of a mutation's input as null, and every list and text as empty."""

import pytest
import pytest_asyncio
from graphql import GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type, is_non_null_type
from parity.site import open_site, reset_world, user_errors
from parity.tables import MUTATION_CASES

from dexter_graphql.sandbox import Vintage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site():
    """A server over a sandbox that each of these tests changes."""
    async with open_site(Vintage.SAAS) as running:
        yield running


def variants(kind, value):
    """The value with one member, at any depth, null or empty: the path of the member, and the value."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        for path, changed in variants(kind.of_type, value[0]) if value else ():
            yield ("0", *path), [changed, *value[1:]]
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            for empty in () if kind.is_one_of else empty_values(field.type):
                yield (name,), value | {name: empty}
            if value.get(name) is not None:
                for path, changed in variants(field.type, value[name]):
                    yield (name, *path), value | {name: changed}


def empty_values(kind):
    """Null where the type allows it, and what is empty for lists and texts."""
    if not is_non_null_type(kind):
        yield None
    if is_list_type(get_nullable_type(kind)):
        yield []
    elif get_named_type(kind).name == "String":
        yield ""


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", MUTATION_CASES)
async def test_optional_members(name, site, graph):
    """What is null or empty is taken, or refused as a mistake of the client with the name of a member."""
    case = MUTATION_CASES[name]
    kind = graph.schema.mutation_type.fields[name].args["input"].type
    for path, value in variants(kind, case.variables["input"]):
        _, _, answer = await site.post(case.document, variables={**case.variables, "input": value})
        reset_world(site)

        assert "errors" not in answer, (path, answer["errors"])
        for error in user_errors(answer["data"]):
            assert error["code"] == "CONFLICT" or (error["code"], error["field"][0]) == ("BAD_USER_INPUT", path[0])
