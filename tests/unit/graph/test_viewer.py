"""`viewer`: who asks, and whose token it is."""

from dataclasses import replace

import pytest

from dexter_graphql.graph.identity import Caller, Reach
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel

ME = "/organizations/{organization}/members/{member}/"
VIEWER = "query ($in: OrganizationReference) { viewer { subject isReadOnly user(organization: $in) { email } } }"


def become(asker, name, **changes):
    """Let the asker ask with another token of the sandbox's."""
    token = getattr(asker.server.world.tokens, name)
    asker.identity = replace(asker.identity, upstream=Upstream(name, token.text), **changes)
    return token


@pytest.mark.parametrize("slug", [None, "acme", "globex"])
async def test_own_token_identifies_its_user(asker, slug):
    """With their own token, the caller is the user behind it, seen as a member of the organization."""
    user = become(asker, "admin", caller=Caller("alice")).user

    answer = await asker.ask(VIEWER, **{"in": slug and {"slug": slug}})

    assert answer.errors == []
    assert answer["viewer"] == {"subject": "alice", "isReadOnly": False, "user": {"email": user.email}}
    [call] = [call for call in answer.calls if call.route == ME]
    assert call.path.split("/")[4:7] == [slug or "acme", "members", "me"]


async def test_each_token_is_its_own_user(asker):
    """Two tokens in one server are two users, regardless of the cache."""
    first = become(asker, "admin").user
    alice = await asker.ask(VIEWER, **{"in": {"slug": "globex"}})

    second = become(asker, "globex").user
    bob = await asker.ask(VIEWER, **{"in": {"slug": "globex"}})

    assert first is not second
    assert [answer["viewer"]["user"]["email"] for answer in (alice, bob)] == [
        first.email,
        second.email,
    ]


async def test_shared_token_has_no_user(asker):
    """The owner of the server's token is not the caller and is not looked up."""
    asker.identity = replace(asker.identity, reach=Reach.of(AccessLevel.READ), is_shared_token=True)

    answer = await asker.ask(VIEWER)

    assert answer.data == {"viewer": {"subject": "test", "isReadOnly": True, "user": None}}
    assert (answer.errors, answer.calls) == ([], [])


async def test_token_of_an_integration_is_no_persons(asker):
    """A token that belongs to no member has no user."""
    become(asker, "integration")

    answer = await asker.ask(VIEWER, **{"in": {"slug": "acme"}})

    assert (answer.errors, answer["viewer"]["user"]) == ([], None)


@pytest.mark.parametrize("slug", ["nowhere", "acme"])
async def test_organization_out_of_sight_is_named(asker, slug):
    """An organization that the token does not see is a mistake of the caller, like one that does not exist."""
    become(asker, "globex")

    answer = await asker.ask(VIEWER, **{"in": {"slug": slug}})

    [error] = answer.errors
    assert (error["path"], error["extensions"]["code"]) == (["viewer", "user"], "BAD_USER_INPUT")
    assert f"'{slug}'" in error["message"]


async def test_subject_costs_no_call(asker):
    """Who asks is known without Sentry."""
    answer = await asker.ask("{ viewer { subject isReadOnly } }")

    assert answer.data == {"viewer": {"subject": "test", "isReadOnly": False}}
    assert answer.calls == []


async def test_failed_user_is_null_with_an_error(asker):
    """When Sentry refuses the lookup, the rest of the viewer is complete."""
    asker.server.faults.add(Fault(route=ME, status=403, body={"detail": "Not you."}, times=None))

    answer = await asker.ask(VIEWER, **{"in": {"slug": "acme"}})

    assert answer["viewer"] == {"subject": "test", "isReadOnly": False, "user": None}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["viewer", "user"], "FORBIDDEN")
    ]
