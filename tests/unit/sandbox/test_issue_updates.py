"""Updates of issues: applied changes, responses and rejected changes."""

import pytest

LIST = "/organizations/acme/issues/"


async def put(sentry, query, body):
    status, _, response = await sentry.call("PUT", f"{LIST}?{query}", json=body)
    return status, response


async def test_resolved_issues_stay_resolved(sentry):
    """A bulk update returns the applied changes; issues and searches reflect them."""
    response = await put(sentry, "id=1000009&id=1000010", {"status": "resolved"})

    assert response == (200, {"status": "resolved", "statusDetails": {}})
    issue = await sentry.body(f"{LIST}WEB-9/")
    assert (issue["status"], issue["substatus"], issue["activity"][0]["type"]) == ("resolved", None, "set_resolved")
    resolved = await sentry.body(f"{LIST}?query=is:resolved%20issue:[WEB-9,WEB-A]&statsPeriod=90d")
    assert {row["id"] for row in resolved} == {"1000009", "1000010"}


@pytest.mark.parametrize("ids", ["id=1", "id=2000001", "id=1&id=2000001"])
async def test_nothing_to_update_is_204(sentry, ids):
    """Unknown ids and ids of other organizations are ignored; without any known id the response is empty."""
    assert await put(sentry, ids, {"status": "resolved"}) == (204, b"")


async def test_unknown_ids_are_ignored(sentry, acme):
    """A known issue is changed although another id is unknown."""
    status, _ = await put(sentry, "id=1000009&id=1", {"status": "ignored", "substatus": "archived_forever"})

    assert (status, acme.issues["1000009"].substatus) == (200, "archived_forever")


async def test_a_change_of_status_without_ids_updates_all_matches(sentry, acme):
    """Without ids the query selects the issues."""
    before = {i.id: i.status for i in acme.issues.values()}

    status, _ = await put(sentry, "query=is:unresolved%20level:fatal&project=101001", {"status": "resolved"})

    changed = {i.id for i in acme.issues.values() if i.status != before[i.id]}
    assert status == 200
    assert changed == {
        i.id
        for i in acme.issues.values()
        if i.level == "fatal" and i.project.slug == "api" and before[i.id] == "unresolved"
    }


async def test_other_changes_need_ids(sentry):
    """Changes other than of the status are rejected without ids."""
    assert (await put(sentry, "query=", {"priority": "low"}))[0] == 400


@pytest.mark.parametrize(
    ("details", "stored", "activity"),
    [
        ({"inNextRelease": True}, {"inNextRelease": True}, "set_resolved_in_release"),
        ({"inRelease": "latest"}, {"inRelease": "web@1.9.*"}, "set_resolved_in_release"),
    ],
)
async def test_an_issue_can_be_resolved_in_a_release(sentry, acme, details, stored, activity):
    """The issue stores the resolution, with `latest` replaced by the version."""
    status, response = await put(sentry, "id=1000009", {"status": "resolved", "statusDetails": details})

    issue = acme.issues["1000009"]
    newest = [r for r in acme.releases if issue.project in r.projects][-1].version
    assert (status, response) == (200, {"status": "resolved", "statusDetails": details})
    assert issue.status_details == {key: newest if key == "inRelease" else value for key, value in stored.items()}
    assert issue.activity[-1].type == activity


async def test_an_issue_can_be_resolved_in_a_commit(sentry, acme):
    """The commit must be known and belong to the repository."""
    issue = acme.issues["1000009"]
    commit = next(r for r in acme.releases if issue.project in r.projects).commits[0]
    right = {"commit": commit.id, "repository": "acme/web"}

    wrong = await put(
        sentry, "id=1000009", {"status": "resolved", "statusDetails": {"inCommit": right | {"commit": "0"}}}
    )
    done = await put(sentry, "id=1000009", {"status": "resolved", "statusDetails": {"inCommit": right}})

    assert (wrong[0], done[0], issue.status_details) == (400, 200, {"inCommit": commit.id})


@pytest.mark.parametrize(
    "body",
    [
        {"status": "resolvedInNextRelease"},
        {"status": "resolved", "statusDetails": {"inRelease": "latest"}},
    ],
)
async def test_release_resolutions_are_for_one_project(sentry, body):
    """Issues of two projects cannot be resolved in one release."""
    status, response = await put(sentry, "id=1000009&id=1000701", body)

    assert status == 400
    assert "multiple projects" in response["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "gone"},
        {"status": "resolved", "statusDetails": {"inRelease": "web@99"}},
        {"status": "ignored", "substatus": "ongoing"},
        {"status": "unresolved", "substatus": "archived_forever"},
        {"status": "ignored", "statusDetails": {"ignoreWindow": 10_081}},
        {"status": "ignored", "statusDetails": {"ignoreCount": "many"}},
        {"substatus": "sleeping"},
        {"priority": "highest"},
        {"assignedTo": "nobody@example.com"},
        {"assignedTo": "team:999"},
        {"hasSeen": "yes"},
        {"discard": True, "status": "resolved"},
    ],
)
async def test_invalid_change_changes_nothing(sentry, acme, body):
    """An invalid change is a 400 and leaves the issue unchanged."""
    issue = acme.issues["1000009"]
    before = (issue.status, issue.substatus, issue.assignee, len(issue.activity))

    assert (await put(sentry, "id=1000009", body))[0] == 400
    assert (issue.status, issue.substatus, issue.assignee, len(issue.activity)) == before


async def test_archiving_until_a_condition_keeps_the_condition(sentry, acme):
    """Counts and windows are stored, and a duration becomes a timestamp."""
    details = {"ignoreDuration": 30, "ignoreCount": 5, "ignoreWindow": 60}
    status, response = await put(sentry, "id=1000009", {"status": "ignored", "statusDetails": details})

    assert (status, response["substatus"]) == (200, "archived_until_condition_met")
    stored = (await sentry.body(f"{LIST}WEB-9/"))["statusDetails"]
    assert stored == {"ignoreCount": 5, "ignoreWindow": 60, "ignoreUntil": "2026-03-04T12:30:00Z"}


async def test_assignee_needs_access_to_the_project(sentry, acme):
    """Users outside of the project's teams and teams without the project are rejected."""
    issue = acme.issues["1000009"]
    inside = {m.user.id for m in acme.members if m.user and set(m.teams) & set(issue.project.teams)}
    outsider = next(m.user for m in acme.members if m.user and m.user.id not in inside)
    foreign = next(t for t in acme.teams if t not in issue.project.teams)

    for_user = await put(sentry, "id=1000009", {"assignedTo": f"user:{outsider.id}"})
    for_team = await put(sentry, "id=1000009", {"assignedTo": f"team:{foreign.id}"})

    assert for_user == (400, {"assignedTo": ["Cannot assign to non-team member"]})
    assert for_team == (400, {"assignedTo": ["Cannot assign to a team without access to the project"]})


@pytest.mark.parametrize("form", ["{id}", "user:{id}", "{email}", "{username}"])
async def test_user_references_have_four_forms(sentry, acme, form):
    """Id, `user:ID`, email and user name refer to the same user."""
    user = sentry.server.world.users[0]
    text = form.format(id=user.id, email=user.email, username=user.username)

    applied = {"assignedTo": {"type": "user", "id": user.id, "name": user.name, "email": user.email}}
    assert await put(sentry, "id=1000009", {"assignedTo": text}) == (200, applied)


@pytest.mark.parametrize("empty", ["", None])
async def test_issue_can_be_unassigned(sentry, acme, empty):
    """An empty string and null both unassign."""
    assert await put(sentry, "id=1000009", {"assignedTo": empty}) == (200, {"assignedTo": None})
    assert acme.issues["1000009"].assignee is None


async def test_flags_are_per_user(sentry, acme):
    """Seen, bookmarked, subscribed and public flags are set, returned and cleared."""
    names = ("hasSeen", "isBookmarked", "isSubscribed", "isPublic")
    status, applied = await put(sentry, "id=1000009", dict.fromkeys(names, True))
    on = await sentry.body(f"{LIST}WEB-9/")
    await put(sentry, "id=1000009", dict.fromkeys(names, False))
    off = await sentry.body(f"{LIST}WEB-9/")

    assert (status, applied) == (200, dict.fromkeys(names, True) | {"shareId": on["shareId"]})
    assert [on[name] for name in names] == [True] * 4
    assert [off[name] for name in names] == [False] * 4


async def test_merging_moves_events_and_hashes(sentry, acme):
    """The largest issue takes over the events and hashes of the others, which no longer exist."""
    first, second = acme.issues["1000009"], acme.issues["1000010"]
    parent, child = sorted((first, second), key=lambda issue: -len(issue.events))
    total, hashes = len(first.events) + len(second.events), {*first.hashes, *second.hashes}

    response = await put(sentry, "id=1000009&id=1000010", {"merge": 1})

    assert response == (200, {"merge": {"parent": parent.id, "children": [child.id]}})
    assert (len(parent.events), set(parent.hashes)) == (total, hashes)
    assert [e.at for e in parent.events] == sorted(e.at for e in parent.events)
    assert (await sentry.get(f"{LIST}{child.id}/"))[0] == 404


@pytest.mark.parametrize(
    ("ids", "detail"),
    [
        ("id=1000009", "At least two issues are needed for a merge."),
        ("id=1000009&id=1000025", "Only error issues can be merged."),
    ],
)
async def test_invalid_merges_are_rejected(sentry, ids, detail):
    """A single issue, and issues that are not errors, cannot be merged."""
    assert await put(sentry, ids, {"merge": 1}) == (400, {"detail": detail})


async def test_deleted_issues_are_hidden(sentry, acme):
    """Deleted issues are neither listed nor found."""
    single = await sentry.call("DELETE", f"{LIST}WEB-9/")
    many = await sentry.call("DELETE", f"{LIST}?id=1000010&id=1")
    none = await sentry.call("DELETE", f"{LIST}?id=1")

    assert (single[0], many[0], none[0]) == (202, 204, 204)
    assert await sentry.body(f"{LIST}?group=1000009&group=1000010") == []
    assert (await sentry.get(f"{LIST}WEB-9/"))[0] == 404


async def test_a_seer_run_can_be_started_and_read(sentry):
    """The state is null before a run and that of the run afterwards; an unknown step is rejected."""
    path = f"{LIST}WEB-9/autofix/"
    before = await sentry.body(path)
    status, _, started = await sentry.call("POST", path, json={})

    assert (before, status) == ({"autofix": None}, 202)
    assert (await sentry.body(path))["autofix"]["run_id"] == started["run_id"]
    assert (await sentry.call("POST", path, json={"step": "magic"}))[0] == 400


async def test_comments_are_written_changed_and_deleted(sentry, acme):
    """`numComments` follows, and only the author can change a comment."""
    before = len(acme.issues["1000009"].comments)
    status, _, comment = await sentry.call("POST", f"{LIST}WEB-9/notes/", json={"text": "on it"})
    path = f"{LIST}WEB-9/notes/{comment['id']}/"
    integration = sentry.server.world.tokens.integration.text

    assert (status, comment["type"], comment["data"]) == (201, "note", {"text": "on it"})
    assert (await sentry.call("PUT", path, json={"text": "mine"}, token=integration))[0] == 403
    assert (await sentry.call("PUT", path, json={"text": "done"}))[2]["data"] == {"text": "done"}
    assert (await sentry.body(f"{LIST}WEB-9/"))["numComments"] == before + 1
    assert (await sentry.call("DELETE", path))[0] == 204
    assert len(await sentry.body(f"{LIST}WEB-9/notes/")) == before
    assert (await sentry.call("POST", f"{LIST}WEB-9/notes/", json={}))[2] == {"text": ["This field is required."]}
