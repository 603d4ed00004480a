"""Cases of environments."""

from parity.case import Case, acme

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
)
