"""Writes are visible to later reads, entity by entity."""

import aiohttp

ACME = "/organizations/acme"


async def test_client_key_lifecycle(sentry):
    """A client key is created, changed, found by status and deleted."""
    base = "/projects/acme/web/keys/"
    _, _, key = await sentry.call("POST", base, json={"name": "Mobile"})
    path = f"{base}{key['id']}/"
    change = {"name": "Tablet", "isActive": False, "rateLimit": {"window": 60, "count": 5}}
    _, _, changed = await sentry.call("PUT", path, json=change)
    inactive = await sentry.body(base, params={"status": "inactive"})
    deleted, _, _ = await sentry.call("DELETE", path)
    gone, _, _ = await sentry.get(path)

    assert {name: changed[name] for name in change} == change
    assert [listed["id"] for listed in inactive] == [key["id"]]
    assert (deleted, gone) == (204, 404)


async def test_project_lifecycle(sentry):
    """A project is created in the viewer's team, shared with another one and deleted."""
    _, _, project = await sentry.call("POST", f"{ACME}/projects/", json={"name": "Night Shift"})
    base = f"/projects/acme/{project['slug']}/"
    _, _, shared = await sentry.call("POST", f"{base}teams/data/")
    _, _, taken = await sentry.call("DELETE", f"{base}teams/data/")
    duplicate, _, _ = await sentry.call("POST", f"{ACME}/projects/", json={"name": "Night Shift"})
    deleted, _, _ = await sentry.call("DELETE", base)
    gone, _, _ = await sentry.get(base)

    assert project["slug"] == "night-shift"
    assert [team["slug"] for team in shared["teams"]] == [*(team["slug"] for team in taken["teams"]), "data"]
    assert (duplicate, deleted, gone) == (409, 204, 404)


async def test_deleting_a_project_deletes_its_issues(sentry, acme):
    """Deleting a project deletes its issues."""
    await sentry.call("DELETE", "/projects/acme/mobile/")

    assert not any(issue.project.slug == "mobile" for issue in acme.issues.values())


async def test_slugs_are_unique(sentry):
    """Slugs of projects and of teams are unique."""
    project, _, _ = await sentry.call("PUT", "/projects/acme/api/", json={"slug": "web"})
    team, _, _ = await sentry.call("POST", f"{ACME}/teams/", json={"slug": "web"})

    assert (project, team) == (409, 409)


async def test_team_lifecycle(sentry):
    """A team is created, renamed, joined, left, and removed from its members."""
    _, _, team = await sentry.call("POST", f"{ACME}/teams/", json={"name": "Night Watch"})
    _, _, renamed = await sentry.call("PUT", f"/teams/acme/{team['slug']}/", json={"slug": "watch", "name": "Watch"})
    _, _, (member, *_) = await sentry.get(f"{ACME}/members/", params={"cursor": "0:5:0"})
    membership = f"{ACME}/members/{member['id']}/teams/watch/"
    joined, _, _ = await sentry.call("POST", membership)
    again, _, _ = await sentry.call("POST", membership)
    team_members = await sentry.body("/teams/acme/watch/members/")
    left, _, after = await sentry.call("DELETE", membership)
    deleted, _, _ = await sentry.call("DELETE", "/teams/acme/watch/")
    me = await sentry.body(f"{ACME}/members/me/")

    assert (renamed["slug"], joined, again, left, deleted) == ("watch", 201, 204, 200, 204)
    assert member["id"] in {listed["id"] for listed in team_members}
    assert after["isMember"] is False
    assert "watch" not in me["teams"]


async def test_teams_of_the_viewer(sentry, acme):
    """The viewer's teams are listed, and a team includes its organization unless collapsed."""
    teams = await sentry.body(f"{ACME}/user-teams/")
    expanded = await sentry.body("/teams/acme/web/", params={"expand": "projects"})
    collapsed = await sentry.body("/teams/acme/web/", params={"collapse": "organization"})

    assert [team["slug"] for team in teams] == [team.slug for team in acme.members[0].teams]
    assert (expanded["organization"]["slug"], "projects" in expanded) == ("acme", True)
    assert "organization" not in collapsed


async def test_member_is_invited_changed_and_removed(sentry, acme):
    """An invitation is a member without a user; roles change; the last owner cannot be removed."""
    _, _, invited = await sentry.call("POST", f"{ACME}/members/", json={"email": "new@example.com", "orgRole": "admin"})
    duplicate, _, _ = await sentry.call("POST", f"{ACME}/members/", json={"email": "new@example.com"})
    path = f"{ACME}/members/{invited['id']}/"
    roles = [{"teamSlug": "data", "role": "admin"}]
    _, _, changed = await sentry.call("PUT", path, json={"orgRole": "member", "teamRoles": roles})
    removed, _, _ = await sentry.call("DELETE", path)
    for member in [m for m in acme.members if m.org_role == "owner"][1:]:
        member.org_role = "manager"
    last_owner, _, _ = await sentry.call("DELETE", f"{ACME}/members/me/")

    assert (invited["user"], invited["pending"], duplicate) == (None, True, 400)
    assert (changed["orgRole"], changed["teamRoles"]) == ("member", roles)
    assert (removed, last_owner) == (204, 403)


async def test_release_is_archived_and_removed(sentry):
    """An archived release is not listed; a release that issues refer to cannot be deleted."""
    base = f"{ACME}/releases/"
    await sentry.call("POST", base, json={"version": "web@99.0.0", "projects": ["web"]})
    await sentry.call("PUT", f"{base}web@99.0.0/", json={"status": "archived", "dateReleased": "2026-03-04T00:00:00Z"})
    open_releases = await sentry.body(base, params={"query": "web@99"})
    archived = await sentry.body(base, params={"query": "web@99", "status": "archived"})
    deleted, _, _ = await sentry.call("DELETE", f"{base}web@99.0.0/")
    referenced = (await sentry.body(base, params={"query": "web@"}))[-1]["version"]
    refused, _, body = await sentry.call("DELETE", f"{base}{referenced}/")

    assert (open_releases, [release["dateReleased"] for release in archived]) == ([], ["2026-03-04T00:00:00Z"])
    assert (deleted, refused) == (204, 400)
    assert "referenced by active issues" in body["detail"]


async def test_commits_of_a_release(sentry, acme):
    """Authors are found by email; unknown authors and repositories are created."""
    author, stranger = acme.members[1].user, {"author_name": "A", "author_email": "a@b.example"}
    commits = [
        {"id": "1" * 40, "author_email": author.email, "repository": acme.repositories[0].name},
        {"id": "2" * 40, **stranger, "repository": "acme/new", "patch_set": [{"path": "a.py", "type": "A"}]},
    ]
    body = {"version": "web@98.0.0", "projects": ["web"], "commits": commits}
    await sentry.call("POST", f"{ACME}/releases/", json=body)
    commit_by_id = {commit["id"]: commit for commit in await sentry.body(f"{ACME}/releases/web@98.0.0/commits/")}
    files = await sentry.body(f"{ACME}/releases/web@98.0.0/commitfiles/")
    refused, _, error = await sentry.call("POST", f"{ACME}/releases/", json=body | {
        "refs": [{"repository": "acme/none", "commit": "3" * 40}]})  # fmt: skip

    assert commit_by_id["1" * 40]["author"]["id"] == author.id
    assert commit_by_id["2" * 40]["author"] == {"name": "A", "email": "a@b.example"}
    assert [(file["filename"], file["type"], file["repoName"]) for file in files] == [("a.py", "A", "acme/new")]
    assert (refused, error) == (400, {"refs": ["Invalid repository names: acme/none"]})


async def test_release_files_download(sentry, acme):
    """`download` returns the content of a file."""
    release = next(release for release in acme.releases if release.files)
    file = release.files[0]
    base = f"{ACME}/releases/{release.version}/files/"
    missing = await sentry.body(base, params={"query": "nothing"})
    _, headers, content = await sentry.get(f"{base}{file.id}/", params={"download": "1"})

    assert missing == []
    assert (content, "app.js" in headers["Content-Disposition"]) == (file.content, True)


async def test_release_files_are_uploaded(sentry):
    """An uploaded file is listed with its fields and content; one of the same name and distribution is a conflict."""
    base, content = f"{ACME}/releases/web@1.8.2/files/", bytes(range(256)) + b"\r\n--x"

    async def upload(*fields):
        form = aiohttp.FormData(fields)
        form.add_field("file", content, filename="file")
        status, _, body = await sentry.call("POST", base, data=form)
        return status, body

    status, created = await upload(("name", "~/a.js"), ("dist", "7"), ("header", "X-A: b:c"), ("header", "X-B:"))
    again, _ = await upload(("name", "~/a.js"), ("dist", "7"))
    refused = [await upload(("name", "~/b.js"), ("header", "no pair")), await upload(("name", "a\tb"))]
    empty, _, _ = await sentry.call("POST", base, data=b"")
    _, _, sent = await sentry.get(f"{base}{created['id']}/", params={"download": "1"})

    assert (status, again, empty) == (201, 409, 400)
    assert [status for status, _ in refused] == [400, 400]
    assert (created["name"], created["dist"], created["size"]) == ("~/a.js", "7", len(content))
    assert created["headers"] == {"Content-Type": "application/octet-stream", "X-A": "b:c", "X-B": ""}
    assert await sentry.body(base) == [created]
    assert sent == content


async def test_release_files_are_renamed_and_deleted(sentry):
    """A file has its new name, which is limited, until it is deleted."""
    url = f"{ACME}/releases/web@1.7.3/files/1020079/"
    named, _, _ = await sentry.call("PUT", url, json={"name": "~/b.js"})
    refused = [await sentry.call("PUT", url, json={"name": name}) for name in ("", "x" * 201)]
    name = (await sentry.body(url))["name"]
    deleted, _, _ = await sentry.call("DELETE", url)
    missing, _, _ = await sentry.call("DELETE", url)

    assert (named, name, deleted, missing) == (200, "~/b.js", 204, 404)
    assert [(status, list(body)) for status, _, body in refused] == [(400, ["name"])] * 2


async def test_resolved_issues_of_a_release(sentry, acme):
    """Issues resolved in a release are listed with it."""
    issue = next(issue for issue in acme.issues.values() if issue.status == "resolved")
    issue.status_details = {"inRelease": "web@1.0.0"}
    version = next(release.version for release in acme.releases if release.package == "web")
    issue.status_details = {"inRelease": version}

    resolved = await sentry.body(f"{ACME}/releases/{version}/resolved/")

    assert [listed["id"] for listed in resolved] == [issue.id]


async def test_environment_is_hidden(sentry):
    """A hidden environment is not listed for its project but for the organization."""
    url = "/projects/acme/web/environments/"
    await sentry.call("PUT", f"{url}canary/", json={"isHidden": True})
    project, everyone = await sentry.body(url), await sentry.body(f"{ACME}/environments/")

    assert "canary" not in {environment["name"] for environment in project}
    assert "canary" in {environment["name"] for environment in everyone}


async def test_update_replaces_an_issue_rule(sentry):
    """An update replaces the whole rule; a deleted one is a 404."""
    body = {
        "name": "R",
        "actionMatch": "any",
        "conditions": [{"id": "c"}],
        "actions": [],
        "frequency": 5,
        "owner": None,
    }
    base = "/projects/acme/web/rules/"
    _, _, rule = await sentry.call("POST", base, json=body | {"environment": "production"})
    _, _, changed = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"name": "S"})
    rare, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"frequency": 4})
    invalid, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"actionMatch": "some"})
    deleted, _, _ = await sentry.call("DELETE", f"{base}{rule['id']}/")
    gone, _, _ = await sentry.get(f"{base}{rule['id']}/")

    assert (rule["environment"], changed["environment"], changed["name"]) == ("production", None, "S")
    assert (rare, invalid, deleted, gone) == (400, 400, 202, 404)


async def test_update_replaces_a_metric_rule(sentry):
    """A metric rule has exactly one project and one of the allowed windows."""
    base = f"{ACME}/alert-rules/"
    (rule, *_) = await sentry.body(base)
    body = {name: rule[name] for name in ("name", "aggregate", "timeWindow", "projects", "query", "thresholdType")}
    body |= {"triggers": rule["triggers"]}
    _, _, changed = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"timeWindow": 5})
    invalid, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"timeWindow": 7})
    many, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"projects": ["web", "api"]})
    deleted, _, _ = await sentry.call("DELETE", f"{base}{rule['id']}/")

    assert (changed["timeWindow"], invalid, many, deleted) == (5, 400, 400, 202)


async def test_detectors_and_workflows_are_linked_both_ways(sentry):
    """A link is visible from both sides and is removed with either one."""
    source = {"aggregate": "count()", "dataset": "events", "timeWindow": 60}
    body = {"name": "D", "type": "metric_issue", "dataSources": [source]}
    _, _, detector = await sentry.call("POST", f"{ACME}/projects/web/detectors/", json=body)
    body = {"name": "W", "detectorIds": [detector["id"]], "triggers": {"logicType": "any-short"}}
    _, _, workflow = await sentry.call("POST", f"{ACME}/workflows/", json=body)
    linked = await sentry.body(f"{ACME}/detectors/{detector['id']}/")
    path = f"{ACME}/workflows/{workflow['id']}/"
    _, _, renamed = await sentry.call("PUT", path, json={"name": "V", "detectorIds": []})
    unlinked = await sentry.body(f"{ACME}/detectors/{detector['id']}/")
    _, _, relinked = await sentry.call(
        "PUT", f"{ACME}/detectors/{detector['id']}/", json={"name": "E", "workflowIds": [workflow["id"]]}
    )
    await sentry.call("DELETE", f"{ACME}/detectors/{detector['id']}/")
    forgotten = await sentry.body(path)
    deleted, _, _ = await sentry.call("DELETE", path)

    assert (linked["workflowIds"], unlinked["workflowIds"]) == ([workflow["id"]], [])
    assert (renamed["name"], relinked["name"], relinked["workflowIds"]) == ("V", "E", [workflow["id"]])
    assert (forgotten["detectorIds"], deleted) == ([], 204)


async def test_bulk_changes_need_a_selection(sentry, acme):
    """A selection is enabled or deleted together; an empty selection is rejected."""
    for entity, records in (("workflows", acme.workflows), ("detectors", acme.detectors)):
        url, project = f"{ACME}/{entity}/", {"project": "web"}
        refused, _, _ = await sentry.call("PUT", url, json={"enabled": False})
        unclear, _, _ = await sentry.call("PUT", url, params=project, json={})
        _, _, switched = await sentry.call("PUT", url, params=project, json={"enabled": False})
        before = len(records)
        deleted, _, _ = await sentry.call("DELETE", url, params=[("id", switched[0]["id"]), ("id", switched[1]["id"])])

        assert (refused, unclear, deleted) == (400, 400, 204)
        assert {record["enabled"] for record in switched} == {False}
        assert len(records) == before - 2


async def test_cron_monitor_lifecycle(sentry):
    """A cron monitor is changed, loses an environment and is deleted."""
    _, _, (monitor, *_) = await sentry.get(f"{ACME}/monitors/", params={"project": "web"})
    path = f"{ACME}/monitors/{monitor['slug']}/"
    _, _, changed = await sentry.call("PUT", path, json={"name": "N", "is_muted": True, "config": {"max_runtime": 9}})
    await sentry.call("DELETE", path, params={"environment": "production"})
    remaining = await sentry.body(f"{ACME}/monitors/{monitor['id']}/")
    deleted, _, _ = await sentry.call("DELETE", f"/projects/acme/web/monitors/{monitor['slug']}/")
    elsewhere, _, _ = await sentry.get(f"/projects/acme/api/monitors/{monitor['slug']}/")

    assert (changed["name"], changed["isMuted"], changed["config"]["max_runtime"]) == ("N", True, 9)
    assert changed["config"]["schedule"] == monitor["config"]["schedule"]
    assert (remaining["environments"], deleted, elsewhere) == ([], 202, 404)


async def test_check_ins_are_newest_first(sentry):
    """The check-ins of a monitor are listed newest first."""
    check_ins = await sentry.body(f"{ACME}/monitors/nightly-report/checkins/", params={"environment": "production"})
    times = [check_in["dateAdded"] for check_in in check_ins]

    assert times == sorted(times, reverse=True)
