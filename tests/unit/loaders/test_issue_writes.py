"""Writes to issues: in which calls they go out, and what became of each issue when some of them are refused."""

import pytest

from dexter_graphql.graph.context import Context
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.writes import delete_issues, look_at_issues, merge_issues, update_issues
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import internal_error
from dexter_graphql.sentry.errors import BadRequest, Forbidden, MissingRoute, RateLimited, Unavailable

LIST = "/organizations/{organization}/issues/"
ISSUE = "/organizations/{organization}/issues/{issue}/"
RESOLVED = {"status": "resolved", "statusDetails": {}}
NEXT = {"inNextRelease": True}


class Writer:
    """Writes as one operation does, and counts the calls that arrive since it was made."""

    def __init__(self, asker, organizations):
        self.asker = asker
        self.context = Context(asker.services, asker.identity, "request")
        self.load_context = self.context.loaders.load_context("Issue", None, None, self.context)
        self.organizations = organizations
        self._already = len(asker.server.requests)

    @property
    def calls(self):
        """Calls since it was made: method and route."""
        return [(call.method, call.route) for call in self.requests]

    @property
    def requests(self):
        """Calls since it was made."""
        return list(self.asker.server.requests)[self._already :]

    def keys(self, issues, slug="acme"):
        """Keys of issues."""
        return [IssueKey(self.organizations[slug], one.id) for one in issues]


@pytest.fixture
async def writer(asker):
    """A writer that knows both organizations."""
    context = Context(asker.services, asker.identity, "request")
    found = {slug: await asker.services.organizations.find(context.call_context, slug) for slug in ("acme", "globex")}
    writer = Writer(asker, found)
    yield writer
    await writer.context.close()


def some(asker, number, project="web", slug="acme"):
    """The first so many issues of a project that group errors."""
    world = asker.server.world.find_organization(slug)
    return [one for one in world.issues.values() if one.project.slug == project and one.is_error][:number]


async def test_one_issue_is_one_call(asker, writer):
    """The answer to the write of one issue is the issue, so nobody looks afterwards."""
    [issue] = some(asker, 1)
    [key] = writer.keys([issue])

    written = await update_issues([key], RESOLVED, writer.load_context)

    assert writer.calls == [("PUT", ISSUE)]
    assert list(written.found) == [key]
    assert (written.refused, written.absent, issue.status) == ({}, [], "resolved")


async def test_several_issues_are_a_write_and_a_look(asker, writer):
    """The bulk write does not tell the issues, so one list does."""
    issues = some(asker, 5)
    keys = writer.keys(issues)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert writer.calls == [("PUT", LIST), ("GET", LIST)]
    assert set(written.found) == set(keys)
    assert {one.status for one in issues} == {"resolved"}


@pytest.mark.parametrize(("number", "chunks"), [(99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
async def test_hundreds_go_out_in_chunks(asker, writer, number, chunks):
    """A call changes a hundred issues at most, and every issue is in one call."""
    issues = some(asker, number)

    written = await update_issues(writer.keys(issues), RESOLVED, writer.load_context)

    puts = [request for request in writer.requests if request.method == "PUT"]
    assert [len(request.query) for request in puts] == chunks
    assert [value for request in puts for _, value in request.query] == [one.id for one in issues]
    assert {one.status for one in issues} == {"resolved"}
    assert len(written.found) == number


async def test_absent_issue_is_told(asker, writer):
    """What Sentry does not have is absent, whether it was written alone or with others."""
    here, *gone = some(asker, 3)
    for one in gone:
        del asker.acme.issues[one.id]
    keys = writer.keys([here, *gone])

    many = await update_issues(keys, RESOLVED, writer.load_context)
    alone = await update_issues(keys[1:2], RESOLVED, writer.load_context)

    assert (list(many.found), many.absent, many.refused) == (keys[:1], keys[1:], {})
    assert (alone.found, alone.absent, alone.refused) == ({}, keys[1:2], {})


async def test_bulk_without_any_match(asker, writer):
    """Sentry answers 204 when it has none of them; all are absent, and nothing is refused."""
    issues = some(asker, 2)
    for one in issues:
        del asker.acme.issues[one.id]
    keys = writer.keys(issues)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert [request.status for request in writer.requests] == [204, 200]
    assert (written.found, written.refused, written.absent) == ({}, {}, keys)


async def test_refused_hundred_is_tried_by_project(asker, writer):
    """A release that one project has resolves that project's issues; only the others carry the refusal."""
    web, api = some(asker, 2, "web"), some(asker, 2, "api")
    here, there = web[0].project, api[0].project
    release = next(one for one in asker.acme.releases if here in one.projects and there not in one.projects)
    keys = writer.keys([*web, *api])
    body = {"status": "resolved", "statusDetails": {"inRelease": release.version}}

    written = await update_issues(keys, body, writer.load_context)

    assert {one.status_details.get("inRelease") for one in web} == {release.version}
    assert {one.status for one in api} == {"unresolved"}
    assert set(written.refused) == set(keys[2:])
    assert set(written.changed()) == set(keys[:2])
    assert {type(error) for error in written.refused.values()} == {BadRequest}
    assert writer.calls == [("PUT", LIST), ("GET", LIST), ("PUT", LIST), ("PUT", LIST), ("GET", LIST)]


async def test_refused_for_one_project_is_not_tried_again(asker, writer):
    """When all are of one project, trying again by project would be the same call."""
    issues = some(asker, 3)
    keys = writer.keys(issues)
    body = {"status": "resolved", "statusDetails": {"inRelease": "nope@1"}}

    written = await update_issues(keys, body, writer.load_context)

    assert set(written.refused) == set(keys)
    assert writer.calls == [("PUT", LIST), ("GET", LIST), ("GET", LIST)]


async def test_absent_issue_of_a_refused_write_is_absent(asker, writer):
    """What is not there is told as absent, even though Sentry refused the call that named it."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    here_key, gone_key = writer.keys([here, gone])
    body = {"status": "resolved", "statusDetails": {"inRelease": "nope@1"}}

    written = await update_issues([here_key, gone_key], body, writer.load_context)

    assert (list(written.refused), written.absent) == ([here_key], [gone_key])


async def test_forbidden_chunk_leaves_the_others(asker, writer):
    """A chunk that fails carries its failure; the other chunk is written."""
    issues = some(asker, 150)
    keys = writer.keys(issues)
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=403, body={"detail": "No."}))

    written = await update_issues(keys, {"status": "resolved", "statusDetails": NEXT}, writer.load_context)

    assert [one.id for one in issues if one.status_details == NEXT] == [one.id for one in issues[100:]]
    assert list(written.refused) == keys[:100]
    assert {type(error) for error in written.refused.values()} == {Forbidden}
    assert set(written.changed()) == set(keys[100:])


async def test_forbidden_organization_leaves_the_other(asker, writer):
    """An organization where the token may not write does not keep the issues of another from being written."""
    acme, globex = some(asker, 2), some(asker, 2, "store", "globex")
    keys = [*writer.keys(acme), *writer.keys(globex, "globex")]
    asker.server.faults.add(Fault(method="PUT", route="/organizations/acme/issues/", status=403, times=None))

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert [one.status for one in acme] == ["unresolved"] * 2
    assert [one.status for one in globex] == ["resolved"] * 2
    assert {key: type(error) for key, error in written.refused.items()} == dict.fromkeys(keys[:2], Forbidden)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (500, {}, Unavailable),
        (403, {}, Forbidden),
        # Longer than the operation may take, so that nobody waits for it.
        (429, {"Retry-After": "50"}, RateLimited),
        (404, {}, MissingRoute),
    ],
)
async def test_nothing_written_raises(asker, writer, status, headers, kind):
    """When every call fails for a reason that is not the issues', that reason is raised, once for all."""
    issues = some(asker, 150)
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=status, headers=headers, times=None))

    with pytest.raises(kind) as caught:
        await update_issues(writer.keys(issues), RESOLVED, writer.load_context)

    assert caught.value.title == f"PUT {LIST}"


async def test_write_that_cannot_be_seen_is_done(asker, writer):
    """When the look afterwards fails, the write stands all the same."""
    issues = some(asker, 3)
    keys = writer.keys(issues)
    asker.server.faults.add(internal_error(), method="GET", route=LIST, times=None)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert {one.status for one in issues} == {"resolved"}
    assert (written.found, written.refused, written.absent) == (dict.fromkeys(keys, b""), {}, [])


async def test_deletion_looks_first(asker, writer):
    """Sentry tells nothing of what it deletes: a look before says which issues there are, and only these are named."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    keys = writer.keys([here, gone])

    written = await delete_issues(keys, writer.load_context)

    assert writer.calls == [("GET", LIST), ("DELETE", LIST)]
    assert list(writer.requests[1].query) == [("id", here.id)]
    assert (list(written.found), written.absent, here.status) == (keys[:1], keys[1:], "pending_deletion")


async def test_deletion_of_nothing_makes_no_write(asker, writer):
    """A deletion without ids would delete whatever a search finds, so it is never sent."""
    issues = some(asker, 2)
    for one in issues:
        del asker.acme.issues[one.id]

    written = await delete_issues(writer.keys(issues), writer.load_context)

    assert writer.calls == [("GET", LIST)]
    assert len(written.absent) == 2


async def test_looking_writes_nothing(asker, writer):
    """A look tells found and absent as a write would."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    keys = writer.keys([here, gone])

    written = await look_at_issues(keys, writer.load_context)

    assert (list(written.found), written.absent) == (keys[:1], keys[1:])
    assert writer.calls == [("GET", LIST)]


async def test_merge_tells_parent_and_children(asker, writer):
    """The issue with most events stays; the others are its children."""
    issues = some(asker, 3)
    parent, *children = sorted(issues, key=lambda one: (-len(one.events), int(one.id)))

    merged = await merge_issues(writer.keys(issues), writer.load_context)

    assert merged == (writer.keys([parent])[0], writer.keys(children))
    assert writer.calls == [("PUT", LIST)]


async def test_merge_of_nothing_is_none(asker, writer):
    """When Sentry has none of the issues, it says so with 204."""
    issues = some(asker, 2)
    for one in issues:
        del asker.acme.issues[one.id]

    assert await merge_issues(writer.keys(issues), writer.load_context) is None
