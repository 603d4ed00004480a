"""Random documents over the real schema and randomly damaged answers of Sentry: both engines agree.

`pytest --hypothesis-show-statistics` shows how many documents found data, failed, and took which path.
"""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from support.documents import Document, documents
from support.engines import engines_of, tallied
from support.recorded import DAMAGES, Damage
from support.recorded_engines import CallerKind, run_recorded_engines
from support.rounds import dispatch_when_idle

EXAMPLES = settings.default.max_examples
DAMAGE = st.builds(
    Damage,
    seed=st.integers(0, 2**16),
    failing=st.sampled_from([0.0, 0.0, 0.2, 0.5]),
    broken=st.sampled_from([0.0, 0.0, 0.01, 0.05, 0.2]),
    kinds=st.just(tuple(DAMAGES)) | st.sampled_from([(kind,) for kind in DAMAGES]),
)
ASKING = st.builds(CallerKind, is_shared_token=st.booleans(), is_read_only=st.sampled_from([False, False, False, True]))
IS_MUTATION = st.integers(0, 9).map(lambda luck: luck == 9)


@pytest.fixture
async def sides(graph, monkeypatch):
    """Pairs of engines over one recorded Sentry."""
    monkeypatch.setattr("aiodataloader.enqueue_post_future_job", dispatch_when_idle)
    async with run_recorded_engines(graph) as sides:
        yield sides


@pytest.fixture(scope="module")
def at_once(graph):
    """Both engines; plans are made when an operation is seen first."""
    return engines_of(graph)


@pytest.fixture(scope="module")
def later(graph):
    """Both engines; plans are made when an operation is seen again."""
    return engines_of(graph, times_seen=2)


@settings(max_examples=max(300, EXAMPLES))
@given(data=st.data())
async def test_engines_agree(sides, at_once, graph, data):
    """On data and their order, errors and their paths, extensions, and calls to Sentry."""
    document = data.draw(documents(graph.schema, sides.known, mutations=IS_MUTATION))

    pair = sides.pair(at_once, data.draw(DAMAGE), data.draw(ASKING))
    with tallied(at_once, event):
        outcome = await pair.agreed(document)

    tell(outcome)


@settings(max_examples=max(15, EXAMPLES // 10))
@given(data=st.data())
async def test_engines_agree_with_warm_caches(sides, later, graph, data):
    """Also when answers are cached, with other conditions, and after other documents."""
    one, other = (data.draw(documents(graph.schema, sides.known, mutations=IS_MUTATION)) for _ in range(2))

    pair = sides.pair(later, data.draw(DAMAGE))
    for document in (one, one, other, flipped(one), flipped(other), one):
        with tallied(later, event):
            outcome = await pair.agreed(document)

    tell(outcome)


async def test_complete_lists_are_read_once(sides, at_once):
    """On calls answered by the cache, too: rows that refer to a list may arrive one by one, but read it once."""
    members = (await sides.pair(at_once).agreed(members_with("id"))).decoded["organization"]["members"]["nodes"]
    # The teams of this member are looked up before those of the others.
    lookup = f'member(id: "{members[1]["id"]}") {{ flags {{ isProvisioned }} }}'

    outcome = await sides.pair(at_once).agreed(members_with("teams { isTruncated }", lookup))

    calls = msgspec.json.decode(outcome.extensions)["dexter"]["calls"]
    assert [call["endpoint"] for call in calls].count("GET /organizations/{organization}/teams/") == 1


def members_with(selection, beside=""):
    """A document that selects something on all members."""
    return Document(f'{{ organization(slug: "acme") {{ {beside} members {{ nodes {{ id {selection} }} }} }} }}', None)


def flipped(document):
    """The document with all boolean variables negated."""
    variables = document.variables or {}
    return replace(
        document, variables={name: not value if value in (True, False) else value for name, value in variables.items()}
    )


def tell(outcome):
    """Report the outcome to the statistics."""
    event("refused" if outcome.is_request_error else "with errors" if outcome.errors else "without errors")
    for code in outcome.codes:
        event(code)
    event("with calls" if outcome.calls else "without calls")
