"""What is written to the sandbox is what is read from it afterwards."""

ACME = "/organizations/acme"


async def test_key_lives_and_dies(sentry):
    """A client key is created, limited, switched off, found by status, and removed."""
    base = "/projects/acme/web/keys/"
    _, _, key = await sentry.call("POST", base, json={"name": "Mobile"})
    one = f"{base}{key['id']}/"
    change = {"name": "Tablet", "isActive": False, "rateLimit": {"window": 60, "count": 5}}
    _, _, changed = await sentry.call("PUT", one, json=change)
    inactive = await sentry.body(base, params={"status": "inactive"})
    deleted, _, _ = await sentry.call("DELETE", one)
    gone, _, _ = await sentry.get(one)

    assert {name: changed[name] for name in change} == change
    assert [each["id"] for each in inactive] == [key["id"]]
    assert (deleted, gone) == (204, 404)


async def test_project_lives_and_dies(sentry):
    """A project is created in the viewer's team, given to another, taken back, and removed with its issues."""
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


async def test_deleting_a_project_takes_its_issues(sentry, acme):
    """No issue of a removed project is left."""
    await sentry.call("DELETE", "/projects/acme/mobile/")

    assert not any(issue.project.slug == "mobile" for issue in acme.issues.values())


async def test_a_slug_is_taken_once(sentry):
    """Two projects cannot answer to one slug, neither can two teams."""
    project, _, _ = await sentry.call("PUT", "/projects/acme/api/", json={"slug": "web"})
    team, _, _ = await sentry.call("POST", f"{ACME}/teams/", json={"slug": "web"})

    assert (project, team) == (409, 409)


async def test_team_lives_and_dies(sentry):
    """A team is created, renamed, joined once, left, and forgotten by members and projects."""
    _, _, team = await sentry.call("POST", f"{ACME}/teams/", json={"name": "Night Watch"})
    _, _, renamed = await sentry.call("PUT", f"/teams/acme/{team['slug']}/", json={"slug": "watch", "name": "Watch"})
    _, _, (member, *_) = await sentry.get(f"{ACME}/members/", params={"cursor": "0:5:0"})
    seat = f"{ACME}/members/{member['id']}/teams/watch/"
    joined, _, _ = await sentry.call("POST", seat)
    again, _, _ = await sentry.call("POST", seat)
    inside = await sentry.body("/teams/acme/watch/members/")
    left, _, after = await sentry.call("DELETE", seat)
    deleted, _, _ = await sentry.call("DELETE", "/teams/acme/watch/")
    me = await sentry.body(f"{ACME}/members/me/")

    assert (renamed["slug"], joined, again, left, deleted) == ("watch", 201, 204, 200, 204)
    assert member["id"] in {one["id"] for one in inside}
    assert after["isMember"] is False
    assert "watch" not in me["teams"]


async def test_own_teams(sentry, acme):
    """The viewer's teams come with their projects, and a team's page with its organization unless collapsed."""
    own = await sentry.body(f"{ACME}/user-teams/")
    whole = await sentry.body("/teams/acme/web/", params={"expand": "projects"})
    bare = await sentry.body("/teams/acme/web/", params={"collapse": "organization"})

    assert [team["slug"] for team in own] == [team.slug for team in acme.members[0].teams]
    assert (whole["organization"]["slug"], "projects" in whole) == ("acme", True)
    assert "organization" not in bare


async def test_member_is_invited_changed_and_removed(sentry, acme):
    """An invitation is a member without a user; roles and teams change; the last owner stays."""
    _, _, invited = await sentry.call("POST", f"{ACME}/members/", json={"email": "new@example.com", "orgRole": "admin"})
    twice, _, _ = await sentry.call("POST", f"{ACME}/members/", json={"email": "new@example.com"})
    one = f"{ACME}/members/{invited['id']}/"
    roles = [{"teamSlug": "data", "role": "admin"}]
    _, _, changed = await sentry.call("PUT", one, json={"orgRole": "member", "teamRoles": roles})
    removed, _, _ = await sentry.call("DELETE", one)
    for member in [each for each in acme.members if each.org_role == "owner"][1:]:
        member.org_role = "manager"
    kept, _, _ = await sentry.call("DELETE", f"{ACME}/members/me/")

    assert (invited["user"], invited["pending"], twice) == (None, True, 400)
    assert (changed["orgRole"], changed["teamRoles"]) == ("member", roles)
    assert (removed, kept) == (204, 403)


async def test_release_is_archived_and_removed(sentry):
    """An archived release leaves the list; a release that issues point to cannot be removed."""
    base = f"{ACME}/releases/"
    await sentry.call("POST", base, json={"version": "web@99.0.0", "projects": ["web"]})
    await sentry.call("PUT", f"{base}web@99.0.0/", json={"status": "archived", "dateReleased": "2026-03-04T00:00:00Z"})
    open_ones = await sentry.body(base, params={"query": "web@99"})
    archived = await sentry.body(base, params={"query": "web@99", "status": "archived"})
    deleted, _, _ = await sentry.call("DELETE", f"{base}web@99.0.0/")
    busy = (await sentry.body(base, params={"query": "web@"}))[-1]["version"]
    refused, _, body = await sentry.call("DELETE", f"{base}{busy}/")

    assert (open_ones, [one["dateReleased"] for one in archived]) == ([], ["2026-03-04T00:00:00Z"])
    assert (deleted, refused) == (204, 400)
    assert "referenced by active issues" in body["detail"]


async def test_commits_of_a_release(sentry, acme):
    """Authors are found by address; others, and repositories nobody knows, come into being."""
    author, stranger = acme.members[1].user, {"author_name": "A", "author_email": "a@b.example"}
    commits = [
        {"id": "1" * 40, "author_email": author.email, "repository": acme.repositories[0].name},
        {"id": "2" * 40, **stranger, "repository": "acme/new", "patch_set": [{"path": "a.py", "type": "A"}]},
    ]
    body = {"version": "web@98.0.0", "projects": ["web"], "commits": commits}
    await sentry.call("POST", f"{ACME}/releases/", json=body)
    found = {one["id"]: one for one in await sentry.body(f"{ACME}/releases/web@98.0.0/commits/")}
    files = await sentry.body(f"{ACME}/releases/web@98.0.0/commitfiles/")
    refused, _, answer = await sentry.call("POST", f"{ACME}/releases/", json=body | {
        "refs": [{"repository": "acme/none", "commit": "3" * 40}]})  # fmt: skip

    assert found["1" * 40]["author"]["id"] == author.id
    assert found["2" * 40]["author"] == {"name": "A", "email": "a@b.example"}
    assert [(file["filename"], file["type"], file["repoName"]) for file in files] == [("a.py", "A", "acme/new")]
    assert (refused, answer) == (400, {"refs": ["Invalid repository names: acme/none"]})


async def test_release_files_download(sentry, acme):
    """A file's page tells about it, and `download` gives its bytes."""
    release = next(release for release in acme.releases if release.files)
    file = release.files[0]
    base = f"{ACME}/releases/{release.version}/files/"
    missing = await sentry.body(base, params={"query": "nothing"})
    _, headers, content = await sentry.get(f"{base}{file.id}/", params={"download": "1"})

    assert missing == []
    assert (content, "app.js" in headers["Content-Disposition"]) == (file.content, True)


async def test_resolved_issues_of_a_release(sentry, acme):
    """Issues resolved in a release are listed with it."""
    issue = next(issue for issue in acme.issues.values() if issue.status == "resolved")
    issue.status_details = {"inRelease": "web@1.0.0"}
    version = next(release.version for release in acme.releases if release.package == "web")
    issue.status_details = {"inRelease": version}

    found = await sentry.body(f"{ACME}/releases/{version}/resolved/")

    assert [one["id"] for one in found] == [issue.id]


async def test_environment_is_hidden(sentry):
    """A hidden environment leaves the project's list, and stays in the organization's."""
    url = "/projects/acme/web/environments/"
    await sentry.call("PUT", f"{url}canary/", json={"isHidden": True})
    project, everyone = await sentry.body(url), await sentry.body(f"{ACME}/environments/")

    assert "canary" not in {one["name"] for one in project}
    assert "canary" in {one["name"] for one in everyone}


async def test_rules_are_overwritten(sentry):
    """A change of a rule replaces all of it; a removed one is gone."""
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
    odd, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"actionMatch": "some"})
    deleted, _, _ = await sentry.call("DELETE", f"{base}{rule['id']}/")
    gone, _, _ = await sentry.get(f"{base}{rule['id']}/")

    assert (rule["environment"], changed["environment"], changed["name"]) == ("production", None, "S")
    assert (rare, odd, deleted, gone) == (400, 400, 202, 404)


async def test_metric_rules_are_overwritten(sentry):
    """A metric rule has exactly one project and one of the known windows."""
    base = f"{ACME}/alert-rules/"
    (rule, *_) = await sentry.body(base)
    body = {name: rule[name] for name in ("name", "aggregate", "timeWindow", "projects", "query", "thresholdType")}
    body |= {"triggers": rule["triggers"]}
    _, _, changed = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"timeWindow": 5})
    odd, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"timeWindow": 7})
    many, _, _ = await sentry.call("PUT", f"{base}{rule['id']}/", json=body | {"projects": ["web", "api"]})
    deleted, _, _ = await sentry.call("DELETE", f"{base}{rule['id']}/")

    assert (changed["timeWindow"], odd, many, deleted) == (5, 400, 400, 202)


async def test_detectors_and_workflows_are_linked_both_ways(sentry):
    """Linking from one side shows on the other; removing one forgets the link."""
    source = {"aggregate": "count()", "dataset": "events", "timeWindow": 60}
    body = {"name": "D", "type": "metric_issue", "dataSources": [source]}
    _, _, detector = await sentry.call("POST", f"{ACME}/projects/web/detectors/", json=body)
    body = {"name": "W", "detectorIds": [detector["id"]], "triggers": {"logicType": "any-short"}}
    _, _, workflow = await sentry.call("POST", f"{ACME}/workflows/", json=body)
    linked = await sentry.body(f"{ACME}/detectors/{detector['id']}/")
    one = f"{ACME}/workflows/{workflow['id']}/"
    _, _, renamed = await sentry.call("PUT", one, json={"name": "V", "detectorIds": []})
    unlinked = await sentry.body(f"{ACME}/detectors/{detector['id']}/")
    _, _, relinked = await sentry.call(
        "PUT", f"{ACME}/detectors/{detector['id']}/", json={"name": "E", "workflowIds": [workflow["id"]]}
    )
    await sentry.call("DELETE", f"{ACME}/detectors/{detector['id']}/")
    forgotten = await sentry.body(one)
    deleted, _, _ = await sentry.call("DELETE", one)

    assert (linked["workflowIds"], unlinked["workflowIds"]) == ([workflow["id"]], [])
    assert (renamed["name"], relinked["name"], relinked["workflowIds"]) == ("V", "E", [workflow["id"]])
    assert (forgotten["detectorIds"], deleted) == ([], 204)


async def test_many_are_switched_and_removed(sentry, acme):
    """A selection is switched or removed together; no selection at all is refused."""
    for noun, records in (("workflows", acme.workflows), ("detectors", acme.detectors)):
        url, project = f"{ACME}/{noun}/", {"project": "web"}
        refused, _, _ = await sentry.call("PUT", url, json={"enabled": False})
        unclear, _, _ = await sentry.call("PUT", url, params=project, json={})
        _, _, switched = await sentry.call("PUT", url, params=project, json={"enabled": False})
        before = len(records)
        deleted, _, _ = await sentry.call("DELETE", url, params=[("id", switched[0]["id"]), ("id", switched[1]["id"])])

        assert (refused, unclear, deleted) == (400, 400, 204)
        assert {one["enabled"] for one in switched} == {False}
        assert len(records) == before - 2


async def test_cron_monitor_lives_and_dies(sentry):
    """A cron monitor changes what is given, loses one environment, then goes."""
    _, _, (monitor, *_) = await sentry.get(f"{ACME}/monitors/", params={"project": "web"})
    one = f"{ACME}/monitors/{monitor['slug']}/"
    _, _, changed = await sentry.call("PUT", one, json={"name": "N", "is_muted": True, "config": {"max_runtime": 9}})
    await sentry.call("DELETE", one, params={"environment": "production"})
    bare = await sentry.body(f"{ACME}/monitors/{monitor['id']}/")
    deleted, _, _ = await sentry.call("DELETE", f"/projects/acme/web/monitors/{monitor['slug']}/")
    elsewhere, _, _ = await sentry.get(f"/projects/acme/api/monitors/{monitor['slug']}/")

    assert (changed["name"], changed["isMuted"], changed["config"]["max_runtime"]) == ("N", True, 9)
    assert changed["config"]["schedule"] == monitor["config"]["schedule"]
    assert (bare["environments"], deleted, elsewhere) == ([], 202, 404)


async def test_check_ins_are_newest_first(sentry):
    """The check-ins of a monitor run from the newest to the oldest."""
    check_ins = await sentry.body(f"{ACME}/monitors/nightly-report/checkins/", params={"environment": "production"})
    times = [check_in["dateAdded"] for check_in in check_ins]

    assert times == sorted(times, reverse=True)
