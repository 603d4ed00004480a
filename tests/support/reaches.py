"""A sandbox in which all that belongs to other projects than one is marked, for callers who may reach that one only."""

import base64
import binascii
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import msgspec

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sandbox import Vintage
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.http.transport import Transport
from dexter_graphql.sentry.restriction import AccessLevel
from support.documents import Document
from support.engines import Engines, engines_of
from support.known_values import VALUES_QUERY, KnownValues, collect_known_values
from support.recorded import RecordedAnswers
from support.recorded_engines import RecordedEngines, StoppedClock
from support.sandbox import running_sandbox

MARK = "foreign"
OWN = "api"
"""Project of `acme` that the restricted caller may reach; another one comes before it in all lists."""
REACH = frozenset({f"acme/{OWN}"})
WORD = re.compile(r"[0-9A-Za-z]+")
SHORTEST_ID = 6
"""Characters of an ID that no other value equals by chance."""
MANY_VALUES = (
    re.sub(r"first: \d+", "first: 40", VALUES_QUERY).removesuffix("} }")
    + """
  files: releases(first: 40) { nodes { files(first: 2) { nodes { __typename id } } } }
  linked: issues(first: 40, filter: { isLinked: true }) { nodes { externalIssues { __typename id } } } } }"""
)
ID_TYPES = {
    ("UpdateMonitorInput", "id"): "MetricMonitor",
    ("DeleteMonitorsInput", "ids"): "MetricMonitor",
    ("SetMonitorsEnabledInput", "ids"): "MetricMonitor",
    ("IntegrationReference", "id"): "Integration",
    ("AppInstallationReference", "id"): "AppInstallation",
}
"""Type whose ID an input member of a mutation takes."""
MARKED_NAMES = {
    "projects": ("slug", "name"),
    "teams": ("slug", "name"),
    "issues": ("short_id", "title", "value", "culprit", "transaction"),
    "releases": ("version",),
    "detectors": ("name",),
    "monitors": ("slug", "name"),
    "workflows": ("name",),
    "issue_rules": ("name",),
    "metric_rules": ("name",),
}
"""Kind of object in the sandbox's data → members that get the mark."""


@dataclass(frozen=True)
class RestrictedCaller:
    """Kind of caller: with these projects and this access level."""

    projects: frozenset[str] | None = REACH
    access: AccessLevel = AccessLevel.ADMIN

    def identity(self, token):
        """The caller's identity with that upstream token."""
        reach = Reach.of(self.access, self.projects)
        return Identity(Upstream("test", token), reach, Caller("restricted"), is_shared_token=True)


RESTRICTED = RestrictedCaller()
EVERYWHERE = RestrictedCaller(projects=None)


@dataclass
class Marks:
    """What is marked: texts with the mark, and the IDs of objects that do not belong to the own project."""

    ids: set[str] = field(default_factory=set)
    own: frozenset[str] = frozenset()
    """ID and slug of the own project."""
    renamed: dict[str, str] = field(default_factory=dict)
    """The former names of the marked objects and their names with the mark."""

    def of(self, value):
        """The leaves of decoded JSON that are marked."""
        return [leaf for leaf in _leaves(value) if any(map(self.is_marked, (str(leaf), _decoded(leaf))))]

    def is_marked(self, text):
        """True for a text with the mark, the ID of a marked object, or another organization's name."""
        return MARK in text.lower() or "globex" in text or not self.ids.isdisjoint(WORD.findall(text))


def mark(organization):
    """Mark what does not belong to the own project; one release and one alert belong to it and to another one."""
    own = organization.find_project(OWN)
    share(organization, own)
    marks = Marks(own=frozenset({own.id, own.slug}))
    own_ids = set()
    for kind, names in MARKED_NAMES.items():
        objects = getattr(organization, kind)
        for item in objects.values() if isinstance(objects, dict) else objects:
            if own in projects_of(item, organization):
                own_ids.add(str(item.id))
                continue
            marks.ids |= {str(item.id)} | set(ids_within(item))
            for name in names:
                marked = f"{MARK}-{getattr(item, name)}"
                marked = marked.upper() if name == "short_id" else marked
                marks.renamed.setdefault(getattr(item, name), marked)
                setattr(item, name, marked)
    for source in (source for detector in organization.detectors for source in detector.data_sources):
        slug = source["queryObj"].get("slug")
        source["queryObj"] |= {"slug": marks.renamed.get(slug, slug)} if slug else {}
    own_ids |= {change.id for change in organization.flag_changes}
    marks.ids = {number for number in marks.ids if len(number) >= SHORTEST_ID} - own_ids
    return marks


def share(organization, own):
    """Let a release and an alert of the own project belong to another one, too."""
    other = organization.projects[0]
    release = next(release for release in reversed(organization.releases) if own in release.projects)
    release.projects.insert(0, other)
    own_ids = {detector.id for detector in organization.detectors if detector.project_id == own.id}
    foreign = next(detector for detector in organization.detectors if detector.project_id == other.id)
    workflow = next(workflow for workflow in organization.workflows if own_ids.intersection(workflow.detector_ids))
    workflow.detector_ids.insert(0, foreign.id)
    foreign.workflow_ids.append(workflow.id)


def projects_of(item, organization):
    """The projects that an object of the sandbox's data belongs to."""
    kind = type(item).__name__
    if kind == "Project":
        return [item]
    if kind == "Team":
        return [project for project in organization.projects if item in project.teams]
    if kind == "Workflow":
        detectors = [one for one in organization.detectors if one.id in item.detector_ids]
        return [organization.find_project(one.project_id) for one in detectors]
    if hasattr(item, "projects"):
        return item.projects
    return [item.project if hasattr(item, "project") else organization.find_project(item.project_id)]


def ids_within(item):
    """The IDs of the objects in an object."""
    yield from (event.id for event in getattr(item, "events", ()))
    yield from getattr(item, "hashes", ())
    yield from (activity.id for activity in getattr(item, "activity", ()))
    yield from (deploy.id for deploy in getattr(item, "deploys", ()))
    yield from (check_in.id for check_in in getattr(item, "check_ins", ()))
    for key in getattr(item, "keys", ()):
        yield from (key.public, key.secret)


@dataclass(frozen=True)
class MarkedValues(KnownValues):
    """Existing values by which a client would name marked objects."""

    renamed: dict[str, str] = field(default_factory=dict)

    def types(self, coordinate, name):
        """Types with existing ids that an argument or input member takes."""
        named = [kind for kind in self.ids if kind in coordinate and name in {"id", "ids"}]
        id_type = ID_TYPES.get((coordinate, name)) or max(named, key=len, default=None)
        types = super().types(coordinate, name)
        return [id_type] if id_type and len(types) != 1 else types

    def values(self, coordinate, name, kind):
        """The marked values of an argument or an input member, where there are any."""
        values = super().values(coordinate, name, kind)
        return [self.renamed[value] for value in values if value in self.renamed] or values


def marked_values(known, marks):
    """The marked ones of the known values; all of them of a kind of which none is marked."""
    ids = {kind: [number for number in ids if marks.of(number)] or ids for kind, ids in known.ids.items()}
    event_ids = [number for number in known.event_ids if marks.of(number)]
    return MarkedValues(ids, event_ids, known.cursors, marks.renamed)


@dataclass(frozen=True)
class MarkedSandbox:
    """An engine over a marked sandbox. `own` are the values that the restricted caller sees, `marked` others."""

    sides: RecordedEngines
    engines: Engines
    marks: Marks
    own: KnownValues = None
    marked: KnownValues = None

    async def run(self, text, variables=None, caller=RESTRICTED):
        """The outcome of a document and the calls that it took."""
        side = self.sides.alone(self.engines.interpreted, caller)
        return await side.run(Document(text, variables)), side.calls

    async def run_on_both(self, document):
        """The outcome of a document of the restricted caller, in which both engines agree."""
        return await self.sides.pair(self.engines, asking=RESTRICTED).agreed(document)


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _decoded(leaf):
    """What a global ID holds; empty for other values."""
    try:
        return base64.urlsafe_b64decode(f"{leaf}{'=' * (-len(str(leaf)) % 4)}").decode()
    except (binascii.Error, ValueError):
        return ""


@asynccontextmanager
async def run_marked_sandbox(graph, vintage=Vintage.SAAS):
    """An engine over two marked sandboxes, one for reads and one for writes, until the block ends."""
    clock = StoppedClock()
    wire = Transport(clock)
    async with running_sandbox(clock, vintage) as reads, running_sandbox(clock, vintage) as writes:
        marks, _ = [mark(server.world.find_organization("acme")) for server in (reads, writes)]

        async def write(call):
            return await wire(msgspec.structs.replace(call, host=writes.url))

        sides = RecordedEngines(graph, RecordedAnswers(wire, write), reads)
        try:
            yield await _with_values(graph, sides, marks)
        finally:
            await wire.close()


async def _with_values(graph, sides, marks):
    engines = engines_of(graph)
    await sides.load(engines)
    sandbox = MarkedSandbox(sides, engines, marks)
    everything, _ = await sandbox.run(MANY_VALUES, caller=EVERYWHERE)
    assert not everything.is_request_error, everything.errors
    own, _ = await sandbox.run(MANY_VALUES)
    marked = marked_values(collect_known_values(everything.decoded), marks)
    return replace(sandbox, own=collect_known_values(own.decoded), marked=marked)
