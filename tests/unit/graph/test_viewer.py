"""`viewer`: who asks, and whose token it is."""

from dataclasses import replace

import pytest

from dexter_graphql.graph.identity import Caller, Reach
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.call import Upstream

ME = "/organizations/{organization}/members/{member}/"
VIEWER = "query ($slug: String) { viewer { subject isReadOnly user(organization: $slug) { email } } }"


def become(asker, name, **changes):
    """Let the asker ask with another token of the sandbox's."""
    token = getattr(asker.server.world.tokens, name)
    asker.identity = replace(asker.identity, upstream=Upstream(name, token.text), **changes)
    return token


@pytest.mark.parametrize("slug", [None, "acme", "globex"])
async def test_own_token_tells_its_user(asker, slug):
    """With their own token, the caller is the user behind it, seen as a member of the organization."""
    user = become(asker, "admin", caller=Caller("alice")).user

    told = await asker.ask(VIEWER, slug=slug)

    assert told.errors == []
    assert told["viewer"] == {"subject": "alice", "isReadOnly": False, "user": {"email": user.email}}
    [call] = [call for call in told.calls if call.route == ME]
    assert call.path.split("/")[4:7] == [slug or "acme", "members", "me"]


async def test_each_token_is_its_own_user(asker):
    """Two tokens in one server are two people, whatever the cache knows."""
    first = become(asker, "admin").user
    one = await asker.ask(VIEWER, slug="globex")

    second = become(asker, "globex").user
    other = await asker.ask(VIEWER, slug="globex")

    assert first is not second
    assert [told["viewer"]["user"]["email"] for told in (one, other)] == [first.email, second.email]


async def test_shared_token_is_nobodys(asker):
    """The owner of the server's token is not the caller; nobody asks who it is."""
    asker.identity = replace(asker.identity, reach=Reach("read", is_read_only=True), is_shared_token=True)

    told = await asker.ask(VIEWER)

    assert told.data == {"viewer": {"subject": "test", "isReadOnly": True, "user": None}}
    assert (told.errors, told.calls) == ([], [])


async def test_token_of_an_integration_is_no_persons(asker):
    """A token that belongs to no member has no user."""
    become(asker, "integration")

    told = await asker.ask(VIEWER, slug="acme")

    assert (told.errors, told["viewer"]["user"]) == ([], None)


@pytest.mark.parametrize("slug", ["nowhere", "acme"])
async def test_organization_out_of_sight_has_no_user(asker, slug):
    """Where the token sees no organization, its person is no member."""
    become(asker, "globex")

    told = await asker.ask(VIEWER, slug=slug)

    assert (told.errors, told["viewer"]["user"]) == ([], None)


async def test_subject_costs_no_call(asker):
    """Who asks is known without Sentry."""
    told = await asker.ask("{ viewer { subject isReadOnly } }")

    assert told.data == {"viewer": {"subject": "test", "isReadOnly": False}}
    assert told.calls == []


async def test_failed_user_is_null_with_an_error(asker):
    """When Sentry does not tell who it is, the rest of the viewer stands."""
    asker.server.faults.add(Fault(route=ME, status=403, body={"detail": "Not you."}, times=None))

    told = await asker.ask(VIEWER, slug="acme")

    assert told["viewer"] == {"subject": "test", "isReadOnly": False, "user": None}
    assert [(one["path"], one["extensions"]["code"]) for one in told.errors] == [(["viewer", "user"], "FORBIDDEN")]
