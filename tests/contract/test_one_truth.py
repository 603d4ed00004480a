"""Values of an object do not depend on the representation that they were read from.

Every field that makes no call is compared between each representation of an entity and what `node` finds by its ID. A
field that Sentry gives with another meaning in one of them is served by the other one alone, or has another name.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest

from dexter_graphql.graph.declarations.binder import BOUND
from dexter_graphql.graph.declarations.fields import EMBEDDED
from dexter_graphql.graph.declarations.resolvers.link import BoundLink
from dexter_graphql.loaders.events import DISCOVER_FIELDS
from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.snapshots import ChangeSource, issue_change
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.status_updates import Resolution
from support.graph import open_graph_client
from support.representations import is_impersonal, served_selection
from support.simulated_changes import SimulatedChanges

MAX_OBJECTS = 5
"""Objects of each representation that are compared."""


@dataclass(frozen=True)
class Representation:
    """Where an entity comes in a representation: a path below the organization, in which FIELDS are its fields."""

    typename: str
    path: str
    link: str = ""
    """Coordinate of the link that embeds the entity; only what it embeds is compared."""
    is_light: bool = False
    """True for events of Discover; only what it has is compared."""

    def selection(self, graph):
        """The fields that the representation has."""
        return served_selection(graph, self.typename, self._filter(graph))

    def with_fields(self, selection):
        """The path with these fields."""
        return self.path.replace("FIELDS", f"... on {self.typename} {{ {selection} }}")

    def _filter(self, graph):
        if self.is_light:
            return lambda bound: bound.is_in("light") and _attrs(bound) <= DISCOVER_FIELDS.keys()
        if self.link:
            typename, _, field = self.link.partition(".")
            link = graph.schema.type_map[typename].fields[field].extensions[BOUND]
            wires = link.by_typename[self.typename].wires
            return lambda bound: bound.is_in(EMBEDDED) and _attrs(bound) <= wires.keys()
        return lambda _bound: True


def _attrs(bound):
    return {member.attr for member in bound.own_members()}


REPRESENTATIONS = {
    "issues of a list": Representation("Issue", "issues(first: 20) { nodes { FIELDS } }"),
    "issues of a list in a time range": Representation(
        "Issue",
        'issues(first: 20, range: { last: "24h" }, filter: {environments: {name: "production"}}) { nodes { FIELDS } }',
    ),
    "issues of a release": Representation(
        "Issue", "releases(first: 9) { nodes { newIssues(first: 1) { nodes { FIELDS } } } }"
    ),
    "issues of events": Representation(
        "Issue", 'project(slug: "web") { events(first: 5) { nodes { issue { FIELDS } } } }'
    ),
    "events of issues": Representation("Event", "issues(first: 4) { nodes { events(first: 2) { nodes { FIELDS } } } }"),
    "events of a project": Representation("Event", 'project(slug: "web") { events(first: 5) { nodes { FIELDS } } }'),
    "events by their place in an issue": Representation("Event", "issues(first: 4) { nodes { event { FIELDS } } }"),
    "newest events": Representation("Event", "issues(first: 20) { nodes { latestEvent { FIELDS } } }", is_light=True),
    "events of hashes": Representation(
        "Event",
        "issues(first: 4) { nodes { hashes(first: 1) { nodes { latestEvent { FIELDS } } } } }",
        link="IssueHash.latestEvent",
    ),
    "projects of a list": Representation("Project", "projects { nodes { FIELDS } }"),
    "project by slug": Representation("Project", 'project(slug: "web") { FIELDS }'),
    "projects of issues": Representation("Project", "issues { nodes { project { FIELDS } } }", link="Issue.project"),
    "projects of teams": Representation(
        "Project", "teams { nodes { projects { nodes { FIELDS } } } }", link="Team.projects"
    ),
    "projects of releases": Representation(
        "Project", "releases { nodes { projects { nodes { FIELDS } } } }", link="Release.projects"
    ),
    "releases of a list": Representation("Release", "releases { nodes { FIELDS } }"),
    "releases of a project": Representation("Release", 'project(slug: "web") { releases { nodes { FIELDS } } }'),
    "releases of issues": Representation(
        "Release",
        "issues(first: 4) { nodes { firstRelease { FIELDS } lastRelease { FIELDS } } }",
        link="Issue.firstRelease",
    ),
    "releases of projects": Representation(
        "Release", "projects { nodes { latestRelease { FIELDS } } }", link="Project.latestRelease"
    ),
    "releases of commits": Representation(
        "Release", "releases(first: 2) { nodes { commits(first: 2) { edges { releases { FIELDS } } } } }"
    ),
    "commits of a release": Representation("Commit", "releases(first: 4) { nodes { commits { nodes { FIELDS } } } }"),
    "commits of a repository": Representation("Commit", "repositories { nodes { commits { nodes { FIELDS } } } }"),
    "last commits": Representation("Commit", "releases { nodes { lastCommit { FIELDS } } }"),
    "deploys of a release": Representation("Deploy", "releases { nodes { deploys { nodes { FIELDS } } } }"),
    "changed files": Representation("CommitFile", "releases { nodes { commitFiles { nodes { FIELDS } } } }"),
    "files of a release": Representation("ReleaseFile", "releases(first: 60) { nodes { files { nodes { FIELDS } } } }"),
    "files of a release in a project": Representation(
        "ReleaseFile",
        'release(version: "web@1.7.3") { projects { edges { inRelease { files { nodes { FIELDS } } } } } }',
    ),
    "last deploys": Representation("Deploy", "releases { nodes { lastDeploy { FIELDS } } }"),
    "issue views": Representation("IssueView", "issueViews { nodes { FIELDS } }"),
    "issue views of others": Representation("IssueView", "issueViews(createdBy: OTHERS) { nodes { FIELDS } }"),
    "saved queries": Representation("SavedQuery", "savedQueries { nodes { FIELDS } }"),
    "traces of rows": Representation(
        "Trace", 'discover(dataset: ERRORS, search: "level:error", first: 2) { nodes { trace { FIELDS } } }'
    ),
    "trace by ID": Representation("Trace", 'trace(traceId: "d82dba47d82dba47d82dba47d82dba47") { FIELDS }'),
    "changes of flags": Representation("FlagChange", "flagChanges { nodes { FIELDS } }"),
    "repositories of a list": Representation("Repository", "repositories { nodes { FIELDS } }"),
    "repositories of commits": Representation(
        "Repository",
        "releases(first: 4) { nodes { commits { nodes { repository { FIELDS } } } } }",
        link="Commit.repository",
    ),
    "teams of a list": Representation("Team", "teams { nodes { FIELDS } }"),
    "team by slug": Representation("Team", 'team(slug: "web") { FIELDS }'),
    "teams of projects": Representation(
        "Team", "projects { nodes { teams { nodes { FIELDS } } } }", link="Project.teams"
    ),
    "teams that issues are assigned to": Representation(
        "Team", "issues(first: 50) { nodes { assignee { FIELDS } } }", link="Issue.assignee"
    ),
    "members of a list": Representation("Member", "members(first: 5) { nodes { FIELDS } }"),
    "users of members": Representation("User", "members(first: 5) { nodes { user { FIELDS } } }", link="Member.user"),
    "users that issues are assigned to": Representation(
        "User", "issues(first: 50) { nodes { assignee { FIELDS } } }", link="Issue.assignee"
    ),
    "users who act on issues": Representation(
        "User", "issues(first: 9) { nodes { activity { nodes { actor { FIELDS } } } } }", link="IssueActivity.actor"
    ),
    "owners of releases": Representation(
        "User", "releases { nodes { owner { ... on User { FIELDS } } } }", link="Release.owner"
    ),
    "organization by slug": Representation("Organization", "FIELDS"),
    "organization of an object": Representation(
        "Organization", "teams(first: 1) { nodes { organization { FIELDS } } }"
    ),
    "environments": Representation("OrganizationEnvironment", "environments { nodes { FIELDS } }"),
    "environments of a project": Representation(
        "ProjectEnvironment", 'project(slug: "web") { environments { nodes { FIELDS } } }'
    ),
    "comments": Representation("Comment", "issues(first: 30) { nodes { comments { nodes { FIELDS } } } }"),
    "reports of users": Representation(
        "UserReport", "issues(first: 50) { nodes { userReports { nodes { FIELDS } } } }"
    ),
    "activity": Representation("IssueActivity", "issues(first: 4) { nodes { activity { nodes { FIELDS } } } }"),
    "links": Representation("ExternalIssue", "issues(first: 30) { nodes { externalIssues { FIELDS } } }"),
    "attachments": Representation(
        "Attachment", "issues(first: 40) { nodes { event(which: LATEST) { attachments { FIELDS } } } }"
    ),
    "keys": Representation("ClientKey", 'project(slug: "web") { keys { nodes { FIELDS } } }'),
    "alerts": Representation("Alert", "alerts(first: 5) { nodes { FIELDS } }"),
    "alerts of monitors": Representation("Alert", "monitors(first: 5) { nodes { alerts { nodes { FIELDS } } } }"),
    "integrations": Representation("Integration", "integrations { nodes { FIELDS } }"),
    "monitors of alerts": Representation(
        "MetricMonitor", "alerts(first: 9) { nodes { monitors { nodes { FIELDS } } } }"
    ),
    **{
        f"monitors of a list, {typename}": Representation(typename, "monitors(first: 100) { nodes { FIELDS } }")
        for typename in ("MetricMonitor", "UptimeMonitor", "CronMonitor", "ErrorMonitor", "IssueStreamMonitor")
    },
    "apps": Representation("AppInstallation", "appInstallations { nodes { FIELDS } }"),
}


TYPENAMES = sorted({representation.typename for representation in REPRESENTATIONS.values()})
UNSEEN = {"UnknownMonitor"}
"""Types of which the sandbox has no object."""


@pytest.mark.parametrize("typename", TYPENAMES)
async def test_every_representation_gives_the_same_values(asker, graph, typename):
    """The fields that a representation has are equal to those of the object that `node` finds."""
    for name, representation in REPRESENTATIONS.items():
        if representation.typename == typename:
            selection = representation.selection(graph)
            path = representation.with_fields(selection)

            answer = await asker.ask(f'{{ organization(slug: "acme") {{ {path} }} }}')

            objects = objects_of(answer.data, typename)[:MAX_OBJECTS]
            assert (answer.errors, bool(objects)) == ([], True), name
            for item in objects:
                assert await found_again(asker, item, selection) == item, name


def test_table_names_every_entity_and_every_embedded_form(graph):
    """A new entity, or one that is embedded with other members, is compared too."""
    nodes = {kind.name for kind in graph.schema.get_possible_types(graph.schema.type_map["Node"])}
    links = {
        link.coordinate: link
        for name in nodes
        for field in graph.schema.type_map[name].fields.values()
        if isinstance(link := field.extensions[BOUND], BoundLink)
    }
    named = {representation.link for representation in REPRESENTATIONS.values()}
    compared = {members for coordinate in named & links.keys() for members in embedded_members(links[coordinate])}

    assert nodes - UNSEEN == set(TYPENAMES)
    assert {members for link in links.values() for members in embedded_members(link)} == compared


async def test_organizations_of_a_list_give_the_same_values(asker, graph):
    """They are the root of all paths."""
    selection = served_selection(graph, "Organization")

    answer = await asker.ask(f"{{ organizations {{ nodes {{ {selection} }} }} }}")

    for item in answer["organizations"]["nodes"]:
        assert await found_again(asker, item, selection) == item


@pytest.mark.parametrize("count", [1, 3])
async def test_answers_of_writes_give_the_same_values(asker, graph, count):
    """A single issue is answered by the write, several follow from the answer of the bulk write and a list."""
    selection = served_selection(graph, "Issue")
    issues = await asker.organization(
        f'issues(first: {count}, filter: {{ projects: [{{ slug: "web" }}] }}) {{ nodes {{ id }} }}'
    )
    ids = [node["id"] for node in issues["issues"]["nodes"]]
    document = f"""mutation ($ids: [ID!]!) {{
      resolveIssues(input: {{ issues: {{ ids: $ids }}, in: {{ nextRelease: true }} }}) {{
        results {{ issue {{ {selection} }} }} }} }}"""

    answer = await asker.ask(document, ids=ids)

    written = [result["issue"] for result in answer["resolveIssues"]["results"]]
    assert len(written) == count
    for item in written:
        assert await found_again(asker, item, selection) == item


async def test_webhooks_give_the_same_values(asker, graph):
    """The issue of a webhook is served without a call; what is personal to the token's user is not in it."""
    selection = served_selection(graph, "Issue", is_impersonal)
    issue = next(issue for issue in asker.acme.issues.values() if issue.is_error and issue.project.slug == "web")
    events = []
    asker.server.world.listeners.append(events.append)
    IssueEditor(asker.server.world, asker.acme, asker.server.world.users[0]).resolve(issue, Resolution())
    now = datetime(2026, 3, 4, tzinfo=UTC)
    source = ChangeSource("acme", "resolved", Origin.WEBHOOK, None, now, now)
    body = msgspec.json.encode(next(event.data["issue"] for event in events if event.resource == "issue"))

    subscription = (
        f'subscription {{ issueChanged(organization: {{ slug: "acme" }}) {{ change {{ issue {{ {selection} }} }} }} }}'
    )
    async with asker.following(subscription) as items:
        await asker.services.changes.publish(issue_change(Kind.RESOLVED, body, source))
        item = await items.next()

    announced = item["data"]["issueChanged"]["change"]["issue"]
    assert await found_again(asker, announced, selection) == announced


STREAMED = {
    "event": ("Event", "alertFired", "event", lambda simulation: simulation.open_issue()),
    "issue": ("Issue", "alertFired", "issue", lambda simulation: simulation.fix_issue()),
}
"""Objects of the webhooks about alerts: type, subscription, field, and what makes the simulation send one."""


@pytest.mark.parametrize("name", STREAMED)
async def test_webhooks_of_alerts_give_the_same_values(asker, graph, name):
    """The objects in webhooks about alerts have the values that they have everywhere."""
    typename, field, member, cause = STREAMED[name]
    selection = served_selection(graph, typename, is_impersonal)
    document = f'{field}(organization: {{ slug: "acme" }}) {{ change {{ {member} {{ {selection} }} }} }}'
    changes = SimulatedChanges(asker, "event_alert", "activity_alert")
    async with asker.following(f"subscription {{ {document} }}") as items:
        cause(changes.simulation)
        await changes.publish()
        item = await items.next()

    assert "errors" not in item, item["errors"]
    streamed = item["data"][field]["change"][member]
    assert await found_again(asker, streamed, selection) == streamed


async def test_releases_of_mutations_give_the_same_values(asker, graph):
    """The release and the deploy in the changes of mutations have the values that they have everywhere."""
    selections = {name: served_selection(graph, name.title()) for name in ("release", "deploy")}
    selected = " ".join(f"{name} {{ {selection} }}" for name, selection in selections.items())
    document = f'releaseChanged(organization: {{ slug: "acme" }}) {{ change {{ {selected} }} }}'
    target = 'release: { version: "web@1.8.2" } organization: { slug: "acme" }'
    async with asker.following(f"subscription {{ {document} }}") as items:
        for name, given in (("createDeploy", 'environment: { name: "production" }'), ("archiveRelease", "")):
            await asker.ask(f"mutation {{ {name}(input: {{ {target} {given} }}) {{ userErrors {{ code }} }} }}")
        changes = [(await items.next())["data"]["releaseChanged"]["change"] for _ in range(2)]

    deployed, archived = changes
    for name, streamed in (("release", archived["release"]), ("deploy", deployed["deploy"])):
        assert await found_again(asker, streamed, selections[name]) == streamed


@pytest.mark.parametrize(
    "name",
    [
        "issues of a list in a time range",
        "events of issues",
        "newest events",
        "releases of issues",
        "projects of issues",
        "teams that issues are assigned to",
        "users that issues are assigned to",
        "organization of an object",
    ],
)
async def test_order_of_reading_does_not_matter(asker, graph, name):
    """An object has one value of each field, whichever way it is read first, in one document and from the caches."""
    representation = REPRESENTATIONS[name]
    selection = representation.selection(graph)
    path = representation.with_fields(selection)
    listed = f'listed: organization(slug: "acme") {{ {path} }}'
    answer = await asker.ask(f"{{ {listed} }}")
    item = objects_of(answer.data, representation.typename)[0]
    alone = f'alone: node(id: "{item["id"]}") {{ ... on {representation.typename} {{ {selection} }} }}'
    answers = []

    for documents in ([listed, alone], [alone, listed], [f"{listed} {alone}"], [f"{alone} {listed}"]):
        async with open_graph_client(graph, asker.server) as reader:
            answers += [await reader.ask(f"{{ {document} }}") for document in documents * 2]

    assert [answer.errors for answer in answers if answer.errors] == []
    objects = [each for answer in answers for each in objects_of(answer.data, representation.typename)]
    same = [each for each in objects if each["id"] == item["id"]]
    assert len(same) >= len(answers)
    assert all(each == item for each in same)


def embedded_members(link):
    """Type and members of each entity that a link embeds."""
    return {(typename, frozenset(embedded.wires)) for typename, embedded in link.by_typename.items()}


def objects_of(value, typename):
    """The objects of a type in an answer, each once."""
    if isinstance(value, list):
        return list({item["id"]: item for part in value for item in objects_of(part, typename)}.values())
    if not isinstance(value, dict):
        return []
    if value.get("__typename") == typename:
        return [value]
    return objects_of(list(value.values()), typename)


async def found_again(asker, item, selection):
    """The object that `node` finds by the ID of another one."""
    document = f"query ($id: ID!) {{ node(id: $id) {{ ... on {item['__typename']} {{ {selection} }} }} }}"
    answer = await asker.ask(document, id=item["id"])
    assert answer.errors == []
    return answer["node"]
