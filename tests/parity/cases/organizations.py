"""Cases of organizations, members, teams and projects."""

from parity.case import Case, acme, global_id, mutation

PROJECT = "/projects/acme/101000/"
CLIENT_KEY = "ccb573d95810d60ea72991b9e8c14743"
NODE = "query ($id: ID!) { node(id: $id) { id } }"

CASES = (
    Case(
        "listOrganizations",
        "{ organizations(first: 2) { nodes { name } } }",
        "GET /organizations/",
        query={"per_page": "2"},
    ),
    Case("getOrganization", acme("name"), "GET /organizations/acme/", query={"detailed": "0"}),
    Case(
        "resolveOrganizationShortId",
        mutation("updateIssue", "issue { id }"),
        "GET /organizations/acme/shortids/WEB-9/",
        {"input": {"issue": {"shortId": "WEB-9"}, "organization": {"slug": "acme"}, "hasSeen": True}},
    ),
    Case(
        "listOrganizationMembers",
        acme('members(first: 2, search: "role:owner") { nodes { id } }'),
        "GET /organizations/acme/members/",
        query={"query": "role:owner", "per_page": "2"},
    ),
    Case(
        "getOrganizationMember",
        acme(f'member(id: "{global_id("Member", "100201")}") {{ id }}'),
        "GET /organizations/acme/members/100201/",
    ),
    Case(
        "listOrganizationTeams",
        acme('teams(first: 2, nameContains: "web") { nodes { slug } }'),
        "GET /organizations/acme/teams/",
        query={"query": "web", "per_page": "2"},
    ),
    Case("getTeam", acme('team(slug: "web") { name }'), "GET /teams/acme/web/", query={"collapse": "organization"}),
    Case(
        "listTeamMembers",
        acme('team(slug: "web") { members(first: 2) { nodes { id } } }'),
        "GET /teams/acme/100100/members/",
        query={"per_page": "2"},
    ),
    Case(
        "listOrganizationProjects",
        acme('projects(first: 3, nameContains: "web") { nodes { slug } }'),
        "GET /organizations/acme/projects/",
        query={"query": "web", "per_page": "3"},
    ),
    Case("getProject", acme('project(slug: "web") { settings { subjectPrefix } }'), f"GET {PROJECT}"),
    Case(
        "listProjectMembers",
        acme('project(slug: "web") { members(first: 2) { nodes { id } } }'),
        f"GET {PROJECT}members/",
    ),
    Case(
        "listProjectKeys",
        acme('project(slug: "web") { keys(first: 2) { nodes { label } } }'),
        f"GET {PROJECT}keys/",
        query={"per_page": "2"},
    ),
    Case(
        "getProjectKey",
        NODE,
        f"GET {PROJECT}keys/{CLIENT_KEY}/",
        {"id": global_id("ClientKey", "101000", CLIENT_KEY)},
    ),
)
