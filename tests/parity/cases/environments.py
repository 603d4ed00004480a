"""Cases of environments."""

from parity.case import Case, acme, mutation

WEB = {"project": {"slug": "web"}, "organization": {"slug": "acme"}}

CASES = (
    Case(
        "listOrganizationEnvironments",
        acme("environments(visibility: HIDDEN) { nodes { name } }"),
        "GET /organizations/acme/environments/",
        query={"visibility": "hidden"},
    ),
    Case(
        "listProjectEnvironments",
        acme('project(slug: "web") { environments(visibility: ALL) { nodes { name } } }'),
        "GET /projects/acme/101000/environments/",
        query={"visibility": "all"},
    ),
    Case(
        "getProjectEnvironment",
        acme('project(slug: "web") { environmentByName(name: "canary") { isHidden } }'),
        "GET /projects/acme/101000/environments/canary/",
    ),
    Case(
        "updateProjectEnvironment",
        mutation("setEnvironmentVisibility", "environments { isHidden }"),
        "PUT /projects/acme/101000/environments/canary/",
        {"input": {**WEB, "environments": [{"name": "canary"}], "isHidden": True}},
        body={"isHidden": True},
    ),
    Case(
        "Bulk Update Project Environments",
        mutation("setEnvironmentVisibility", "environments { isHidden }"),
        "PUT /projects/acme/101000/environments/",
        {"input": {**WEB, "environments": [{"name": "canary"}, {"name": "staging"}], "isHidden": True}},
        body={"environmentNames": ["canary", "staging"], "isHidden": True},
    ),
)
