"""Which form of alerts a host serves: found by asking, remembered for an hour, found again when it changes."""

import pytest

from dexter_graphql.sentry.backends import LIFETIME_S, AlertBackends
from dexter_graphql.sentry.errors import FeatureUnavailable, Forbidden, Gone, NotFound
from support.upstream import MovedClock

HOST = "https://sentry.acme.example"


class Server:
    """Answers in the forms that it serves, refuses in the others, and remembers what it was asked for."""

    def __init__(self, **refusals):
        self.refusals, self.asked = refusals, []

    def form(self, name):
        async def answer():
            self.asked.append(name)
            if name in self.refusals:
                raise self.refusals[name]
            return name

        return answer

    async def answer(self, backends, host=HOST):
        """The answer, and the forms that were asked for it."""
        self.asked.clear()
        answer = await backends.ask(host, newer=self.form("newer"), retired=self.form("retired"))
        return answer, list(self.asked)


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def backends(clock):
    return AlertBackends(clock)


async def test_newer_form_is_asked_first(backends):
    """A host that serves both forms is never asked for the retired one."""
    assert await Server().answer(backends) == ("newer", ["newer"])
    assert not backends.is_retired(HOST)


@pytest.mark.parametrize("refusal", [NotFound("no such page"), Gone("a brownout")])
async def test_retired_form_is_remembered_for_its_host_alone(backends, refusal):
    """The second question makes no refused call; another host is not concerned."""
    server = Server(newer=refusal)

    assert await server.answer(backends) == ("retired", ["newer", "retired"])
    assert await server.answer(backends) == ("retired", ["retired"])
    assert await Server().answer(backends, "https://other.example") == ("newer", ["newer"])


@pytest.mark.parametrize(
    ("seconds", "asked"), [(LIFETIME_S - 1, ["retired"]), (LIFETIME_S, ["newer"])], ids=["before", "after"]
)
async def test_memory_ends_after_an_hour(backends, clock, seconds, asked):
    """A server that was upgraded meanwhile is asked for the newer form again."""
    await Server(newer=NotFound("no such page")).answer(backends)

    clock.move(seconds)

    assert (await Server().answer(backends))[1] == asked


@pytest.mark.parametrize("refusal", [NotFound("no such page"), Gone("a brownout")])
async def test_refused_retired_form_leads_back_to_the_newer_one(backends, refusal):
    """It is asked for at once, and first from then on."""
    await Server(newer=NotFound("no such page")).answer(backends)
    upgraded = Server(retired=refusal)

    assert await upgraded.answer(backends) == ("newer", ["retired", "newer"])
    assert await upgraded.answer(backends) == ("newer", ["newer"])


async def test_host_without_either_form_lacks_the_feature(backends):
    """Both were asked for; nothing is remembered."""
    server = Server(newer=NotFound("no such page"), retired=NotFound("no such page"))

    with pytest.raises(FeatureUnavailable):
        await server.answer(backends)

    assert server.asked == ["newer", "retired"]
    assert not backends.is_retired(HOST)


async def test_brownout_is_told_rather_than_lack(backends):
    """A brownout passes; the server has alerts, only not now."""
    server = Server(newer=NotFound("no such page"), retired=Gone("a brownout"))

    with pytest.raises(Gone, match="a brownout"):
        await server.answer(backends)


async def test_any_other_refusal_is_the_answer(backends):
    """Whoever may not see alerts in one form is not asked about in the other."""
    server = Server(newer=Forbidden("not yours"))

    with pytest.raises(Forbidden):
        await server.answer(backends)

    assert server.asked == ["newer"]
