"""Whole answers that are given again: the same bytes for no calls, and never a moment or a caller too far."""

import pytest

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget
from dexter_graphql.engine.pipeline import ExecutionAnswer
from dexter_graphql.graph.context import CacheDependencies
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from dexter_graphql.server.response_cache import (
    CONSTANT,
    MAX_REQUEST_BYTES,
    MAX_SOURCES,
    OVERHEAD_BYTES,
    ResponseCache,
    cache_key_of,
)
from support.server import running_site
from support.upstream import EPOCH_S, MovedClock, a_cache_entry

LIST = '{ organization(slug: "acme") { issues(first: 3) { nodes { id shortId status } } } }'
RESOLVE = """mutation ($ids: [ID!]!) { resolveIssues(input: { issues: { ids: $ids } }) { results { issue { id } } } }"""


class Count:
    """The repeats of a site so far, and the calls that arrived at its Sentry."""

    def __init__(self, site):
        self.site = site

    async def __call__(self):
        async with self.site.session.get(f"{self.site.admin_url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        response_cache = next(line for line in lines if line.startswith("dexter_response_cache_hits_total "))
        return float(response_cache.split()[1]), len(self.site.upstream.requests)


@pytest.fixture
async def site():
    """A running Dexter with a sandbox of its own."""
    async with running_site() as running:
        yield running


class TestRequests:
    """Over HTTP."""

    async def test_same_request_costs_nothing(self, site):
        """By POST as by GET, each with its own bytes; the media type is the reader's."""
        accept = {"accept": "application/graphql-response+json"}
        first = await site.post(LIST)
        await site.post(LIST)
        _, calls = await Count(site)()

        again = [await site.post(LIST), await site.post(LIST, headers=accept)]
        got = []
        for _ in range(3):
            async with site.session.get(site.graphql, params={"query": LIST}) as answer:
                got.append(await answer.json())

        assert [body for _, _, body in again] == [first[2]] * 2
        assert again[1][1]["content-type"] == f"{accept['accept']}; charset=utf-8"
        assert got == [first[2]] * 3
        assert await Count(site)() == (3, calls)

    async def test_own_change_is_seen_at_once(self, site):
        """What was raised since ends the answer."""
        before = await site.data(LIST)
        ids = [node["id"] for node in before["organization"]["issues"]["nodes"]]

        await site.data(RESOLVE, ids=ids)

        after = await site.data(LIST)
        assert not set(ids) & {
            node["id"] for node in after["organization"]["issues"]["nodes"] if node["status"] != "RESOLVED"
        }

    @pytest.mark.parametrize(
        "query",
        [
            '{ viewer { subject } organization(slug: "acme") { environments { nodes { name } } } }',
            '{ organization(slug: "acme") { environments { nodes { name } } } node(id: "junk") { id } }',
            '{ organization(slug: "acme") { slug } }',
            "query ($no: Boolean!) { __typename @skip(if: $no) }",
            "mutation { __typename }",
        ],
    )
    async def test_other_answers_are_made_anew(self, site, query):
        """What is about the caller, what has an error, and what no answer of Sentry stands behind."""
        bodies = [(await site.post(query, variables={"no": False}))[2] for _ in range(3)]

        assert [body.get("data") for body in bodies[1:]] == [bodies[0].get("data")] * 2
        assert (await Count(site)())[0] == 0

    async def test_constant_answer_is_cached(self, site):
        """A document of `__typename` alone has one answer, unless details of its calls are requested."""
        query, explain = "query Ping { __typename kind: __typename }", {"extensions": {"dexter": {"explain": "calls"}}}

        bodies = [(await site.post(query, **more))[2] for more in [{}] * 3 + [explain] * 3]

        data = {"__typename": "Query", "kind": "Query"}
        assert [body["data"] for body in bodies] == [data] * 6
        assert [sorted(body) for body in bodies] == [["data"]] * 3 + [["data", "extensions"]] * 3
        assert (await Count(site)())[0] == 1

    async def test_answer_that_tells_of_its_calls_is_made_anew(self, site):
        """The second time there are none to tell of."""
        explain = {"extensions": {"dexter": {"explain": "summary"}}}
        await site.post(LIST, **explain)

        _, _, body = await site.post(LIST, **explain)

        assert body["extensions"]["dexter"]["upstreamCalls"] == 0
        assert body["extensions"]["dexter"]["cacheHits"] > 0

    async def test_another_token_gets_its_own_answer(self):
        """Equal bytes of two callers are two requests."""
        async with running_site(mode="passthrough") as site:
            tokens = site.upstream.world.tokens

            bodies = []
            for token in (tokens.admin, tokens.admin, tokens.admin, tokens.globex):
                headers = {"authorization": f"Bearer {token.text}"}
                bodies.append((await site.post(LIST, headers=headers))[2])

            assert bodies[0] == bodies[1] == bodies[2] != bodies[3]
            assert (await Count(site)())[0] == 1

    async def test_refused_token_gets_nothing(self):
        """However often the answer was given to others."""
        async with running_site(mode="passthrough") as site:
            for _ in range(3):
                await site.post(LIST, headers={"authorization": f"Bearer {site.upstream.token}"})

            status, _, _ = await site.post(LIST)

        assert status == 401


def identity(upstream="u", access=AccessLevel.ADMIN):
    """Somebody."""
    return Identity(Upstream(upstream, "secret"), Reach.of(access), Caller("somebody"))


class TestKept:
    """What is kept, and until when."""

    ANSWER = ExecutionAnswer(b"x" * 100)

    def kept(self, *, limit=10_000, until=EPOCH_S + 60, sources=None, request=b"r", times=2):
        """A response cache with one answer, its key and the clock."""
        clock = MovedClock()
        response_cache = ResponseCache(clock, BoundedMap(budget=SizeBudget(limit)))
        key = cache_key_of(request, identity())
        dependencies = CacheDependencies(tuple([a_cache_entry()] if sources is None else sources), until)
        for _ in range(times if key is not None else 0):
            response_cache.keep(key, self.ANSWER, "Op", dependencies)
        return response_cache, key, clock

    def test_it_is_found_by_request_credential_and_reach(self):
        """All three."""
        response_cache, key, _ = self.kept()

        others = [
            cache_key_of(b"s", identity()),
            cache_key_of(b"r", identity("v")),
            cache_key_of(b"r", identity(access=AccessLevel.READ)),
        ]

        assert response_cache.find(key).answer is self.ANSWER
        assert response_cache.find(key).operation == "Op"
        assert [response_cache.find(other) for other in others] == [None] * 3

    @pytest.mark.parametrize(("seconds", "is_there"), [(59.9, True), (60, False)])
    def test_it_ends_at_its_time(self, seconds, is_there):
        """When a range that ends now begins to be another one."""
        response_cache, key, clock = self.kept()

        clock.move(seconds)

        assert (response_cache.find(key) is not None) is is_there

    def test_it_ends_with_any_of_its_sources(self):
        """One that is no longer fresh, or no longer in the cache."""
        ended = a_cache_entry()
        ended.evict()

        for broken in (a_cache_entry(max_age=0), ended):
            response_cache, key, _ = self.kept(sources=[a_cache_entry(), broken])
            assert response_cache.find(key) is None
            assert response_cache.collect()[0].value == 0

    @pytest.mark.parametrize(("times", "is_kept"), [(1, False), (2, True), (3, True)])
    def test_answers_are_kept_at_the_second_time(self, times, is_kept):
        """Most requests are not repeated, and their answers would fill the cache."""
        response_cache, key, _ = self.kept(times=times)

        assert (response_cache.find(key) is not None) is is_kept

    def test_request_that_was_repeated_before_is_kept_at_once(self):
        """Its answer ended, and the next one is worth its memory."""
        response_cache, key, _ = self.kept(sources=[a_cache_entry(max_age=0)])
        assert response_cache.find(key) is None

        response_cache.keep(key, self.ANSWER, "Op", CONSTANT)

        assert response_cache.find(key) is not None

    @pytest.mark.parametrize(("size", "is_kept"), [(MAX_REQUEST_BYTES, True), (MAX_REQUEST_BYTES + 1, False)])
    def test_long_requests_are_not_kept(self, size, is_kept):
        """They have no key."""
        response_cache, key, _ = self.kept(request=b"r" * size, limit=10**6)

        assert (response_cache.find(key) is not None) is is_kept

    @pytest.mark.parametrize(
        ("count", "is_kept"), [(0, True), (1, True), (MAX_SOURCES, True), (MAX_SOURCES + 1, False)]
    )
    def test_answers_of_many_sources_are_not_kept(self, count, is_kept):
        """They are not worth a look at each source."""
        response_cache, key, _ = self.kept(sources=[a_cache_entry() for _ in range(count)])

        assert (response_cache.find(key) is not None) is is_kept

    @pytest.mark.parametrize(("room", "found"), [(1, [False, False]), (2, [False, True]), (3, [True, True])])
    def test_memory_is_bounded(self, room, found):
        """The one that was not asked for longest goes first; one too large for all room is not kept."""
        size = OVERHEAD_BYTES + 101
        response_cache, _, _ = self.kept(limit=room * size - 1 if room == 1 else (room - 1) * size)
        keys = [cache_key_of(request, identity()) for request in (b"r", b"s")]
        for _ in range(2):
            response_cache.keep(keys[1], self.ANSWER, None, CacheDependencies((a_cache_entry(),), EPOCH_S + 60))

        assert [response_cache.find(key) is not None for key in keys] == found
