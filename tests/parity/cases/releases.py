"""Cases of releases."""

from parity.case import Case, acme, global_id

RELEASES = "/organizations/acme/releases/"
RELEASE = RELEASES + "web@1.8.2/"
EVENT = "df8b61d1e1d2a502c06cbc5e683496ab"

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
)
