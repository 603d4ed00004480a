"""A server without caches over a sandbox whose time stands still, and what arrives there."""

from contextlib import asynccontextmanager

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import RateLimit, SandboxServer
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy
from support.sandbox import NOON
from support.server import running_site
from support.worlds import borrowed_snapshot

UNCACHED = dict.fromkeys(POLICIES, CachePolicy(0.0))
API = "/api/0"


class NoonClock(Clock):
    """A clock whose calendar stands at noon, so that all arguments of calls are known beforehand."""

    def now(self):
        return NOON

    def time(self):
        return NOON.timestamp()


@asynccontextmanager
async def open_site(vintage):
    """A server over a sandbox of this vintage, until the block ends."""
    clock = NoonClock()
    with borrowed_snapshot(clock, vintage) as snapshot:
        async with (
            SandboxServer(snapshot.world, limit=RateLimit(calls=10**9)) as sandbox,
            running_site(sandbox, clock=clock, policies=UNCACHED) as site,
        ):
            site.snapshot = snapshot
            yield site


async def run_case(site, case):
    """Execute the document of a case; its data, errors, and the requests that arrived meanwhile."""
    sandbox = site.upstream
    sandbox.requests.clear()
    try:
        return await execute(site, case), list(sandbox.requests)
    finally:
        if case.is_write:
            reset_world(site)


async def execute(site, case):
    """The answer to the document of a case, with the errors of the transfer of its file."""
    _, _, answer = await site.post(case.document, variables=dict(case.variables))
    if case.download is not None:
        async with site.session.get(site.url + file_address(answer)) as response:
            assert await response.read() == case.download
    if case.upload is not None:
        async with site.session.put(site.url + file_address(answer), data=case.upload) as response:
            errors = (await response.json()).get("errors", [])
            answer |= {"errors": errors} if errors else {}
    return answer


def reset_world(site):
    """Let the sandbox serve the data that it began with."""
    world = site.upstream.world
    clock, url, listeners = world.clock, world.url, [*world.listeners]
    site.snapshot.restore()
    world.clock, world.url = clock, url
    world.listeners.extend(listeners)


def arrived(case, requests):
    """The requests that are those of the case, with its arguments."""
    return [request for request in requests if f"{request.method} {below(request)}" == case.arrives]


def below(request):
    """The path of a request below the API's root."""
    return request.path.removeprefix(API)


def arguments(case, request):
    """The values of a request that a case states: query parameters that it lists, and the body."""
    values = {name: [value for key, value in request.query if key == name] for name in case.query}
    return values, request.body if case.method != "GET" else None


def file_address(value):
    """The first address of a file in an answer; None when there is none."""
    if isinstance(value, str):
        return value if value.startswith("/files/") else None
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(file_address, members)), None)


def user_errors(value):
    """All user errors in an answer."""
    if isinstance(value, dict):
        yield from value.get("userErrors") or ()
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from user_errors(member)
