"""Cases of releases."""

from parity.case import Case, acme, global_id, mutation

RELEASES = "/organizations/acme/releases/"
RELEASE = RELEASES + "web@1.8.2/"
EVENT = "df8b61d1e1d2a502c06cbc5e683496ab"
RELEASE_ID = global_id("Release", "web@1.8.2")
COMMIT = {
    "key": "a" * 40,
    "repository": {"name": "acme/web"},
    "message": "Fix it",
    "authorName": "Ada",
    "authorEmail": "ada@example.com",
    "committedAt": "2026-03-04T09:00:00Z",
    "changes": [{"path": "a.py", "change": "ADDED"}],
}
WRITTEN_COMMIT = {
    "id": "a" * 40,
    "repository": "acme/web",
    "message": "Fix it",
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "timestamp": "2026-03-04T09:00:00+00:00",
    "patch_set": [{"path": "a.py", "type": "A"}],
}
CHANGES = (
    ("finalizeRelease", {}, {"dateReleased": "2026-03-04T12:00:00+00:00"}),
    ("archiveRelease", {}, {"status": "archived"}),
    ("restoreRelease", {}, {"status": "open"}),
    ("setReleaseCommits", {"commits": [COMMIT]}, {"commits": [WRITTEN_COMMIT]}),
)
"""Mutations that change one member of a release: input and body."""

CASES = (
    Case(
        "listOrganizationReleases",
        acme(
            """releases(
              first: 2, versionContains: "web", projects: [{ id: $project }], environments: [{ name: "production" }]
            ) { nodes { version } }""",
            project="ID!",
        ),
        f"GET {RELEASES}",
        {"project": global_id("Project", "101000")},
        query={"query": "web", "environment": "production", "project": "101000", "per_page": "2"},
    ),
    Case(
        "getOrganizationRelease",
        acme('release(version: "web@1.8.2") { lastEventAt }'),
        f"GET {RELEASE}",
    ),
    Case(
        "listOrganizationReleaseCommits",
        acme('release(version: "web@1.8.2") { commits(first: 2) { nodes { key } } }'),
        f"GET {RELEASE}commits/",
        query={"per_page": "2"},
    ),
    Case(
        "Retrieve Files Changed in a Release's Commits",
        acme('release(version: "web@1.8.2") { commitFiles(first: 2) { nodes { filename } } }'),
        f"GET {RELEASE}commitfiles/",
    ),
    Case(
        "listOrganizationReleaseDeploys",
        acme('release(version: "web@1.8.2") { deploys(first: 2) { nodes { environment } } }'),
        f"GET {RELEASE}deploys/",
        query={"per_page": "2"},
    ),
    Case(
        "getOrganizationSessions",
        acme('release(version: "web@1.8.2") { health(range: { last: "7d" }) { crashFreeUsers sessions } }'),
        "GET /organizations/acme/sessions/",
        query={
            "field": ["sum(session)", "count_unique(user)", "crash_free_rate(session)", "crash_free_rate(user)"],
            "groupBy": ["release", "project"],
            "query": "release:[web@1.8.2]",
            "start": "2026-02-25T12:00:00",
            "end": "2026-03-04T13:00:00",
        },
    ),
    Case(
        "GET /organizations/{organization_id_or_slug}/releases/{version}/resolved/",
        acme('release(version: "web@1.8.2") { compare { resolvedIssues { nodes { shortId } } } }'),
        f"GET {RELEASE}resolved/",
    ),
    Case(
        "GET /projects/{organization_id_or_slug}/{project_id_or_slug}/events/{event_id}/committers/",
        "query ($id: ID!) { node(id: $id) { ... on Event { suspectCommits { score } } } }",
        f"GET /projects/acme/101000/events/{EVENT}/committers/",
        {"id": global_id("Event", "101000", EVENT)},
    ),
    Case(
        "createOrganizationRelease",
        mutation("createRelease", "isNew release { version }"),
        f"POST {RELEASES}",
        {
            "input": {
                "organization": {"slug": "acme"},
                "version": "web@9.0.0",
                "projects": [{"slug": "web"}, {"id": global_id("Project", "101001")}],
                "ref": "main",
                "url": "https://ci.example/9",
                "releasedAt": "2026-03-04T10:00:00Z",
                "isArchived": False,
                "owner": {"username": "pavel.brandt@example.com"},
                "commits": [COMMIT],
                "refs": [{"repository": {"name": "acme/web"}, "commit": "b" * 40, "previousCommit": "c" * 40}],
            }
        },
        body={
            "version": "web@9.0.0",
            "projects": ["web", "api"],
            "ref": "main",
            "url": "https://ci.example/9",
            "dateReleased": "2026-03-04T10:00:00+00:00",
            "status": "open",
            "owner": "pavel.brandt@example.com",
            "commits": [WRITTEN_COMMIT],
            "refs": [{"repository": "acme/web", "commit": "b" * 40, "previousCommit": "c" * 40}],
        },
    ),
    Case(
        "updateOrganizationRelease",
        mutation("updateRelease", "release { ref url releasedAt }"),
        f"PUT {RELEASE}",
        {"input": {"release": {"id": RELEASE_ID}, "ref": "main", "url": "", "releasedAt": "2026-03-04T10:00:00Z"}},
        body={"ref": "main", "url": "", "dateReleased": "2026-03-04T10:00:00+00:00"},
    ),
    *(
        Case(
            "updateOrganizationRelease",
            mutation(name, "release { status }"),
            f"PUT {RELEASE}",
            {"input": {"release": {"id": RELEASE_ID}, **given}},
            body=body,
        )
        for name, given, body in CHANGES
    ),
    Case(
        "deleteOrganizationRelease",
        mutation("deleteRelease", "deletedId"),
        f"DELETE {RELEASES}worker@1.9.2/",
        {"input": {"release": {"version": "worker@1.9.2"}, "organization": {"slug": "acme"}}},
    ),
    Case(
        "createOrganizationReleaseDeploy",
        mutation("createDeploy", "deploy { environment release { version } }"),
        f"POST {RELEASE}deploys/",
        {
            "input": {
                "release": {"id": RELEASE_ID},
                "environment": {"name": "blue"},
                "name": "night",
                "url": "https://ci.example/9",
                "startedAt": "2026-03-04T10:00:00Z",
                "finishedAt": "2026-03-04T10:05:00Z",
                "projects": [{"slug": "web"}],
            }
        },
        body={
            "environment": "blue",
            "name": "night",
            "url": "https://ci.example/9",
            "dateStarted": "2026-03-04T10:00:00+00:00",
            "dateFinished": "2026-03-04T10:05:00+00:00",
            "projects": ["web"],
        },
    ),
    Case(
        "listProjectReleases",
        acme(
            """project(slug: "web") {
              releases(first: 2, versionContains: "web", environments: [{ name: "production" }]) { nodes { version } }
            }"""
        ),
        "GET /projects/acme/101000/releases/",
        query={"query": "web", "environment": "production", "per_page": "2"},
    ),
    Case(
        "listProjectReleaseCommits",
        acme(
            'release(version: "web@1.8.2") { projects { edges { inRelease { commits(first: 2) { nodes { key } } } } } }'
        ),
        "GET /projects/acme/101000/releases/web@1.8.2/commits/",
        query={"per_page": "2"},
    ),
    Case(
        "getProjectReleaseSetupCompletion",
        acme('project(slug: "web") { releaseSetup { hasTag hasRepository hasCommit hasDeploy } }'),
        "GET /projects/acme/101000/releases/completion/",
    ),
    Case(
        "listOrganizationReleaseThresholdStatuses",
        acme(
            """releaseThresholds(
              range: { last: "7d" }, projects: [{ slug: "web" }], environments: [{ name: "production" }]
              releases: [{ version: "web@1.8.2" }]
            ) { kind value measuredValue isHealthy version environment project { slug } }"""
        ),
        "GET /organizations/acme/release-threshold-statuses/",
        query={
            "start": "2026-02-25T12:00:00",
            "end": "2026-03-04T13:00:00",
            "project": "101000",
            "environment": "production",
            "release": "web@1.8.2",
        },
    ),
    Case(
        "listOrganizationReleaseThresholdStatuses",
        acme(
            """release(version: "web@1.8.2") {
              thresholds(range: { last: "7d" }, environments: { name: "production" }) { isHealthy } }"""
        ),
        "GET /organizations/acme/release-threshold-statuses/",
        query={"release": "web@1.8.2", "environment": "production", "end": "2026-03-04T13:00:00"},
    ),
    Case(
        "getOrganizationRelease",
        acme('release(version: "web@1.8.2") { adoptionStages { stage adoptedAt project { slug } } }'),
        "GET /organizations/acme/releases/web@1.8.2/",
        query={"adoptionStages": "1"},
    ),
)
