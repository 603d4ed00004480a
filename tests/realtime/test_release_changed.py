"""The subscription `releaseChanged`: releases and deploys, as mutations and the poller report them."""

import aiohttp
import msgspec
import pytest

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.snapshots import ChangeSource, deploy_change, release_change
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from support.graph import ENGINES
from support.sandbox import NOON

ORGANIZATION = {"organization": {"slug": "acme"}}
WEB = {"release": {"version": "web@1.8.2"}, **ORGANIZATION}


def document(selection):
    """A subscription to the releases of acme."""
    return (
        "subscription ($filter: ReleaseChangeFilter, $after: String) {"
        f'releaseChanged(organization: {{ slug: "acme" }}, filter: $filter, after: $after) {{ {selection} }} }}'
    )


async def next_changes(items, count):
    """The changes of the next items, which have no errors."""
    answers = [await items.next() for _ in range(count)]
    assert all("errors" not in answer for answer in answers), answers
    return [answer["data"]["releaseChanged"]["change"] for answer in answers]


async def mutate(asker, name, /, **given):
    """Run a mutation that is not refused."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ message }} }} }}"
    answer = await asker.ask(document, input=given)
    assert (answer.errors, answer[name]["userErrors"]) == ([], [])


ALL = """position change { kind action origin version release { version status releasedAt projects { nodes { slug } } }
  deploy { environment name release { version } } }"""


@pytest.mark.parametrize("engine", ENGINES)
async def test_life_of_a_release(asker, engine):
    """Each mutation of a release is one change, with the release as it is afterwards."""
    new = {"release": {"version": "web@9.0.0"}, **ORGANIZATION}
    async with asker.following(document(ALL), engine=engine) as items:
        await mutate(asker, "createRelease", version="web@9.0.0", projects=[{"slug": "web"}], **ORGANIZATION)
        await mutate(asker, "finalizeRelease", **new, releasedAt="2026-03-04T12:00:00Z")
        await mutate(asker, "createDeploy", **new, environment={"name": "production"}, name="first")
        await mutate(asker, "archiveRelease", **new)
        await mutate(asker, "deleteRelease", **new)
        created, finalized, deployed, archived, deleted = await next_changes(items, 5)

    assert [change["kind"] for change in (created, finalized, deployed, archived, deleted)] == [
        "CREATED", "FINALIZED", "DEPLOYED", "UPDATED", "DELETED"
    ]  # fmt: skip
    assert {change["origin"] for change in (created, finalized, deployed, archived, deleted)} == {"MUTATION"}
    assert {change["version"] for change in (created, finalized, deployed, archived, deleted)} == {"web@9.0.0"}
    projects = {"nodes": [{"slug": "web"}]}
    assert created["release"] == {"version": "web@9.0.0", "status": "OPEN", "releasedAt": None, "projects": projects}
    assert finalized["release"]["releasedAt"] == "2026-03-04T12:00:00Z"
    assert deployed["deploy"] == {"environment": "production", "name": "first", "release": {"version": "web@9.0.0"}}
    assert archived["release"]["status"] == "ARCHIVED"
    assert (deleted["release"], deleted["deploy"], created["deploy"]) == (None, None, None)


async def test_second_creation_is_an_update(asker):
    """A creation that updates a release is an update."""
    async with asker.following(document("change { kind }")) as items:
        await mutate(asker, "createRelease", version="web@1.8.2", projects=[{"slug": "web"}], **ORGANIZATION)
        await mutate(asker, "updateRelease", **WEB, ref="main")
        await mutate(asker, "updateRelease", **WEB, releasedAt="2026-03-04T12:00:00Z")
        changes = await next_changes(items, 3)

    assert [change["kind"] for change in changes] == ["UPDATED", "UPDATED", "FINALIZED"]


FILTERS = {
    "kinds": ({"kinds": ["DEPLOYED", "FINALIZED"]}, ["FINALIZED", "DEPLOYED"]),
    "projects": ({"projects": [{"slug": "web"}]}, ["UPDATED", "FINALIZED", "DEPLOYED"]),
    "other projects": ({"projects": [{"slug": "api"}]}, ["CREATED"]),
    "versions": ({"versions": ["api@9.0.0", "web@0"]}, ["CREATED"]),
    "environments": ({"environments": [{"name": "production"}]}, ["DEPLOYED"]),
    "both": ({"projects": [{"slug": "web"}], "kinds": ["CREATED", "UPDATED"]}, ["UPDATED"]),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters(asker, name):
    """A change passes a filter when all given members match."""
    conditions, kinds = FILTERS[name]
    async with asker.following(document("change { kind }"), filter=conditions) as items:
        await mutate(asker, "createRelease", version="api@9.0.0", projects=[{"slug": "api"}], **ORGANIZATION)
        await mutate(asker, "archiveRelease", **WEB)
        await mutate(asker, "finalizeRelease", **WEB)
        await mutate(asker, "createDeploy", **WEB, environment={"name": "production"})
        changes = await next_changes(items, len(kinds))

    assert [change["kind"] for change in changes] == kinds


def polled(asker, kind, release):
    """The change of a release that a poller reports."""
    return release_change(kind, msgspec.json.encode(release), source_of(kind))


def source_of(kind):
    """The source of a change of a release that a poller reports."""
    return ChangeSource("acme", f"release.{kind}", Origin.POLL, None, NOON, NOON)


@pytest.mark.parametrize("projects", [["web", "api"], ["api"]])
async def test_release_takes_the_right_to_one_project(asker, projects):
    """A release with a project that the token may read reaches the subscriber; one without does not."""
    token = asker.server.world.tokens.web_only.text
    identity = Identity(Upstream(token, token), Reach.of(AccessLevel.READ), Caller("limited"))
    async with asker.following(document("change { version }"), identity=identity) as items:
        for version, slugs in (("some@1", projects), ("web@1.8.2", ["web"])):
            release = {"version": version, "projects": [{"slug": slug} for slug in slugs]}
            await asker.services.changes.publish(polled(asker, Kind.CREATED, release))
        visible = ["some@1", "web@1.8.2"] if "web" in projects else ["web@1.8.2"]
        changes = await next_changes(items, len(visible))

    assert [change["version"] for change in changes] == visible


async def test_poller_reports_the_same_facts(asker):
    """What a mutation has announced is no second change when the poller finds it."""
    after = await position(asker)
    await mutate(asker, "createRelease", version="web@9.0.0", projects=[{"slug": "web"}], **ORGANIZATION)
    new = {"release": {"version": "web@9.0.0"}, **ORGANIZATION}
    await mutate(asker, "finalizeRelease", **new)
    await mutate(asker, "createDeploy", **new, environment={"name": "production"})
    [release] = await rows(asker, "web@9.0.0")
    await asker.services.changes.publish(polled(asker, Kind.CREATED, release))
    await asker.services.changes.publish(polled(asker, Kind.FINALIZED, release))
    deploy = msgspec.json.encode(release["lastDeploy"])
    await asker.services.changes.publish(deploy_change("web@9.0.0", ("web",), deploy, source_of(Kind.DEPLOYED)))
    await mutate(asker, "archiveRelease", **new)
    async with asker.following(document("change { kind origin }"), after=after) as items:
        changes = await next_changes(items, 4)

    assert changes == [{"kind": kind, "origin": "MUTATION"} for kind in ("CREATED", "FINALIZED", "DEPLOYED", "UPDATED")]


async def position(asker):
    """The position before all changes of releases of a test."""
    async with asker.following(document("position")) as items:
        await mutate(asker, "updateRelease", **WEB, ref="main")
        return (await items.next())["data"]["releaseChanged"]["position"]


async def rows(asker, version):
    """The rows of the list of releases whose version begins so, as Sentry sends them."""
    url = f"{asker.server.url}/api/0/organizations/acme/releases/"
    headers = {"Authorization": f"Bearer {asker.server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url, params={"query": version}) as answer:
        return [row for row in await answer.json() if row["version"].startswith(version)]


@pytest.mark.parametrize("engine", ENGINES)
async def test_changes_without_their_object_are_loaded(asker, engine):
    """A change whose object is gone has the release and the deploy of Sentry."""
    release = next(row for row in await rows(asker, "web@") if row["lastDeploy"])
    version, deploy = release["version"], msgspec.json.encode(release["lastDeploy"])
    updated = polled(asker, Kind.UPDATED, release)
    deployed = deploy_change(version, ("web",), deploy, source_of(Kind.DEPLOYED))
    async with asker.following(document(ALL), engine=engine) as items:
        for change in (updated, deployed):
            await asker.services.changes.publish(msgspec.structs.replace(change, object=None))
        first, second = await next_changes(items, 2)

    assert (first["release"]["version"], first["deploy"]) == (version, None)
    assert second["deploy"]["environment"] == release["lastDeploy"]["environment"]
    assert second["deploy"]["release"] == {"version": version}
