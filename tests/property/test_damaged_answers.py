"""Answers of Sentry with one odd value, over every field that calls Sentry: it costs nothing but itself.

The fields are derived from the schema. Both engines agree on each answer.
"""

import msgspec
import pytest
from graphql import GraphQLObjectType
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dexter_graphql.engine.resolution import RESOLUTION
from dexter_graphql.sandbox import Vintage
from support.documents import Document
from support.engines import engines_of
from support.marked import (
    ODD_VALUES,
    Element,
    MarkedAnswers,
    at,
    has_identity,
    is_identity,
    is_silent,
    marks,
    positions,
)
from support.recorded_engines import run_recorded_engines
from support.rounds import dispatch_when_idle
from support.whole_schema import WholeSchema

EXAMPLES = 20_000 if settings.default.max_examples > 1000 else 100
VINTAGES = (Vintage.SAAS, Vintage.V26_7)
"""Alerts are workflows and detectors at one, and rules beside them at the other."""

SUMMED = {"groups", "start", "end", "intervals"}
"""Members of an answer that is one figure: a sum without a part of it would be wrong, so that there is none."""

SERIES = "timeSeries"
"""Member of an answer whose elements are one figure each."""

CHOOSING = ("/releases/?per_page=100&project=", {"dateReleased", "dateCreated"})
"""Part of a call and members of its rows by which another object is chosen: which release is the previous one."""
RUN = {
    **dict.fromkeys(("SavedQuery.table", "SavedQuery.timeSeries"), "/discover/saved/"),
    "IssueView.issues": "/group-search-views/",
}
"""Fields that search what an answer says, and part of its call; an odd value in it is an error of the field, which has
tests of its own."""


class Release:
    """Engines over the answers of a release, the documents by coordinate, and what each brings without damage."""

    def __init__(self, graph, sides):
        self.sides, self.answers = sides, MarkedAnswers(sides.recorded)
        self.documents = WholeSchema(graph.schema, sides.known).documents()
        self.outcomes = {}

    async def outcome(self, engines, coordinate):
        """What the document of a field brings without damage."""
        if coordinate not in self.outcomes:
            self.outcomes[coordinate] = await self.ask(engines, coordinate, self.answers)
        return self.outcomes[coordinate]

    async def ask(self, engines, coordinate, answers):
        """What the document of a field brings, on both engines."""
        return await self.sides.pair_over(engines, answers).agreed(Document(self.documents[coordinate], None))


@pytest.fixture(scope="module")
def at_once(graph):
    """Both engines; plans are made when an operation is seen first."""
    return engines_of(graph)


@pytest.fixture(scope="module")
def required(graph):
    """Names of members without which there is no object: those of fields that are never null, and of keys."""
    fields = [of.extensions.get(RESOLUTION) for kind in graph.schema.type_map.values() for of in _fields_of(kind)]
    members = [member for bound in fields if hasattr(bound, "own_members") for member in bound.own_members()]
    return {member.wire for member in members if member.is_required}


def _fields_of(kind):
    return kind.fields.values() if isinstance(kind, GraphQLObjectType) else ()


@pytest.fixture
async def releases(graph, monkeypatch):
    """Recorded answers of a release with the newest model of alerts, and of one that has rules, too."""
    monkeypatch.setattr("aiodataloader.enqueue_post_future_job", dispatch_when_idle)
    async with run_recorded_engines(graph) as newest, run_recorded_engines(graph, VINTAGES[1]) as older:
        yield [Release(graph, sides) for sides in (newest, older)]


def owner_of(path, required):
    """The path of the element that a value belongs to: the object, where there is none without the value."""
    if path[0] in SUMMED:
        return ()
    if path[0] == SERIES:
        return path[:2]
    while path and isinstance(path[-1], str) and (path[-1] in required or is_identity(path[-1])):
        path = path[:-1]
    return path


def check(before, after, element, body, owner):
    """Fail when more than the element is lost, or when it is lost silently."""
    touched = at(body, element.path)
    identifies = owner != element.path or has_identity(touched)
    expected, left = marks(before.decoded), marks(after.decoded)
    lost = expected - left - marks(at(body, owner))
    if identifies:  # what is looked up by it is lost, too
        others = [row for index, row in enumerate(body) if index != element.path[0]] if isinstance(body, list) else []
        lost &= marks(others)
    assert not lost, (element, lost)
    codes = {code for code in after.codes if code not in before.codes}
    assert "INTERNAL" not in after.codes
    assert identifies or codes <= {"UPSTREAM_BAD_RESPONSE"}, codes
    paths = [tuple(error["path"]) for error in map(msgspec.json.decode, (after.errors - before.errors).elements())]
    assert len(paths) == len(set(paths)), paths
    lost = expected & marks(touched) - left
    assert identifies or not is_silent(lost, element.value, touched, paths, after.data.decode()), (element, lost)


FOUND = (
    ("Issue.tags", "/tags/", (0,), None),
    ("Tag.values", "/tags/", (0,), {}),
    ("Repository.integration", "/integrations/?includeConfig=0&per_page=100", (1, "provider", "features", 0), {"a": 1}),
)
"""Coordinate, end of the call, position and value of damage that once cost more than itself or was silent."""


@pytest.mark.parametrize("found", FOUND)
async def test_known_values_cost_themselves(releases, at_once, required, found):
    """As random ones do."""
    coordinate, call, path, value = found
    before = await releases[0].outcome(at_once, coordinate)
    [line] = [line for line in before.calls if line.endswith(call)]
    element, body = Element(line, path, value), releases[0].answers.bodies[line]

    after = await releases[0].ask(at_once, coordinate, releases[0].answers.damaged(element))

    check(before, after, element, body, owner_of(path, required))


NUMBER = st.integers(0, 9999)


@settings(max_examples=EXAMPLES)
@given(choice=st.tuples(NUMBER, NUMBER, NUMBER, NUMBER), value=st.sampled_from(ODD_VALUES))
async def test_odd_value_costs_itself(releases, at_once, required, choice, value):
    """Every text outside of the damaged element is in the answer, and what is lost of it has one error at its path."""
    which_release, which_document, which_call, which_position = choice
    release = one_of(releases, which_release)
    coordinate = one_of(sorted(release.documents), which_document)
    before = await release.outcome(at_once, coordinate)
    lines = sorted(line for line in before.calls if line in release.answers.bodies)
    line = one_of(lines, which_call) if lines else None
    body = release.answers.bodies.get(line)
    paths = list(positions(body)) if lines else []
    if not paths:
        return
    element = Element(line, one_of(paths, which_position), value)
    if CHOOSING[0] in line and element.path[-1] in CHOOSING[1]:
        return
    if coordinate in RUN and RUN[coordinate] in line:
        return

    after = await release.ask(at_once, coordinate, release.answers.damaged(element))

    event(coordinate)
    check(before, after, element, body, owner_of(element.path, required))


def one_of(items, number):
    """One of the items, by a number of any size."""
    return items[number % len(items)]
