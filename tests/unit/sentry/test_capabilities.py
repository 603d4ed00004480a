"""What a host lacks: found by calling it, remembered for an hour, found again when it changes."""

import pytest

from dexter_graphql.sentry.capabilities import LIFETIME_S, LIMIT, HostCapabilities
from dexter_graphql.sentry.errors import (
    BadRequest,
    FeatureUnavailable,
    Forbidden,
    Gone,
    InvalidParameter,
    MissingRoute,
    NotFound,
)
from dexter_graphql.sentry.parents import OrganizationRef
from support.upstream import MovedClock

ACME = OrganizationRef("1", "acme")
GLOBEX = OrganizationRef("2", "globex", "https://de.sentry.io")
CAPABILITY = "detectors"
ABSENT = [NotFound("no such page", status=404), MissingRoute("no such route", status=404)]


class Server:
    """Answers two forms of a request except for those that it refuses, and records which were tried."""

    def __init__(self, capabilities, **errors):
        self.capabilities, self.errors, self.tried = capabilities, errors, []

    def form(self, name):
        async def answer():
            self.tried.append(name)
            if name in self.errors:
                raise self.errors[name]
            return name

        return answer

    async def either(self, organization=ACME):
        """The result of the form that the host has, and the forms that were tried for it."""
        self.tried.clear()
        result = await self.capabilities.either(
            CAPABILITY, organization, newer=self.form("newer"), older=self.form("older")
        )
        return result, list(self.tried)

    async def prefer(self, organization=ACME, capability=CAPABILITY):
        """The same for a preferred form and its fallback."""
        self.tried.clear()
        result = await self.capabilities.prefer(
            capability, organization, preferred=self.form("preferred"), fallback=self.form("fallback")
        )
        return result, list(self.tried)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def capabilities(clock):
    return HostCapabilities(clock)


async def test_newer_form_is_tried_first(capabilities):
    """A host that has both forms is never asked in the older one."""
    assert await Server(capabilities).either() == ("newer", ["newer"])
    assert not capabilities.lacks(CAPABILITY, ACME)


@pytest.mark.parametrize("error", [*ABSENT, Gone("a brownout")])
async def test_lack_is_remembered_for_its_host(capabilities, error):
    """The second request makes no refused call; another host is not concerned."""
    server = Server(capabilities, newer=error)

    assert await server.either() == ("older", ["newer", "older"])
    assert await server.either() == ("older", ["older"])
    assert await Server(capabilities).either(GLOBEX) == ("newer", ["newer"])


@pytest.mark.parametrize(("seconds", "tried"), [(LIFETIME_S - 1, ["older"]), (LIFETIME_S, ["newer"])])
async def test_memory_ends_after_an_hour(capabilities, clock, seconds, tried):
    """A server that was upgraded meanwhile is asked in the newer form again."""
    await Server(capabilities, newer=ABSENT[0]).either()

    clock.move(seconds)

    assert (await Server(capabilities).either())[1] == tried


@pytest.mark.parametrize("error", [*ABSENT, Gone("a brownout")])
async def test_refused_older_form_leads_back_to_the_newer_one(capabilities, error):
    """It is tried at once, and first from then on."""
    await Server(capabilities, newer=ABSENT[0]).either()
    upgraded = Server(capabilities, older=error)

    assert await upgraded.either() == ("newer", ["older", "newer"])
    assert await upgraded.either() == ("newer", ["newer"])


async def test_host_without_either_form_lacks_the_feature(capabilities):
    """Both were tried; the error names both, and nothing is remembered."""
    newer, older = (MissingRoute("no such route", title=f"GET /{name}/", status=404) for name in ("newer", "older"))
    server = Server(capabilities, newer=newer, older=older)

    with pytest.raises(FeatureUnavailable, match="This Sentry lacks GET /newer/ and GET /older/"):
        await server.either()

    assert (server.tried, capabilities.lacks(CAPABILITY, ACME)) == (["newer", "older"], False)


async def test_brownout_is_reported_rather_than_lack(capabilities):
    """A brownout is temporary; the server has the feature."""
    with pytest.raises(Gone, match="a brownout"):
        await Server(capabilities, newer=ABSENT[0], older=Gone("a brownout")).either()


async def test_any_other_error_is_the_answer(capabilities):
    """An error that does not concern the form is raised, and the other form is not tried."""
    server = Server(capabilities, newer=Forbidden("not yours"))

    with pytest.raises(Forbidden):
        await server.either()

    assert server.tried == ["newer"]


@pytest.mark.parametrize("error", [BadRequest("No"), *ABSENT])
async def test_fallback_is_used_for_an_hour(capabilities, clock, error):
    """A refused preferred form is not tried again before an hour has passed."""
    server = Server(capabilities, preferred=error)

    first = await server.prefer()
    clock.move(LIFETIME_S - 1)
    second = await server.prefer()
    clock.move(1)
    third = await Server(capabilities).prefer()

    assert (first, second, third) == (
        ("fallback", ["preferred", "fallback"]),
        ("fallback", ["fallback"]),
        ("preferred", ["preferred"]),
    )


async def test_capabilities_and_hosts_are_separate(capabilities):
    """What one region refuses another may accept, and so with another capability."""
    await Server(capabilities, preferred=ABSENT[0]).prefer()

    server = Server(capabilities)
    results = [(await server.prefer(GLOBEX))[0], (await server.prefer(capability="other"))[0]]

    assert results == ["preferred", "preferred"]
    assert (await server.prefer(OrganizationRef("3", "initech")))[0] == "fallback"


@pytest.mark.parametrize("error", [Forbidden("No"), InvalidParameter("No")])
async def test_errors_that_the_fallback_would_share(capabilities, error):
    """A missing right or an invalid parameter does not concern the form."""
    server = Server(capabilities, preferred=error)

    with pytest.raises(type(error)):
        await server.prefer()

    assert (server.tried, len(capabilities)) == (["preferred"], 0)


async def test_refused_fallbacks_are_not_a_lack(capabilities):
    """When the fallback is refused as well, the refusal concerns the object or an argument."""
    server = Server(capabilities, preferred=BadRequest("No"), fallback=BadRequest("No"))

    with pytest.raises(BadRequest):
        await server.prefer()

    assert len(capabilities) == 0


async def test_memory_is_bounded(capabilities):
    """Above the limit the oldest entry goes."""
    for number in range(LIMIT + 1):
        await Server(capabilities, preferred=ABSENT[0]).prefer(capability=f"capability {number}")

    assert len(capabilities) == LIMIT
    assert not capabilities.lacks("capability 0", ACME)
