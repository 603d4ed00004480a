"""Positions that a subscription field did not send: each field refuses them before its stream begins."""

import pytest

from dexter_graphql.realtime.changes import Topic
from support.graph import ENGINES
from support.realtime import make_change
from support.stream_documents import STREAMS

GARBAGE = ("", "garbage", "\u2603", "=" * 5000, "AAAA" * 20)


def document(field):
    """A subscription to a field from a position on."""
    return (
        f"subscription ($after: String) {{ {field}(organization: {{ slug: "
        f'"acme" }}, after: $after) {{ position gap {{ missed }} }} }}'
    )


async def positions_of_others(asker, field):
    """Positions of the streams of all other fields, and of the same field in another organization."""
    positions, changes = [], asker.services.changes
    others = [("acme", streams) for other, streams in STREAMS.items() if other != field]
    for organization, streams in [*others, ("globex", STREAMS[field])]:
        items = await changes.subscribe(sorted(Topic(organization, stream) for stream in streams), None)
        number = f"{organization} {field} {len(positions)}"
        await changes.publish(make_change(id=number, organization=organization, stream=streams[0]))
        positions.append((await anext(items)).position)
        await items.aclose()
    return positions


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("field", STREAMS)
async def test_foreign_positions_are_refused(asker, engine, field):
    """Garbage, and the positions of streams of other objects and of another organization."""
    for after in (*GARBAGE, *await positions_of_others(asker, field)):
        async with asker.following(document(field), engine=engine, after=after) as items:
            [error] = (await items.next())["errors"]

        assert (error["path"], error["extensions"]["code"]) == ([field], "BAD_USER_INPUT"), after
