"""Writes to issues: their calls, and the result for each issue when Sentry refuses some of them."""

import msgspec
import pytest

from dexter_graphql.graph.context import Context
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.writes import delete_issues, look_up_issues, merge_issues, update_issues
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import internal_error
from dexter_graphql.sentry.errors import BadRequest, Forbidden, MissingRoute, RateLimited, Unavailable

LIST = "/organizations/{organization}/issues/"
OF_PROJECT = "/projects/{organization}/{project}/issues/"
ISSUE = "/organizations/{organization}/issues/{issue}/"
RESOLVED = {"status": "resolved", "statusDetails": {}}
NEXT = {"inNextRelease": True}


class Writer:
    """Writes like an operation and records the calls since its creation."""

    def __init__(self, asker, organizations):
        self.asker = asker
        self.context = Context(asker.services, asker.identity, "request")
        self.load_context = self.context.loaders.load_context("Issue", operation=self.context)
        self.organizations = organizations
        self._already = len(asker.server.requests)

    @property
    def calls(self):
        """Method and route of the calls since its creation."""
        return [(call.method, call.route) for call in self.requests]

    @property
    def requests(self):
        """Calls since its creation."""
        return list(self.asker.server.requests)[self._already :]

    def keys(self, issues, slug="acme"):
        """Keys of issues."""
        return [IssueKey(self.organizations[slug], one.id) for one in issues]


@pytest.fixture
async def writer(asker):
    """A writer for both organizations."""
    context = Context(asker.services, asker.identity, "request")
    found = {slug: await asker.services.organizations.find(context.call_context, slug) for slug in ("acme", "globex")}
    writer = Writer(asker, found)
    yield writer
    await writer.context.close()


def some(asker, number, project="web", slug="acme"):
    """The first error issues of a project."""
    world = asker.server.world.find_organization(slug)
    return [one for one in world.issues.values() if one.project.slug == project and one.is_error][:number]


async def test_one_issue_is_one_call(asker, writer):
    """Updating one issue is a single call, because its response is the issue."""
    [issue] = some(asker, 1)
    [key] = writer.keys([issue])

    written = await update_issues([key], RESOLVED, writer.load_context)

    assert writer.calls == [("PUT", ISSUE)]
    assert list(written.issues) == [key]
    assert (written.refused, written.absent, issue.status) == ({}, [], "resolved")


async def test_several_issues_are_a_lookup_and_a_write(asker, writer):
    """Several issues are looked up and then written; the response of the write completes them without another call."""
    issues = some(asker, 5)
    keys = writer.keys(issues)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert writer.calls == [("GET", LIST), ("PUT", LIST)]
    assert set(written.issues) == set(keys)
    assert {msgspec.json.decode(issue)["status"] for issue in written.issues.values()} == {"resolved"}
    assert {one.status for one in issues} == {"resolved"}


@pytest.mark.parametrize(("number", "chunks"), [(99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
async def test_hundreds_go_out_in_chunks(asker, writer, number, chunks):
    """A call changes at most 100 issues, and every issue is in one call."""
    issues = some(asker, number)

    written = await update_issues(writer.keys(issues), RESOLVED, writer.load_context)

    puts = [request for request in writer.requests if request.method == "PUT"]
    assert [len(request.query) for request in puts] == chunks
    assert [value for request in puts for _, value in request.query] == [one.id for one in issues]
    assert {one.status for one in issues} == {"resolved"}
    assert len(written.issues) == number


async def test_missing_issues_are_absent(asker, writer):
    """An issue that does not exist is absent, whether it is written alone or with others."""
    here, *gone = some(asker, 3)
    for one in gone:
        del asker.acme.issues[one.id]
    keys = writer.keys([here, *gone])

    many = await update_issues(keys, RESOLVED, writer.load_context)
    alone = await update_issues(keys[1:2], RESOLVED, writer.load_context)

    assert (list(many.issues), many.absent, many.refused) == (keys[:1], keys[1:], {})
    assert (alone.issues, alone.absent, alone.refused) == ({}, keys[1:2], {})


async def test_unknown_ids_are_never_written(asker, writer):
    """Without an existing issue no write is sent, because some releases would then update the matches of a search."""
    issues = some(asker, 2)
    for one in issues:
        del asker.acme.issues[one.id]
    keys = writer.keys(issues)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert writer.calls == [("GET", LIST)]
    assert (written.issues, written.refused, written.absent) == ({}, {}, keys)


async def test_only_existing_issues_are_written(asker, writer):
    """The write names the issues that the lookup found and no other ID."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]

    await update_issues(writer.keys([gone, here]), RESOLVED, writer.load_context)

    assert list(writer.requests[1].query) == [("id", here.id)]


async def test_lookup_before_a_write_is_not_cached(asker, writer):
    """A cached list cannot make a deleted issue look like an existing one."""
    here, gone = some(asker, 2)
    keys = writer.keys([here, gone])
    await update_issues(keys, {"hasSeen": True}, writer.load_context)
    await look_up_issues(keys, writer.load_context)
    del asker.acme.issues[gone.id]

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert written.absent == keys[1:]


async def test_issues_that_vanish_before_the_write_are_absent(asker, writer):
    """When Sentry answers 204, it no longer has any of the issues: they are absent rather than changed."""
    keys = writer.keys(some(asker, 2))
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=204, body=b""))

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert (written.issues, written.refused, written.absent) == ({}, {}, keys)


@pytest.mark.parametrize(
    "body",
    [
        RESOLVED,
        {"status": "resolved", "statusDetails": NEXT},
        {"status": "unresolved"},
        {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}},
        {"status": "ignored", "substatus": "archived_forever", "statusDetails": {}},
        {"assignedTo": ""},
        {"priority": "low"},
        {"hasSeen": True},
        {"isBookmarked": True},
        {"isSubscribed": True},
    ],
)
async def test_result_equals_a_later_read(asker, writer, body):
    """The issues of a result have the same status, assignee, priority and flags as a read after the write."""
    members = (
        "status",
        "substatus",
        "statusDetails",
        "assignedTo",
        "priority",
        "hasSeen",
        "isBookmarked",
        "isSubscribed",
    )
    keys = writer.keys(some(asker, 2))
    await update_issues(keys, {"status": "ignored", "substatus": "archived_forever"}, writer.load_context)

    written = await update_issues(keys, body, writer.load_context)
    read = await look_up_issues(keys, writer.load_context)

    def values(issues):
        rows = [msgspec.json.decode(issues[key]) for key in keys]
        return [{name: row[name] for name in members if name in body or name.startswith("s")} for row in rows]

    assert values(written.issues) == values(read.issues)


async def test_refused_write_is_repeated_per_project(asker, writer):
    """A release of one project resolves the issues of that project; only the other issues are refused."""
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
    assert writer.calls == [("GET", LIST), ("PUT", LIST), ("PUT", LIST), ("PUT", LIST)]


async def test_refused_write_of_one_project_is_not_repeated(asker, writer):
    """When all issues belong to one project, a repetition per project would be the same call."""
    issues = some(asker, 3)
    keys = writer.keys(issues)
    body = {"status": "resolved", "statusDetails": {"inRelease": "nope@1"}}

    written = await update_issues(keys, body, writer.load_context)

    assert set(written.refused) == set(keys)
    assert writer.calls == [("GET", LIST), ("PUT", LIST)]


async def test_absent_issue_of_a_refused_write_is_absent(asker, writer):
    """A missing issue is absent even when Sentry refuses the write of the others."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    here_key, gone_key = writer.keys([here, gone])
    body = {"status": "resolved", "statusDetails": {"inRelease": "nope@1"}}

    written = await update_issues([here_key, gone_key], body, writer.load_context)

    assert (list(written.refused), written.absent) == ([here_key], [gone_key])


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("body", [RESOLVED, {"assignedTo": ""}, {"hasSeen": True}])
async def test_projects_take_what_the_organization_refuses(asker, writer, status, body):
    """Where the endpoint of the organization is closed, those of the projects write, and the result is read again."""
    web, api = some(asker, 2, "web"), some(asker, 1, "api")
    keys = writer.keys([*web, *api])
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=status))

    written = await update_issues(keys, body, writer.load_context)
    read = await look_up_issues(keys, writer.load_context)

    assert (written.refused, written.issues) == ({}, read.issues)
    assert [call for call in writer.calls if call[0] == "PUT"] == [
        ("PUT", LIST),
        ("PUT", OF_PROJECT),
        ("PUT", OF_PROJECT),
    ]


async def test_lookup_after_a_write_may_fail(asker, writer):
    """When the issues cannot be read again, they were written nevertheless, and the answer says their status."""
    keys = writer.keys(some(asker, 2))
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=403))
    before = await look_up_issues(keys, writer.load_context)
    asker.server.faults.add(Fault(kind="skew", method="GET", route=LIST))
    asker.server.faults.add(internal_error(), method="GET", route=LIST, times=None)

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert (written.refused, written.issues.keys()) == ({}, before.issues.keys())
    assert {msgspec.json.decode(issue)["status"] for issue in written.issues.values()} == {"resolved"}


async def test_unreadable_project_is_not_written(asker, writer):
    """An issue whose project cannot be read has the refusal of the organization."""
    [issue] = some(asker, 1)
    keys = writer.keys(some(asker, 2))
    rows = [{"id": key.id, "project": None} for key in keys]
    asker.server.faults.add(Fault(method="GET", route=LIST, status=200, body=rows))
    asker.server.faults.add(Fault(method="PUT", route=LIST, status=403))

    with pytest.raises(Forbidden):
        await update_issues(keys, RESOLVED, writer.load_context)

    assert (writer.calls, issue.status) == ([("GET", LIST), ("PUT", LIST)], "unresolved")


async def test_forbidden_chunk_leaves_the_others(asker, writer):
    """A failure of one chunk does not affect the other chunk."""
    issues = some(asker, 150)
    keys = writer.keys(issues)
    asker.server.faults.add(Fault(method="PUT", status=403, body={"detail": "No."}, times=2))

    written = await update_issues(keys, {"status": "resolved", "statusDetails": NEXT}, writer.load_context)

    assert [one.id for one in issues if one.status_details == NEXT] == [one.id for one in issues[100:]]
    assert list(written.refused) == keys[:100]
    assert {type(error) for error in written.refused.values()} == {Forbidden}
    assert set(written.changed()) == set(keys[100:])


async def test_forbidden_organization_leaves_the_other(asker, writer):
    """A failure in one organization does not affect the issues of another."""
    acme, globex = some(asker, 2), some(asker, 2, "store", "globex")
    keys = [*writer.keys(acme), *writer.keys(globex, "globex")]
    asker.server.faults.add(Fault(method="PUT", route="/acme/", status=403, times=None))

    written = await update_issues(keys, RESOLVED, writer.load_context)

    assert [one.status for one in acme] == ["unresolved"] * 2
    assert [one.status for one in globex] == ["resolved"] * 2
    assert {key: type(error) for key, error in written.refused.items()} == dict.fromkeys(keys[:2], Forbidden)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (500, {}, Unavailable),
        (403, {}, Forbidden),
        # Longer than the operation may take, so that there is no wait.
        (429, {"Retry-After": "50"}, RateLimited),
        (404, {}, MissingRoute),
    ],
)
async def test_nothing_written_raises(asker, writer, status, headers, kind):
    """When every call fails for a reason unrelated to the issues, the failure is raised."""
    issues = some(asker, 150)
    asker.server.faults.add(Fault(method="PUT", status=status, headers=headers, times=None))

    with pytest.raises(kind) as caught:
        await update_issues(writer.keys(issues), RESOLVED, writer.load_context)

    assert caught.value.title == f"PUT {LIST}"


async def test_failed_lookup_writes_nothing(asker, writer):
    """When the lookup fails, the failure is raised and nothing is written."""
    issues = some(asker, 3)
    asker.server.faults.add(internal_error(), method="GET", route=LIST, times=None)

    with pytest.raises(Unavailable):
        await update_issues(writer.keys(issues), RESOLVED, writer.load_context)

    assert {one.status for one in issues} == {"unresolved"}


async def test_deletion_looks_up_first(asker, writer):
    """Sentry does not report what it deletes: only issues that a lookup found are deleted."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    keys = writer.keys([here, gone])

    written = await delete_issues(keys, writer.load_context)

    assert writer.calls == [("GET", LIST), ("DELETE", LIST)]
    assert list(writer.requests[1].query) == [("id", here.id)]
    assert (list(written.issues), written.absent, here.status) == (keys[:1], keys[1:], "pending_deletion")


async def test_single_issue_has_a_deletion(asker, writer):
    """One issue is deleted by its own endpoint, which says when it does not exist."""
    here, gone = some(asker, 2)
    keys = writer.keys([here, gone])
    deleted = await delete_issues(keys[:1], writer.load_context)
    asker.server.faults.add(
        Fault(method="DELETE", status=404, body={"detail": "The requested resource does not exist"})
    )

    absent = await delete_issues(keys[1:], writer.load_context)

    assert writer.calls == [("GET", LIST), ("DELETE", ISSUE)] * 2
    assert (list(deleted.issues), here.status) == (keys[:1], "pending_deletion")
    assert (absent.issues, absent.absent, gone.status) == ({}, keys[1:], "unresolved")


@pytest.mark.parametrize("status", [400, 409])
async def test_single_deletion_may_be_refused(asker, writer, status):
    """A refusal is the result for the issue, which stays."""
    [issue] = some(asker, 1)
    [key] = writer.keys([issue])
    asker.server.faults.add(Fault(method="DELETE", status=status, body={"detail": "Not now."}))

    refused = await delete_issues([key], writer.load_context)

    assert ({key: str(error) for key, error in refused.refused.items()}, refused.absent) == ({key: "Not now."}, [])
    assert issue.status == "unresolved"


async def test_deletion_of_missing_issues_sends_no_write(asker, writer):
    """A deletion without IDs would delete the matches of a search, so it is never sent."""
    issues = some(asker, 2)
    for one in issues:
        del asker.acme.issues[one.id]

    written = await delete_issues(writer.keys(issues), writer.load_context)

    assert writer.calls == [("GET", LIST)]
    assert len(written.absent) == 2


async def test_lookup_writes_nothing(asker, writer):
    """A lookup reports existing and missing issues like a write."""
    here, gone = some(asker, 2)
    del asker.acme.issues[gone.id]
    keys = writer.keys([here, gone])

    written = await look_up_issues(keys, writer.load_context)

    assert (list(written.issues), written.absent) == (keys[:1], keys[1:])
    assert writer.calls == [("GET", LIST)]


@pytest.mark.parametrize("status", [None, 403, 404])
async def test_merge_returns_parent_and_children(asker, writer, status):
    """The issue with most events remains; the others are its children, also when the project merges them."""
    issues = some(asker, 3)
    parent, *children = sorted(issues, key=lambda one: (-len(one.events), int(one.id)))
    existing = await look_up_issues(writer.keys(issues), writer.load_context)
    if status is not None:
        asker.server.faults.add(Fault(method="PUT", route=LIST, status=status))

    merged = await merge_issues(existing, writer.load_context)

    assert merged == (writer.keys([parent])[0], writer.keys(children))
    assert writer.calls[1:] == [("PUT", LIST), *([] if status is None else [("PUT", OF_PROJECT)])]


@pytest.mark.parametrize("projects", [("web", "web"), ("web", "api")])
async def test_merge_may_be_forbidden(asker, writer, projects):
    """What the organization refuses is merged by no project when that refuses too, or when there are several."""
    issues = [some(asker, 2, project)[index] for index, project in enumerate(projects)]
    existing = await look_up_issues(writer.keys(issues), writer.load_context)
    asker.server.faults.add(Fault(method="PUT", status=403, times=2))

    with pytest.raises(Forbidden) as caught:
        await merge_issues(existing, writer.load_context)

    assert caught.value.title == f"PUT {LIST}"


async def test_merge_of_nothing_is_none(asker, writer):
    """When Sentry no longer has any of the issues, the result is None."""
    issues = some(asker, 2)
    existing = await look_up_issues(writer.keys(issues), writer.load_context)
    for one in issues:
        del asker.acme.issues[one.id]

    assert await merge_issues(existing, writer.load_context) is None
