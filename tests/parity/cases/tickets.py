"""Cases of tickets in trackers of integrations and apps."""

from parity.case import Case, acme

ISSUE = "/organizations/acme/issues/1000009/"

CASES = (
    Case(
        "listOrganizationIssueExternalIssues",
        acme('issue(shortId: "WEB-9") { externalIssues { displayName } }'),
        f"GET {ISSUE}external-issues/",
    ),
    Case(
        "listOrganizationIssueIntegrations",
        acme('issue(shortId: "WEB-9") { externalIssues { displayName } }'),
        f"GET {ISSUE}integrations/",
        query={"per_page": "100"},
    ),
)
