"""Restricted callers against a sandbox with other projects: every field, object and mutation of the schema.

The documents are made from the schema, so that a new field is tested without a line here.
"""

import re
from urllib.parse import unquote

import msgspec
import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type, get_nullable_type
from hypothesis import given, settings
from hypothesis import strategies as st

from dexter_graphql.graph.endpoint_usage import fields_by_endpoint
from dexter_graphql.operations.library import load_library
from dexter_graphql.sentry.catalogue import CATALOGUE
from dexter_graphql.sentry.restriction import AccessLevel, Narrowing
from support.documents import documents
from support.known_values import Unquoted, print_literal
from support.reaches import EVERYWHERE, MARK, RestrictedCaller, run_marked_sandbox
from support.selected_fields import selected_fields
from support.stream_documents import stream_types
from support.whole_schema import WholeSchema

WEB = "https://acme.sentry.io"
PAGES = ("issues/{issue}/", "releases/{release}/", "projects/{project}/", "projects/{project}/events/{event}/")
RESTRICTED_READS = {Narrowing.QUERY, Narrowing.PATH, Narrowing.PARENT, Narrowing.RESPONSE, Narrowing.ORGANIZATION}
NAMED_BY_PATH = {Narrowing.PATH, Narrowing.PARENT}
ENDPOINTS = {endpoint.title: endpoint for endpoint in CATALOGUE.values()}
WITH_NAMES = """{{ organization(slug: "acme") {{
  appInstallations(first: 2) {{ nodes {{ formOptions(uri: "/sentry/projects", project: {{ slug: {project} }}) {{
    default choices {{ value label }} }} }} }}
  aiConversation(conversationId: "session-7eb35d32") {{ spans(first: 2) {{ nodes {{ attribute(name: "project") }} }} }}
  trace(traceId: "d82dba47d82dba47d82dba47d82dba47") {{ roots {{
    ... on TraceSpan {{ span: attribute(name: "project") }}
    ... on TraceUptimeCheck {{ check: attribute(name: "project") }} }} }} }} }}"""
"""Document of the fields for whose arguments no known value is derived."""
PLACEHOLDER = re.compile(r"{(\w+)}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(graph):
    """Both engines over a sandbox in which other projects are marked."""
    async with run_marked_sandbox(graph) as running:
        yield running


def documents_of(graph, known):
    """Documents that read every field, find an object of each type by its ID, and pages by their URLs."""
    ids = [number for of_type in known.ids.values() for number in of_type[:2]]
    names = {
        "issue": known.values("Organization.issue", "shortId", "String")[0],
        "release": known.values("Organization.release", "version", "String")[0],
        "project": known.values("Organization.project", "slug", "String")[0],
        "event": known.event_ids[0],
    }
    return {
        **WholeSchema(graph.schema, known).documents(),
        **{f"node {number}": f"{{ node(id: {print_literal(number)}) {{ __typename id }} }}" for number in ids},
        "nodes": f"{{ nodes(ids: {print_literal(ids)}) {{ __typename id }} }}",
        "names": WITH_NAMES.format(project=print_literal(names["project"])),
        **{
            path: f'{{ resource(url: "{WEB}/{path.format(**names)}") {{ __typename ... on Node {{ id }} }} }}'
            for path in PAGES
        },
    }


def path_parameters(call):
    """The values in the path of a call, decoded."""
    template = PLACEHOLDER.sub(r"(?P<\1>[^/]+)", "/api/0" + CATALOGUE[call.endpoint].path)
    return {name: unquote(value) for name, value in re.fullmatch(template, call.path).groupdict().items()}


def is_narrowed(call, marks):
    """True when a call can reach the own project only, or its restriction is applied to the response."""
    restriction = CATALOGUE[call.endpoint].restriction
    if restriction.narrowing is Narrowing.QUERY:
        values = {value for name, value in call.query if name == restriction.name}
        return bool(values) and values <= marks.own
    if restriction.narrowing in NAMED_BY_PATH:
        return not marks.of(path_parameters(call)[restriction.name])
    if restriction.narrowing is Narrowing.BODY:
        return not marks.of(msgspec.json.decode(call.body))
    return restriction.narrowing in {Narrowing.RESPONSE, Narrowing.NOTHING}


def assert_unmarked(text, outcome, calls, marks, given=""):
    """Fail when an answer shows marked objects that were not given, or a call could read them."""
    assert [leaf for leaf in marks.of(outcome.decoded) if str(leaf) not in given] == [], text
    assert [call.path for call in calls if not is_narrowed(call, marks)] == [], text
    assert "INTERNAL" not in outcome.codes, text


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("which", ["own", "marked"])
async def test_nothing_out_of_reach_is_read(graph, sandbox, which):
    """By whatever name: no field, node or page shows an object of another project, or reads it at Sentry."""
    for text in documents_of(graph, getattr(sandbox, which)).values():
        outcome, calls = await sandbox.run(text)

        assert_unmarked(text, outcome, calls, sandbox.marks)


@pytest.mark.asyncio(loop_scope="module")
async def test_marks_are_seen_without_restriction(graph, sandbox):
    """The same documents show marked objects to others, through endpoints of every kind that is restricted."""
    seen = set()
    for text in documents_of(graph, sandbox.marked).values():
        outcome, calls = await sandbox.run(text, caller=EVERYWHERE)
        if sandbox.marks.of(outcome.decoded):
            seen |= {CATALOGUE[call.endpoint].restriction.narrowing for call in calls}
        if seen >= RESTRICTED_READS:
            break

    assert seen >= RESTRICTED_READS


@pytest.mark.asyncio(loop_scope="module")
async def test_own_objects_are_read(graph, sandbox):
    """What is in reach is found by its ID, as without a restriction; only members of the organization are refused."""
    for kind, ids in sandbox.own.ids.items():
        text = f"{{ node(id: {print_literal(ids[0])}) {{ id }} }}"
        outcome, _ = await sandbox.run(text)

        assert outcome.decoded == {"node": {"id": ids[0]}}, kind


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=max(60, settings.default.max_examples // 2))
@given(data=st.data())
async def test_random_documents_are_restricted(graph, sandbox, data):
    """Any document, of own and of marked names, on both engines."""
    known = data.draw(st.sampled_from([sandbox.own, sandbox.marked, sandbox.marked]))
    document = data.draw(documents(graph.schema, known, mutations=st.booleans()))

    outcome = await sandbox.run_on_both(document)

    given_names = f"{document.text} {document.variables}"
    assert [leaf for leaf in sandbox.marks.of(outcome.decoded) if str(leaf) not in given_names] == []
    assert [line for line in outcome.calls if MARK in line.lower() and not line.startswith("GET")] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_library_is_restricted(sandbox):
    """The documents of the library show other projects to nobody who may not reach them."""
    for document in load_library():
        if not document.text.startswith("subscription"):
            outcome, calls = await sandbox.run(document.text, document.variables)

            assert_unmarked(document.text, outcome, calls, sandbox.marks, str(document.variables))


SCALARS = {"Boolean": True, "Int": 60, "Float": 1.0, "String": "x", "JSON": {}, "DateTime": "2026-03-04T00:00:00Z"}
"""Values for required members of which no value is known."""
VALUES = {
    ("CronScheduleInput", "crontab"): "* * * * *",
    ("ConnectMonitorsInput", "disconnect"): [],
    ("AgeConditionInput", "direction"): Unquoted("OLDER"),
    ("MetricMeasureInput", "aggregate"): "count()",
}
WITHOUT_WRITES = {"uploadReleaseFile", "snoozeAlert", "unsnoozeAlert"}
"""Mutations that give an address to write to, or that change rules of older releases only."""
CHANGES = {
    ("UpdateIssueInput", "hasSeen"),
    ("UpdateMonitorInput", "name"),
    ("UpdateCronMonitorInput", "name"),
    ("UpdateSavedQueryInput", "name"),
    ("SetReleaseCommitsInput", "commits"),
}
"""Optional members without which a mutation changes nothing."""


class MutationWriter(WholeSchema):
    """Writes a mutation with its required members, and with the optional ones that make it change something."""

    def documents(self):
        """Name → document, for every mutation."""
        self._calling = frozenset()  # payloads are read with all that they lead to
        fields = self._schema.mutation_type.fields
        return {name: f"mutation {{ {self._read(name, of)} }}" for name, of in fields.items()}

    def _read(self, name, field):
        return f"{self._field(self._schema.mutation_type, name)} {self._selection(get_named_type(field.type), 2)}"

    def _value(self, kind, coordinate, name):
        if name == "dryRun":
            return False
        if (coordinate, name) == ("IssueSelection", "ids"):
            return self._known.ids["Issue"][:2]
        if (coordinate, name) in VALUES:
            return VALUES[coordinate, name]
        value = super()._value(kind, coordinate, name)
        return SCALARS.get(str(get_nullable_type(kind))) if value is None else value

    def _input(self, kind):
        members = super()._input(kind)
        chosen = {name: of.type for name, of in kind.fields.items() if (kind.name, name) in CHANGES}
        return members and members | {name: self._value(of, kind.name, name) for name, of in chosen.items()}


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_out_of_reach_is_changed(graph, sandbox):
    """No mutation of an object of another project sends a write, although it does for others."""
    for name, text in MutationWriter(graph.schema, sandbox.marked).documents().items():
        outcome, calls = await sandbox.run(text)
        unrestricted, _ = await sandbox.run(text, caller=EVERYWHERE)

        assert_unmarked(text, outcome, calls, sandbox.marks, text)
        assert outcome.writes == (), text
        assert bool(unrestricted.writes) is (name not in WITHOUT_WRITES), text


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("access", [AccessLevel.READ, AccessLevel.TRIAGE])
async def test_levels_bound_mutations(graph, sandbox, access):
    """A mutation above the caller's level is refused before any call; others are not."""
    levels = levels_of_mutations(graph)
    for name, text in MutationWriter(graph.schema, sandbox.own).documents().items():
        outcome, calls = await sandbox.run(text, caller=RestrictedCaller(access=access))

        if not access.includes(levels[name]):
            assert (outcome.decoded, outcome.codes, calls) == ({name: None}, ("FORBIDDEN",), []), text
        else:
            assert "nothing was changed" not in str(outcome.errors), text


@pytest.mark.asyncio(loop_scope="module")
async def test_every_field_is_selected(graph, sandbox):
    """No field of a query or of a mutation is missing in the documents above; those of streams have a module."""
    texts = documents_of(graph, sandbox.marked) | MutationWriter(graph.schema, sandbox.marked).documents()
    selected = set().union(*(selected_fields(graph.schema, text) for text in texts.values()))

    of_streams = stream_types(graph.schema)
    declared = {
        f"{kind.name}.{name}"
        for kind in graph.schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind.name not in of_streams
        for name in kind.fields
    }
    assert declared - selected == set()


def levels_of_mutations(graph):
    """The level that each mutation needs: the highest of the endpoints that it may call."""
    levels = dict.fromkeys(graph.schema.mutation_type.fields, AccessLevel.READ)
    for title, coordinates in fields_by_endpoint(graph.schema).items():
        access = ENDPOINTS[title].restriction.access
        for typename, _, name in (coordinate.partition(".") for coordinate in coordinates):
            if typename == "Mutation" and access.includes(levels[name]):
                levels[name] = access
    return levels
