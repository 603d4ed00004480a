"""Mutations of releases and deploys."""

from dexter_graphql.graph.relay.global_ids import encode_id

ACME = {"organization": {"slug": "acme"}}
WEB = {"release": {"version": "web@1.8.2"}, **ACME}
NEW = {"version": "web@9.0.0", "projects": [{"slug": "web"}], **ACME}
COMMIT, ZEROS = "a" * 40, "0" * 40


async def change(asker, name, selection="release { version }", /, **given):
    """The payload of a mutation, and the bodies of the writes that it made."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ field code }} }} }}"
    answer = await asker.ask(document, input=given)
    assert answer.errors == []
    return answer[name], [call for call in answer.calls if call.method != "GET"]


async def test_created_release_is_new_once(asker):
    """A release with the version of another one updates it, and adds its projects."""
    selection = "isNew release { version ref status projects { nodes { slug } } }"
    first, calls = await change(asker, "createRelease", selection, **NEW, ref="main", isArchived=True)
    again, _ = await change(asker, "createRelease", selection, **{**NEW, "projects": [{"slug": "api"}]})

    release = {"version": "web@9.0.0", "ref": "main", "status": "ARCHIVED"}
    assert first == {"isNew": True, "release": {**release, "projects": {"nodes": [{"slug": "web"}]}}, "userErrors": []}
    assert again["isNew"] is False
    assert again["release"] == {**release, "projects": {"nodes": [{"slug": "web"}, {"slug": "api"}]}}
    assert [call.method for call in calls] == ["POST"]


async def test_owner_is_written_as_username(asker):
    """Sentry takes the username of the owner, which a reference by another name is translated to."""
    user = next(member.user for member in asker.acme.members if member.user)
    user.username = "the-owner"

    for reference in ({"email": user.email}, {"sentryId": user.id}, {"id": encode_id("User", "100000", user.id)}):
        payload, _ = await change(
            asker, "createRelease", "release { owner { ... on User { name } } }", **NEW, owner=reference
        )
        assert payload == {"release": {"owner": {"name": user.name}}, "userErrors": []}


async def test_lists_show_a_change_at_once(asker):
    """What was cached before an archived or a restored release is not used after it."""
    listed = 'releases(first: 100, versionContains: "web@1.8.2") { nodes { version status } }'
    before = await asker.organization(listed)

    archived, _ = await change(asker, "archiveRelease", "release { status }", **WEB)
    without = await asker.organization(listed)
    restored, _ = await change(asker, "restoreRelease", "release { status }", **WEB)
    after = await asker.organization(listed)

    assert (archived["release"], restored["release"]) == ({"status": "ARCHIVED"}, {"status": "OPEN"})
    assert (len(before["releases"]["nodes"]), without["releases"]["nodes"]) == (1, [])
    assert after["releases"] == before["releases"]


async def test_update_keeps_what_is_not_given(asker):
    """Members that are left out keep their values, and an update of nothing changes nothing."""
    release = asker.acme.find_release("web@1.8.2")

    payload, _ = await change(asker, "updateRelease", "release { ref url }", **WEB, ref="v2")
    nothing, [call] = await change(asker, "updateRelease", "release { ref url }", **WEB)

    assert payload["release"] == nothing["release"] == {"ref": "v2", "url": release.url}
    assert call.method == "PUT"


async def test_release_is_finalized(asker):
    """The time of the publication is now, unless one is given."""
    now, _ = await change(asker, "finalizeRelease", "release { releasedAt }", **WEB)
    given, _ = await change(
        asker, "finalizeRelease", "release { releasedAt }", **WEB, releasedAt="2026-03-01T10:00:00+02:00"
    )

    assert now["release"] == {"releasedAt": "2026-03-04T12:00:00Z"}
    assert given["release"] == {"releasedAt": "2026-03-01T08:00:00Z"}


async def test_commits_are_set(asker):
    """The commits of a release are replaced, with repositories by each of their names; an empty list removes them."""
    repository = asker.acme.repositories[0]
    global_id = encode_id("Repository", "100000", repository.id)
    commits = [{"key": COMMIT, "repository": {"id": global_id}}, {"key": ZEROS, "repository": {"name": "acme/new"}}]
    selection = "release { commitCount commits { nodes { key repository { name } } } }"

    payload, _ = await change(asker, "setReleaseCommits", selection, **WEB, commits=commits)
    emptied, _ = await change(asker, "setReleaseCommits", "release { commitCount }", **WEB, commits=[])
    refs, _ = await change(
        asker, "setReleaseCommits", "release { version }", **WEB,
        refs=[{"repository": {"name": repository.name}, "commit": COMMIT}],
    )  # fmt: skip

    nodes = payload["release"]["commits"]["nodes"]
    assert {node["key"]: node["repository"]["name"] for node in nodes} == {COMMIT: repository.name, ZEROS: "acme/new"}
    assert (payload["release"]["commitCount"], emptied["release"]["commitCount"]) == (2, 0)
    assert refs["userErrors"] == []


async def test_deploy_is_recorded(asker):
    """A deploy creates its environment, and is in the list of the release at once."""
    listed = 'release(version: "web@1.8.2") { deploys { nodes { environment } } } environments { nodes { name } }'
    await asker.organization(listed)

    payload, _ = await change(
        asker, "createDeploy", "deploy { environment name startedAt finishedAt release { version } }",
        **WEB, environment={"name": "blue"}, name="night", startedAt="2026-03-04T10:00:00Z",
    )  # fmt: skip
    after = await asker.organization(listed)

    assert payload["deploy"] == {
        "environment": "blue",
        "name": "night",
        "startedAt": "2026-03-04T10:00:00Z",
        "finishedAt": "2026-03-04T12:00:00Z",
        "release": {"version": "web@1.8.2"},
    }
    assert {"environment": "blue"} in after["release"]["deploys"]["nodes"]
    assert {"name": "blue"} in after["environments"]["nodes"]


async def test_deleted_release_is_gone(asker):
    """A release without issues is deleted; deleting it again finds nothing."""
    target = {"id": encode_id("Release", "100000", "worker@1.9.2")}

    payload, _ = await change(asker, "deleteRelease", "deletedId", release=target)
    again, _ = await change(asker, "deleteRelease", "deletedId", release=target)
    answer = await asker.organization('release(version: "worker@1.9.2") { version }')

    assert payload == {"deletedId": target["id"], "userErrors": []}
    assert again == {"deletedId": None, "userErrors": [{"field": ["release"], "code": "NOT_FOUND"}]}
    assert answer.data == {"release": None}


MISTAKES = [
    ("createRelease", {**NEW, "projects": []}, ["projects"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "projects": [{"slug": "nope"}]}, ["projects"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "projects": [{"sentryId": "7"}]}, ["projects", "0", "sentryId"], "NOT_FOUND"),
    ("createRelease", {**NEW, "organization": {"slug": "nope"}}, ["organization", "slug"], "NOT_FOUND"),
    ("createRelease", {**NEW, "version": ""}, ["version"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "version": "a\nb"}, ["version"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "version": "v" * 201}, ["version"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "owner": {"username": "nobody"}}, ["owner"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "owner": {"email": "no@x.example"}}, ["owner", "email"], "NOT_FOUND"),
    ("createRelease", {**NEW, "refs": [{"repository": {"name": "no/repo"}, "commit": COMMIT}]}, ["refs"],
     "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "commits": [{"key": COMMIT, "changes": [{"path": "a", "change": "UNKNOWN"}]}]},
     ["commits", "0", "changes", "0", "change"], "BAD_USER_INPUT"),
    ("createRelease", {**NEW, "commits": [{"key": COMMIT, "message": None}]}, ["commits", "0", "message"],
     "BAD_USER_INPUT"),
    *(("createRelease", {**NEW, name: None}, [name], "BAD_USER_INPUT")
      for name in ("ref", "url", "releasedAt", "isArchived", "owner", "commits", "refs")),
    *(("updateRelease", {**WEB, name: None}, [name], "BAD_USER_INPUT") for name in ("ref", "url", "releasedAt")),
    ("updateRelease", {"release": {"version": "no@1"}, **ACME}, ["release"], "NOT_FOUND"),
    ("updateRelease", {"release": {"latest": True}, **ACME}, ["release", "latest"], "BAD_USER_INPUT"),
    ("updateRelease", {"release": {"id": "x"}}, ["release", "id"], "BAD_USER_INPUT"),
    ("updateRelease", {"release": {"id": encode_id("Release", "1", "a")}}, ["release", "id"], "NOT_FOUND"),
    ("updateRelease", {"release": {"id": encode_id("Release", "1", "a")}, **ACME}, ["release", "id"],
     "BAD_USER_INPUT"),
    ("updateRelease", {"release": {"version": "web@1.8.2"}}, ["organization"], "BAD_USER_INPUT"),
    ("finalizeRelease", {"release": {"version": "no@1"}, **ACME}, ["release"], "NOT_FOUND"),
    ("archiveRelease", {"release": {"version": "no@1"}, **ACME}, ["release"], "NOT_FOUND"),
    ("restoreRelease", {"release": {"version": "no@1"}, **ACME}, ["release"], "NOT_FOUND"),
    ("deleteRelease", WEB, None, "BAD_USER_INPUT"),
    ("setReleaseCommits", WEB, ["commits"], "BAD_USER_INPUT"),
    ("setReleaseCommits", {**WEB, "commits": [], "refs": []}, ["refs"], "BAD_USER_INPUT"),
    ("setReleaseCommits", {**WEB, "refs": None}, ["refs"], "BAD_USER_INPUT"),
    ("createDeploy", {**WEB, "environment": {"name": ""}}, ["environment"], "BAD_USER_INPUT"),
    ("createDeploy", {**WEB, "environment": {"name": "e" * 65}}, ["environment"], "BAD_USER_INPUT"),
    ("createDeploy", {**WEB, "environment": {"sentryId": "7"}}, ["environment", "sentryId"], "NOT_FOUND"),
    ("createDeploy", {**WEB, "environment": {"name": "a"}, "projects": [{"slug": "api"}]}, ["projects"],
     "BAD_USER_INPUT"),
    ("createDeploy", {**WEB, "environment": {"name": "a"}, "projects": []}, ["projects"], "BAD_USER_INPUT"),
    ("createDeploy", {**WEB, "environment": {"name": "a"}, "finishedAt": None}, ["finishedAt"], "BAD_USER_INPUT"),
    ("createDeploy", {"release": {"version": "no@1"}, "environment": {"name": "a"}, **ACME}, ["release"],
     "NOT_FOUND"),
]  # fmt: skip


async def test_mistakes_are_user_errors(asker):
    """A value that is refused, by this server or by Sentry, has a user error with its path; nothing is changed."""
    before = [(one.version, one.status, one.ref, len(one.deploys), len(one.commits)) for one in asker.acme.releases]

    for name, given, field, code in MISTAKES:
        payload, _ = await change(asker, name, "__typename", **given)
        assert payload["userErrors"] == [{"field": field, "code": code}], (name, given)

    after = [(one.version, one.status, one.ref, len(one.deploys), len(one.commits)) for one in asker.acme.releases]
    assert after == before
