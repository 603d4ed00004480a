"""Cases of tickets in trackers of integrations and apps."""

from parity.case import Case, acme, global_id, mutation

ISSUE = "/organizations/acme/issues/1000009/"
ISSUE_ID = global_id("Issue", "1000009")
JIRA = {"sentryId": "100402"}
UUID = "46e40990-30f9-4058-bf9d-52f90e8bec94"
APP = {"id": global_id("AppInstallation", UUID)}
INSTALLATION = f"/sentry-app-installations/{UUID}/"
OF_APP, OF_JIRA = "/organizations/acme/issues/1000013/", "/organizations/acme/issues/1000019/"
OF_APP_ID = global_id("ExternalIssue", "1000013", "10000137")
OF_JIRA_ID = global_id("ExternalIssue", "1000019", "integration-10000198")

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
    Case(
        "Retrieve an Integration's Issue Config for an Issue",
        """query ($id: ID!, $jira: IntegrationReference!) { issue(id: $id) {
          externalIssueForm(integration: $jira, action: LINK) { fields { name } } } }""",
        f"GET {ISSUE}integrations/100402/",
        {"id": ISSUE_ID, "jira": JIRA},
        query={"action": "link"},
    ),
    Case(
        "Create an External Issue and Link It to an Issue",
        mutation("createExternalIssue", "externalIssue { displayName }"),
        f"POST {ISSUE}integrations/100402/",
        {
            "input": {
                "issue": {"id": ISSUE_ID},
                "integration": JIRA,
                "title": "Broken",
                "description": "Since noon",
                "values": {"project": "OPS"},
            }
        },
        body={"project": "OPS", "title": "Broken", "description": "Since noon"},
    ),
    Case(
        "Link an Existing External Issue to an Issue",
        mutation("linkExternalIssue", "externalIssue { displayName }"),
        f"PUT {ISSUE}integrations/100402/",
        {"input": {"issue": {"id": ISSUE_ID}, "integration": JIRA, "key": "SHOP-41", "values": {"comment": "x"}}},
        body={"comment": "x", "externalIssue": "SHOP-41"},
    ),
    Case(
        "Unlink an External Issue from an Issue",
        mutation("unlinkExternalIssue", "deletedId"),
        f"DELETE {OF_JIRA}integrations/100402/",
        {"input": {"id": OF_JIRA_ID}},
        query={"externalIssue": "10000198"},
    ),
    Case(
        "deleteOrganizationIssueExternalIssue",
        mutation("unlinkExternalIssue", "deletedId"),
        f"DELETE {OF_APP}external-issues/10000137/",
        {"input": {"id": OF_APP_ID}},
    ),
    Case(
        "Create or update an External Issue",
        mutation("setAppExternalIssue", "externalIssue { displayName }"),
        f"POST {INSTALLATION}external-issues/",
        {
            "input": {
                "issue": {"id": ISSUE_ID},
                "appInstallation": APP,
                "projectName": "SHOP",
                "identifier": "41",
                "webUrl": "https://tracker.example/41",
            }
        },
        body={"issueId": 1000009, "webUrl": "https://tracker.example/41", "project": "SHOP", "identifier": "41"},
    ),
    Case(
        "Delete an External Issue",
        mutation("deleteAppExternalIssue", "deletedId"),
        f"DELETE {INSTALLATION}external-issues/10000137/",
        {"input": {"id": OF_APP_ID, "appInstallation": APP}},
    ),
    Case(
        "executeSentryAppInstallationExternalIssueAction",
        mutation("executeAppIssueAction", "externalIssue { displayName }"),
        f"POST {INSTALLATION}external-issue-actions/",
        {
            "input": {
                "issue": {"id": ISSUE_ID},
                "appInstallation": APP,
                "action": "LINK",
                "uri": "/sentry/link",
                "values": {"identifier": "41"},
                "expectedUrl": "https://tracker.example/dexter-acme/41",
            }
        },
        query={"expectedExternalIssueUrl": "https://tracker.example/dexter-acme/41"},
        body={"identifier": "41", "action": "link", "uri": "/sentry/link", "groupId": "1000009"},
    ),
    Case(
        "getSentryAppInstallationExternalRequestOptions",
        acme(
            """appInstallations(first: 1) { nodes { formOptions(uri: "/sentry/projects",
              project: { sentryId: "101000" }, labelContains: "sho", dependentData: { kind: "bug" }) {
                default choices { value } } } }"""
        ),
        f"GET {INSTALLATION}external-requests/",
        query={"uri": "/sentry/projects", "projectId": "101000", "query": "sho", "dependentData": '{"kind":"bug"}'},
    ),
    Case(
        "listOrganizationSentryAppComponents",
        acme("appComponents(first: 2) { nodes { appSlug createForm { uri } } }"),
        "GET /organizations/acme/sentry-app-components/",
        query={"filter": "issue-link", "per_page": "2"},
    ),
)
