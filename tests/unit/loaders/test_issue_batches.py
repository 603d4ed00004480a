"""Many issues by id, and their counts within a range: how few calls they take, and what one failing call spoils."""

import asyncio

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault

LIST = "/organizations/{organization}/issues/"
STATS = "/organizations/{organization}/issues-stats/"
SENTRY_ID = "... on Issue { sentryId }"
COUNTED = '... on Issue { sentryId inRange(range: { last: "24h" }) { eventCount } }'


def some(asker, slug, count):
    """Global ids of so many issues of an organization, newest first, so that the order is not Sentry's."""
    organization = asker.server.world.find_organization(slug)
    numbers = sorted(organization.issues, key=int, reverse=True)[:count]
    return [encode_id("Issue", organization.id, number) for number in numbers], numbers


async def knowing(asker):
    """The asker, whose directory knows both organizations."""
    await asker.ask('{ a: organization(slug: "acme") { id } b: organization(slug: "globex") { id } }')
    return asker


async def nodes(asker, ids, selection):
    """The issues in the order asked for, and the whole answer: `nodes` takes a hundred ids, so it is asked in parts."""
    parts = {f"p{start}": ids[start : start + 100] for start in range(0, len(ids), 100)}
    asked = " ".join(f"{name}: nodes(ids: ${name}) {{ {selection} }}" for name in parts)
    told = await asker.ask(f"query ({' '.join(f'${name}: [ID!]!' for name in parts)}) {{ {asked} }}", **parts)
    return [node for name in parts for node in told[name]], told


def places(told):
    """Where the errors are: index in the order asked, and the field, if it is one of the issue."""
    return [(int(path[0][1:]) + path[1], *path[2:]) for path in (error["path"] for error in told.errors)]


async def test_a_hundred_issues_go_into_each_call_in_the_order_asked(asker):
    """250 issues are three calls, and what Sentry does not have is null in its place."""
    ids, numbers = some(await knowing(asker), "acme", 249)
    absent = encode_id("Issue", asker.acme.id, "1")

    found, told = await nodes(asker, [*ids[:120], absent, *ids[120:]], SENTRY_ID)

    issues = [{"sentryId": number} for number in numbers]
    assert found == [*issues[:120], None, *issues[120:]]
    assert told.errors == []
    assert told.routes == [LIST] * 3
    assert sorted(sum(name == "group" for name, _ in query) for query in told.queries(LIST)) == [50, 100, 100]


async def test_organizations_are_asked_apart_and_answers_stay_in_order(asker):
    """Issues of two organizations that stand mixed come back mixed, after a call each."""
    acme, acme_numbers = some(await knowing(asker), "acme", 30)
    globex, globex_numbers = some(asker, "globex", 30)

    found, told = await nodes(asker, [one for pair in zip(acme, globex, strict=True) for one in pair], SENTRY_ID)

    numbers = [one for pair in zip(acme_numbers, globex_numbers, strict=True) for one in pair]
    assert found == [{"sentryId": number} for number in numbers]
    assert told.errors == []
    assert told.routes == [LIST] * 2


@pytest.mark.parametrize(("selection", "route"), [(SENTRY_ID, LIST), (COUNTED, STATS)])
async def test_calls_run_side_by_side(asker, selection, route):
    """While the first call is never answered, the second one arrives and is."""
    ids, _ = some(await knowing(asker), "acme", 150)
    asker.server.faults.add(Fault(kind="hang", route=route, times=1))

    asking = asyncio.create_task(nodes(asker, ids, selection))
    async with asyncio.timeout(5):
        while route not in [call.route for call in asker.server.requests]:  # noqa: ASYNC110  # the sandbox tells nobody
            await asyncio.sleep(0)

    assert not asking.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_failing_call_spoils_its_own_issues_alone(asker):
    """The issues of the other call are answered."""
    ids, numbers = some(await knowing(asker), "acme", 150)
    asker.server.faults.add(Fault(status=403, body={"detail": "No"}, route=LIST, times=1))

    found, told = await nodes(asker, ids, SENTRY_ID)

    missing = [index for index, node in enumerate(found) if node is None]
    assert missing in (list(range(100)), list(range(100, 150)))
    assert places(told) == [(index,) for index in missing]
    assert {error["extensions"]["code"] for error in told.errors} == {"FORBIDDEN"}
    assert [node["sentryId"] for node in found if node] == [n for i, n in enumerate(numbers) if i not in missing]
    assert told.routes == [LIST] * 2


async def test_counts_of_a_range_take_a_call_for_each_hundred(asker):
    """150 issues by id and their counts are two calls each."""
    ids, numbers = some(await knowing(asker), "acme", 150)

    found, told = await nodes(asker, ids, COUNTED)

    assert [node["sentryId"] for node in found] == numbers
    assert all(isinstance(node["inRange"]["eventCount"], int) for node in found)
    assert told.errors == []
    assert told.routes == sorted([LIST, LIST, STATS, STATS])


async def test_a_failing_call_for_counts_spoils_its_own_counts_alone(asker):
    """The issues themselves and the counts of the others stand."""
    ids, numbers = some(await knowing(asker), "acme", 150)
    asker.server.faults.add(Fault(status=403, body={"detail": "No"}, route=STATS, times=1))

    found, told = await nodes(asker, ids, COUNTED)

    missing = [index for index, node in enumerate(found) if node["inRange"] is None]
    assert [node["sentryId"] for node in found] == numbers
    assert missing in (list(range(100)), list(range(100, 150)))
    assert places(told) == [(index, "inRange") for index in missing]
