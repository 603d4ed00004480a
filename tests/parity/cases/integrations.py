"""Cases of integrations and repositories."""

from parity.case import Case, acme

CASES = (
    Case(
        "listOrganizationIntegrations",
        acme('integrations(first: 2, provider: "github") { nodes { name } }'),
        "GET /organizations/acme/integrations/",
        query={"providerKey": "github", "per_page": "2"},
    ),
    Case(
        "List an Organization's Integration Platform Installations",
        acme("appInstallations(first: 2) { nodes { id } }"),
        "GET /organizations/acme/sentry-app-installations/",
        query={"per_page": "2"},
    ),
    Case(
        "listOrganizationRepos",
        acme('repositories(first: 2, nameContains: "web") { nodes { name } }'),
        "GET /organizations/acme/repos/",
        query={"query": "web", "per_page": "2"},
    ),
    Case(
        "listOrganizationRepoCommits",
        acme('repositories(nameContains: "web") { nodes { commits(first: 1) { nodes { key } } } }'),
        "GET /organizations/acme/repos/100500/commits/",
        query={"per_page": "1"},
    ),
)
