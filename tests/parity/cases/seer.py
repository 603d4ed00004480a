"""Cases of Seer."""

from parity.case import Case, global_id, mutation

ISSUE = "/organizations/acme/issues/1000009/"
ISSUE_ID = global_id("Issue", "1000009")
BROKEN = "/organizations/acme/issues/1001507/"
BROKEN_ID = global_id("Issue", "1001507")
RUN_ID = "00000000-0000-4000-8000-0000000f4823"

CASES = (
    Case("listSeerModels", "{ seerModels }", "GET /seer/models/"),
    Case(
        "getOrganizationIssueAutofixState",
        "query ($id: ID!) { issue(id: $id) { autofix { text(format: XML) } } }",
        f"GET {BROKEN}autofix/",
        {"id": BROKEN_ID},
        query={"llmFormat": "xml"},
    ),
    Case(
        "startOrganizationIssueAutofix",
        mutation("startAutofix", "runId"),
        f"POST {ISSUE}autofix/",
        {"input": {"issue": {"id": ISSUE_ID}, "stoppingPoint": "CODE_CHANGES", "context": "Since the last deploy"}},
        body={"step": "root_cause", "user_context": "Since the last deploy", "stopping_point": "code_changes"},
    ),
    Case(
        "startOrganizationIssueAutofix",
        mutation("continueAutofix", "runId autofix { pullRequests { webUrl } }"),
        f"POST {BROKEN}autofix/",
        {"input": {"issue": {"id": BROKEN_ID}, "runId": RUN_ID, "step": "PULL_REQUEST"}},
        body={"step": "open_pr", "sentry_run_id": RUN_ID},
    ),
    Case(
        "startOrganizationIssueAutofix",
        mutation("handOffAutofix", "startedCount failures autofix { codingAgents { name status } }"),
        f"POST {BROKEN}autofix/",
        {
            "input": {
                "issue": {"id": BROKEN_ID},
                "runId": RUN_ID,
                "agent": {"provider": "github_copilot"},
                "context": "Keep it small",
            }
        },
        body={
            "step": "coding_agent_handoff",
            "sentry_run_id": RUN_ID,
            "provider": "github_copilot",
            "user_context": "Keep it small",
        },
    ),
)
