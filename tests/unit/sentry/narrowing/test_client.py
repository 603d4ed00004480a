"""Restrictions in the client: every way to call Sentry passes them."""

from dataclasses import replace

import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.catalogue import events, issues
from dexter_graphql.sentry.errors import InvalidParameter, NotFound, OutOfReach
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.restriction import AccessLevel


@pytest.fixture
async def acme(asker):
    """The organization as the parent of calls."""
    return Parents(await asker.services.organizations.find(context(asker), "acme"))


def context(asker, **members):
    """The context of calls with the token of the sandbox."""
    deadline = asker.services.clock.time() + 30
    return replace(CallContext(Upstream("test", asker.server.token), deadline, CallBudget(9)), **members)


async def test_files_of_other_projects_are_not_opened(asker, acme):
    """Downloads bypass the caches, and not the restriction."""
    path = {"project": "api", "event": "0" * 32, "attachment": "1"}
    restricted = context(asker, projects=frozenset({"acme/web"}))

    with pytest.raises(NotFound, match="does not exist"):
        async with asker.client.download(events.ATTACHMENT, restricted, parents=acme, path=path):
            raise AssertionError

    assert [request for request in asker.server.requests if "attachments" in request.path] == []


@pytest.mark.parametrize(
    ("access", "endpoint"),
    [(AccessLevel.READ, issues.UPDATE), (AccessLevel.READ, issues.DELETE), (AccessLevel.TRIAGE, issues.DELETE)],
)
async def test_writes_above_the_level_are_not_sent(asker, acme, access, endpoint):
    """Whatever the graph asks for."""
    with pytest.raises(OutOfReach, match=f"has {access} access; this needs {endpoint.restriction.access} access"):
        await asker.client.send(endpoint, context(asker, access=access), parents=acme, path={"issue": "1"}, body={})

    assert [request for request in asker.server.requests if request.method != "GET"] == []


@pytest.mark.parametrize("is_shared", [True, False])
async def test_me_depends_on_the_token(asker, acme, is_shared):
    """With an own token, `me` is the caller."""
    sending = asker.client.send(
        issues.LIST,
        context(asker, is_shared_token=is_shared),
        parents=acme,
        query=(("query", "assigned:me"), ("limit", "1")),
    )
    if is_shared:
        with pytest.raises(InvalidParameter):
            await sending
    else:
        assert (await sending).status == 200
