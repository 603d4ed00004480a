"""Slugs and numbers of projects and teams: which form a host gets, and at what cost."""

import asyncio

import msgspec
import pytest

from dexter_graphql.sentry.errors import BadRequest, BadResponse, DeadlineExceeded, NotFound
from dexter_graphql.sentry.saas_hosts import RATE_LIMIT_HEADER, SaasHosts
from dexter_graphql.sentry.stages.project_names import LIFETIME_S, Form, ProjectNames
from support.upstream import FakeTransport, MovedClock, a_call, a_reply, raised

LIST = "/api/0/organizations/acme/{}/"
WEB, CORE = {"id": "101", "slug": "web"}, {"id": 102, "slug": "core"}
SELF_HOSTED = "https://sentry.acme.example"
OF_WEB = a_call(
    host=SELF_HOSTED, query=(("query", "is:unresolved"), ("project", "web"), ("project", "102"), ("project", "-1"))
)
KEYS = a_call(
    host=SELF_HOSTED, title="GET /projects/{organization}/{project}/keys/", path="/api/0/projects/acme/101/keys/"
)
MEMBERS = a_call(
    host=SELF_HOSTED, title="GET /teams/{organization}/{team}/members/", path="/api/0/teams/acme/7/members/"
)
REFUSAL = BadRequest("Invalid project parameter. Values must be numbers.")
MISSING = NotFound("The requested resource does not exist")


class OldHost:
    """A release that takes no slugs in `project=` and no numbers in paths; `rows` are its projects and teams."""

    def __init__(self, rows=(WEB, CORE), *, takes_slugs=False, takes_numbers=False, missing=()):
        self.rows, self.missing = rows, missing
        self.takes_slugs, self.takes_numbers = takes_slugs, takes_numbers

    def __call__(self, call):
        if call.path in {LIST.format("projects"), LIST.format("teams")}:
            return a_reply(msgspec.json.encode(self.rows))
        if not self.takes_slugs and ("project", "web") in call.query:
            return raised(REFUSAL)
        segments = call.path.split("/")
        if call.path in self.missing or (not self.takes_numbers and {"101", "7"} & set(segments)):
            return raised(MISSING)
        return a_reply()


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def stage(clock):
    return ProjectNames(clock, SaasHosts())


def sent(transport):
    """Path and query of every call that arrived, without the size of pages."""
    return [(call.path, [pair for pair in call.query if pair[0] != "per_page"]) for call in transport.calls]


async def test_other_calls_pass_unchanged(stage):
    """Without slugs in `project=` and numbers in the path nothing is added, whatever the answer."""
    transport = FakeTransport()
    calls = [
        a_call(query=(("project", "101"), ("query", "project:web"))),
        a_call(title="GET /projects/{organization}/{project}/", path="/api/0/projects/acme/web/"),
        a_call(title="GET /organizations/{organization}/issues/{issue}/", path="/api/0/organizations/acme/issues/7/"),
    ]

    for call in calls:
        await stage(call, transport)

    assert transport.calls == calls


async def test_slugs_become_numbers_where_they_are_refused(stage):
    """The refusal costs one call, once; each later one needs the list, which the cache below has."""
    transport = FakeTransport(OldHost())

    await stage(OF_WEB, transport)
    await stage(OF_WEB, transport)

    numbers = [("query", "is:unresolved"), ("project", "101"), ("project", "102"), ("project", "-1")]
    translated = [(LIST.format("projects"), []), (OF_WEB.path, numbers)]
    assert sent(transport) == [(OF_WEB.path, list(OF_WEB.query)), *translated, *translated]


@pytest.mark.parametrize(("call", "name"), [(KEYS, "projects"), (MEMBERS, "teams")], ids=["project", "team"])
async def test_numbers_in_paths_become_slugs_where_they_are_refused(stage, call, name):
    """Each kind comes from its own list; the number is tried once."""
    transport = FakeTransport(OldHost([{"id": 101, "slug": "web"}, {"id": "7", "slug": "web"}]))

    await stage(call, transport)
    await stage(call, transport)

    by_slug = call.path.replace("/101/", "/web/").replace("/7/", "/web/")
    listed = LIST.format(name)
    assert [path for path, _ in sent(transport)] == [call.path, listed, by_slug, listed, by_slug]


async def test_lists_are_read_page_by_page(stage):
    """A project of the second page is found."""
    pages = {
        None: a_reply(msgspec.json.encode([CORE]), headers={"cursor-next": "0:100:0"}),
        "0:100:0": a_reply(msgspec.json.encode([WEB])),
    }
    old = OldHost()
    transport = FakeTransport(
        lambda call: pages[dict(call.query).get("cursor")] if call.path == LIST.format("projects") else old(call)
    )

    await stage(OF_WEB, transport)

    assert ("project", "101") in transport.calls[-1].query


@pytest.mark.parametrize(
    ("call", "error"),
    [(OF_WEB, BadRequest), (KEYS, NotFound)],
    ids=["slug", "number"],
)
async def test_unknown_project_is_the_clients_mistake(stage, call, error):
    """What the organization does not have is refused without another call, and names the endpoint."""
    transport = FakeTransport(OldHost([CORE]))

    with pytest.raises(error) as raised_error:
        await stage(call, transport)

    assert raised_error.value.title == call.title
    assert len(transport.calls) == 2


async def test_missing_object_is_no_sign_of_an_old_release(stage):
    """When the slug is not found either, the error stays and the next number is sent as it is."""
    transport = FakeTransport(OldHost(takes_numbers=True, missing={KEYS.path, KEYS.path.replace("101", "web")}))

    with pytest.raises(NotFound):
        await stage(KEYS, transport)

    assert stage.takes(KEYS.host, Form.NUMBERS) is None
    assert len(transport.calls) == 3


async def test_missing_object_costs_one_call_where_numbers_are_taken(stage):
    """A host that took a number once is not asked for slugs."""
    host = OldHost(takes_numbers=True)
    transport = FakeTransport(host)
    await stage(KEYS, transport)
    host.missing = {KEYS.path}

    with pytest.raises(NotFound):
        await stage(KEYS, transport)

    assert [path for path, _ in sent(transport)] == [KEYS.path] * 2


async def test_hosts_that_limit_rates_take_both_forms(stage):
    """Only sentry.io announces limits; what is missing there costs one call."""
    saas = FakeTransport(lambda _: a_reply(headers={RATE_LIMIT_HEADER: "40"}))
    await stage(a_call(host=SELF_HOSTED), saas)
    transport = FakeTransport(OldHost())

    for call, error in ((OF_WEB, BadRequest), (KEYS, NotFound)):
        with pytest.raises(error):
            await stage(call, transport)

    assert transport.calls == [OF_WEB, KEYS]


@pytest.mark.parametrize("host", ["https://sentry.io", "https://us.sentry.io"])
async def test_hosts_of_sentry_io_are_known_by_name(stage, host):
    """Not even the first refusal there is taken for an older release."""
    transport = FakeTransport(OldHost())

    with pytest.raises(NotFound):
        await stage(msgspec.structs.replace(KEYS, host=host), transport)

    assert len(transport.calls) == 1


@pytest.mark.parametrize("error", [BadRequest("Invalid query"), NotFound("gone")], ids=repr)
async def test_other_refusals_pass(stage, error):
    """A 400 about something else, or a 404 of a list, is not repeated."""
    transport = FakeTransport(lambda _: raised(error))

    with pytest.raises(type(error)):
        await stage(OF_WEB, transport)

    assert len(transport.calls) == 1


async def test_hosts_are_remembered_for_an_hour(stage, clock):
    """Each host by itself; a server may have been upgraded meanwhile."""
    await stage(OF_WEB, FakeTransport(OldHost()))
    other = msgspec.structs.replace(OF_WEB, host="https://sentry.globex.example")

    assert (stage.takes(OF_WEB.host, Form.SLUGS), stage.takes(other.host, Form.SLUGS)) == (False, None)
    clock.move(LIFETIME_S)
    assert stage.takes(OF_WEB.host, Form.SLUGS) is None


async def test_write_is_repeated_as_a_write(stage):
    """Method and body stay; the list is read without them."""
    transport = FakeTransport(OldHost())
    write = msgspec.structs.replace(OF_WEB, method="PUT", title="PUT /organizations/{organization}/issues/", body=b"{}")

    await stage(write, transport)

    assert [(call.method, call.body) for call in transport.calls] == [("PUT", b"{}"), ("GET", None), ("PUT", b"{}")]


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"id": null}]', b"<html>"])
async def test_unreadable_list_names_its_endpoint(stage, body):
    """Sentry's fault is not the client's."""
    old = OldHost()
    transport = FakeTransport(lambda call: a_reply(body) if call.path == LIST.format("projects") else old(call))

    with pytest.raises(BadResponse) as raised_error:
        await stage(OF_WEB, transport)

    assert raised_error.value.title == "GET /organizations/{organization}/projects/"


async def test_equal_lists_are_read_once_at_a_time(stage):
    """Calls that find out together that numbers are refused share one list, without a cache below, too."""
    old = OldHost()

    async def answer(call):
        await asyncio.sleep(0)
        return old(call)

    wire = FakeTransport(answer)
    calls = [msgspec.structs.replace(KEYS, query=(("cursor", str(number)),)) for number in range(5)]

    await asyncio.gather(*(stage(call, wire) for call in calls))

    assert [path for path, _ in sent(wire)].count(LIST.format("projects")) == 1


async def test_list_that_takes_too_long_ends_with_the_deadline(stage, clock):
    """A call waits for the list no longer than until its deadline."""
    old = OldHost()

    async def answer(call):
        if call.path == LIST.format("projects"):
            await asyncio.Event().wait()
        return old(call)

    with pytest.raises(DeadlineExceeded):
        await stage(msgspec.structs.replace(KEYS, deadline=clock.time() + 0.01), FakeTransport(answer))
