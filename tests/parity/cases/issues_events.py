"""Cases of issues and events."""

from parity.case import Case, acme, global_id, mutation

from dexter_graphql.sandbox import Fault

ISSUES = "/organizations/acme/issues/"
ISSUE = ISSUES + "1000009/"
HASH = "f6bd711d45d2b4efec05e36d59e0b5e3"
OF_PROJECT = "/projects/acme/101000/issues/"
ROUTE = "/organizations/{organization}/issues/"
NOTES = "/organizations/{organization_id_or_slug}/issues/{issue_id}/notes/"
EVENT = "df8b61d1e1d2a502c06cbc5e683496ab"
NEWEST = "554890b6e8004d59f78062e8fb12e597"
COMMENTED = ISSUES + "1000044/"
COMMENT_ID = global_id("Comment", "1000044", "100004402")
RESULTS = "results { issueId userErrors { code } }"
ISSUE_ID, OTHER_ID = global_id("Issue", "1000009"), global_id("Issue", "1000010")

ONE_ISSUE = (
    ("unresolveIssues", {}, {"status": "unresolved"}),
    ("archiveIssues", {}, {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}),
    ("assignIssues", {"to": {"nobody": True}}, {"assignedTo": ""}),
    ("setIssuePriority", {"priority": "LOW"}, {"priority": "low"}),
    ("bookmarkIssues", {}, {"isBookmarked": True}),
    ("markIssuesSeen", {}, {"hasSeen": True}),
    ("subscribeToIssues", {}, {"isSubscribed": True}),
)
"""Mutations that change one member of an issue: input and body."""

CASES = (
    Case(
        "listOrganizationIssues",
        acme(
            """issues(first: 2, sort: USERS, range: { last: "24h" }, filter: {
              search: $search, projects: { id: $project }, environments: { name: "production" }
            }) { nodes { shortId } }""",
            search="String",
            project="ID!",
        ),
        f"GET {ISSUES}",
        {"search": "timeout", "project": global_id("Project", "101000")},
        query={
            "query": "timeout",
            "project": "101000",
            "environment": "production",
            "sort": "user",
            "start": "2026-03-03T12:00:00",
            "end": "2026-03-04T12:01:00",
            "limit": "2",
        },
    ),
    Case(
        "updateOrganizationIssues",
        mutation("resolveIssues", RESULTS),
        f"PUT {ISSUES}",
        {"input": {"issues": {"ids": [ISSUE_ID, OTHER_ID]}, "in": {"nextRelease": True}}},
        query={"id": ["1000009", "1000010"]},
        body={"status": "resolved", "statusDetails": {"inNextRelease": True}},
    ),
    Case(
        "deleteOrganizationIssues",
        mutation("deleteIssues", RESULTS),
        f"DELETE {ISSUES}",
        {"input": {"issues": {"ids": [ISSUE_ID, OTHER_ID]}}},
        query={"id": ["1000009", "1000010"]},
    ),
    Case(
        "deleteOrganizationIssue",
        mutation("deleteIssues", RESULTS),
        f"DELETE {ISSUE}",
        {"input": {"issues": {"ids": [ISSUE_ID]}}},
    ),
    Case(
        "List a Project's Issues",
        acme('project(slug: "web") { issuesByHash(hashes: $hashes) { shortId } }', hashes="[String!]!"),
        f"GET {OF_PROJECT}",
        {"hashes": [HASH, "0" * 32]},
        query={"hashes": [HASH, "0" * 32]},
    ),
    Case(
        "List a Project's Issues",
        acme(
            'project(slug: "web") { issues(first: 2, sort: USERS, filter: { search: "timeout" }) { nodes { title } } }'
        ),
        f"GET {OF_PROJECT}",
        query={"query": "timeout", "sort": "user", "statsPeriod": "", "limit": "2"},
        faults=(Fault(method="GET", route=ROUTE, status=403),),
    ),
    Case(
        "Bulk Mutate a List of Issues",
        mutation("archiveIssues", RESULTS),
        f"PUT {OF_PROJECT}",
        {"input": {"issues": {"ids": [ISSUE_ID, OTHER_ID]}}},
        query={"id": ["1000009", "1000010"]},
        body={"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}},
        faults=(Fault(method="PUT", route=ROUTE, status=403),),
    ),
    Case(
        "Bulk Remove a List of Issues",
        mutation("deleteIssues", RESULTS),
        f"DELETE {OF_PROJECT}",
        {"input": {"issues": {"ids": [ISSUE_ID, OTHER_ID]}}},
        query={"id": ["1000009", "1000010"]},
        faults=(Fault(method="DELETE", route=ROUTE, status=403),),
    ),
    Case(
        "getOrganizationIssue",
        acme('issue(shortId: "WEB-9") { title }'),
        f"GET {ISSUES}WEB-9/",
        query={"collapse": ["stats", "tags", "release"]},
    ),
    Case(
        "updateOrganizationIssue",
        mutation("updateIssue", "issue { status }"),
        f"PUT {ISSUE}",
        {"input": {"issue": {"id": ISSUE_ID}, "status": "RESOLVED", "hasSeen": True}},
        body={"status": "resolved", "statusDetails": {}, "hasSeen": True},
    ),
    Case(
        "listOrganizationIssueHashes",
        acme('issue(shortId: "WEB-9") { hashes(first: 3) { nodes { hash } } }'),
        f"GET {ISSUE}hashes/",
        query={"per_page": "3"},
    ),
    Case(
        "getOrganizationIssueTag",
        acme('issue(shortId: "WEB-9") { tag(key: "browser") { key } }'),
        f"GET {ISSUE}tags/browser/",
    ),
    Case(
        "listOrganizationIssueTagValues",
        acme(
            """issue(shortId: "WEB-9") { tag(key: "browser") {
              values(first: 2, environments: [{ name: "production" }], sort: LAST_SEEN) { nodes { value } }
            } }"""
        ),
        f"GET {ISSUE}tags/browser/values/",
        query={"environment": "production", "sort": "date", "per_page": "2"},
    ),
    Case(
        "listOrganizationIssueEvents",
        acme(
            """issue(shortId: "WEB-9") {
              events(first: 2, environments: [{ name: "production" }], search: "level:error") { nodes { id } }
            }"""
        ),
        f"GET {ISSUE}events/",
        query={"environment": "production", "query": "level:error", "statsPeriod": "90d", "per_page": "2"},
    ),
    Case(
        "getOrganizationIssueEvent",
        acme('issue(shortId: "WEB-9") { latestEvent { exceptions { type } } }'),
        f"GET {ISSUE}events/latest/",
    ),
    Case(
        "listProjectEvents",
        acme('project(slug: "web") { events(first: 2) { nodes { id } } }'),
        "GET /projects/acme/101000/events/",
        query={"statsPeriod": "90d", "per_page": "2"},
    ),
    Case(
        "getProjectEvent",
        "query ($id: ID!) { node(id: $id) { ... on Event { exceptions { type } } } }",
        f"GET /projects/acme/101000/events/{EVENT}/",
        {"id": global_id("Event", "101000", EVENT)},
    ),
    Case(
        "listProjectEventAttachments",
        "query ($id: ID!) { node(id: $id) { ... on Event { attachments { name } } } }",
        f"GET /projects/acme/101000/events/{EVENT}/attachments/",
        {"id": global_id("Event", "101000", EVENT)},
    ),
    Case(
        "getProjectEventAttachment",
        "query ($id: ID!) { node(id: $id) { ... on Attachment { name } } }",
        f"GET /projects/acme/101000/events/{EVENT}/attachments/10004651/",
        {"id": global_id("Attachment", "101000", EVENT, "10004651")},
    ),
    Case(
        "getProjectEventAttachment",
        "query ($id: ID!) { node(id: $id) { ... on Attachment { downloadUrl } } }",
        f"GET /projects/acme/101000/events/{EVENT}/attachments/10004651/",
        {"id": global_id("Attachment", "101000", EVENT, "10004651")},
        query={"download": "1"},
        download=b"started\nRangeError: Invalid array length 34 for the report\nstopped at 2026\n",
    ),
    Case(
        "GET /organizations/{organization_id_or_slug}/issues/{issue_id}/user-reports/",
        acme(
            """issue(shortId: "WEB-9") {
              userReports(first: 2, environments: { name: "production" }) { nodes { message } }
            }"""
        ),
        f"GET {ISSUE}user-reports/",
        query={"environment": "production", "per_page": "2"},
    ),
    Case(
        "GET /organizations/{organization_id_or_slug}/issues/{issue_id}/similar/",
        acme('issue(shortId: "WEB-9") { similarIssues(first: 2) { issue { shortId } scores { feature score } } }'),
        f"GET {ISSUE}similar/",
        query={"limit": "2"},
    ),
    Case(
        "listOrganizationIssueViews",
        acme('issueViews(first: 2, createdBy: OTHERS, search: "call", sort: POPULARITY) { nodes { name } }'),
        "GET /organizations/acme/group-search-views/",
        query={"createdBy": "others", "query": "call", "sort": "-popularity", "per_page": "2"},
    ),
    Case(
        "createOrganizationIssueView",
        mutation("createIssueView", "issueView { id name search isStarred projects { nodes { slug } } }"),
        "POST /organizations/acme/group-search-views/",
        {
            "input": {
                "organization": {"slug": "acme"},
                "name": "Slow",
                "search": "timeout",
                "sort": "USERS",
                "projects": [{"slug": "web"}],
                "environments": [{"name": "production"}],
                "range": {"last": "7d"},
                "isStarred": True,
            }
        },
        body={
            "name": "Slow",
            "query": "timeout",
            "querySort": "user",
            "projects": [101000],
            "environments": ["production"],
            "timeFilters": {"period": "7d"},
            "starred": True,
        },
    ),
    Case(
        "getProjectEventSourceMapDebug",
        "query ($id: ID!) { node(id: $id) { ... on Event { sourceMapDebug { hasDebugIds } } } }",
        f"GET /projects/acme/101000/events/{EVENT}/source-map-debug/",
        {"id": global_id("Event", "101000", EVENT)},
    ),
    Case(
        "getOrganizationIssueEvent",
        acme('issue(shortId: "WEB-9") { latestEvent { eventId formattedText(format: XML) } }'),
        f"GET {ISSUE}events/{NEWEST}/",
        query={"llmFormat": "xml"},
    ),
    Case(
        "getProjectStacktraceLink",
        acme('issue(shortId: "WEB-9") { latestEvent { exceptions { frames { repositoryLink { url error } } } } }'),
        "GET /projects/acme/101000/stacktrace-link/",
        query={
            "file": "~/src/router.ts",
            "lineNo": "31",
            "absPath": "/srv/web/src/router.ts",
            "module": "src.router",
        },
    ),
    Case(
        "getProjectStacktraceLink",
        acme('project(slug: "web") { sourceLink(file: "~/src/router.ts", line: 4, commit: "abc") { url } }'),
        "GET /projects/acme/101000/stacktrace-link/",
        query={"file": "~/src/router.ts", "lineNo": "4", "commitId": "abc"},
    ),
    *(
        Case(
            "updateOrganizationIssue",
            mutation(name, RESULTS),
            f"PUT {ISSUE}",
            {"input": {"issues": {"ids": [ISSUE_ID]}, **values}},
            body=body,
        )
        for name, values, body in ONE_ISSUE
    ),
    Case(
        "updateOrganizationIssues",
        mutation("mergeIssues", "mergedIds"),
        f"PUT {ISSUES}",
        {"input": {"issues": {"ids": [ISSUE_ID, OTHER_ID]}}},
        query={"id": ["1000009", "1000010"]},
        body={"merge": True},
    ),
    Case(
        f"POST {NOTES}",
        mutation("addIssueComment", "comment { text }"),
        f"POST {ISSUE}notes/",
        {"input": {"issue": {"id": ISSUE_ID}, "text": "Seen in staging."}},
        body={"text": "Seen in staging."},
    ),
    Case(
        f"PUT {NOTES}{{note_id}}/",
        mutation("editIssueComment", "comment { text }"),
        f"PUT {COMMENTED}notes/100004402/",
        {"input": {"id": COMMENT_ID, "text": "Seen in production."}},
        body={"text": "Seen in production."},
    ),
    Case(
        f"DELETE {NOTES}{{note_id}}/",
        mutation("deleteIssueComment", "deletedId"),
        f"DELETE {COMMENTED}notes/100004402/",
        {"input": {"id": COMMENT_ID}},
    ),
)
