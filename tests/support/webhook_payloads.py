"""A payload of every resource and action that Sentry sends webhooks for, and damaged copies of each."""

from copy import deepcopy

API, PAGES = "https://us.sentry.io/api/0", "https://acme.sentry.io"
ISSUE = {
    "url": f"{API}/organizations/acme/issues/12/",
    "web_url": "https://sentry.io/organizations/acme/issues/12/",
    "project_url": "https://sentry.io/organizations/acme/issues/?project=3",
    "permalink": f"{PAGES}/issues/12/",
    "id": "12",
    "shortId": "WEB-1",
    "title": "TypeError: x",
    "level": "error",
    "status": "resolved",
    "substatus": None,
    "issueCategory": "error",
    "project": {"id": "3", "slug": "web", "name": "Web", "platform": "python"},
    "assignedTo": {"type": "user", "id": "5", "name": "Ada"},
}
EVENT = {
    "event_id": "e" * 32,
    "project": 3,
    "release": "web@1.0",
    "title": "TypeError: x",
    "level": "fatal",
    "culprit": "app.views",
    "timestamp": 1772625600.25,
    "datetime": "2026-03-04T12:00:00Z",
    "environment": "production",
    "tags": [["browser", "Firefox"]],
    "exception": {"values": [{"type": "TypeError", "value": "x", "stacktrace": {"frames": []}}]},
    "breadcrumbs": {"values": []},
    "contexts": {"os": {"name": "Linux"}},
    "url": f"{API}/projects/acme/web/events/{'e' * 32}/",
    "web_url": f"https://sentry.io/organizations/acme/issues/12/events/{'e' * 32}/",
    "issue_url": f"{API}/organizations/acme/issues/12/",
    "issue_id": "12",
}
COMMENT = {"comment": "hm", "project_slug": "web", "comment_id": 8, "issue_id": 12, "timestamp": "2026-03-04T12:00:00Z"}
INCIDENT = {
    "id": "70",
    "identifier": "4",
    "organization_id": "100000",
    "projects": ["web", "api"],
    "title": "Too slow",
    "type": 2,
    "status": 20,
    "status_method": 3,
    "date_started": "2026-03-04T12:00:00Z",
    "date_closed": None,
    "alert_rule": {"id": "31", "name": "Too slow", "organization_id": "100000", "triggers": []},
}
METRIC_ALERT = {
    "metric_alert": INCIDENT,
    "description_title": "Critical: Too slow",
    "description_text": "p95() in the last 10 minutes",
    "web_url": "https://sentry.io/organizations/acme/alerts/rules/details/4/",
}
EVENT_ALERT = {
    "event": EVENT,
    "triggered_rule": "Often",
    "issue_alert": {"id": 41, "title": "Often", "sentry_app_id": 9, "settings": [{"name": "a", "value": "b"}]},
}
ACTIVITY_ALERT = {
    "issue": ISSUE,
    "activity": {"type": "seer_pr_created", "details": {}},
    "alert": {
        "id": 51,
        "title": "Fixes",
        "url": f"{API}/organizations/acme/workflows/51/",
        "web_url": f"{PAGES}/monitors/alerts/51/",
        "sentry_app_id": 9,
        "settings": [],
    },
}
BUILD = {
    "buildId": "81",
    "organizationSlug": "acme",
    "projectSlug": "web",
    "platform": "android",
    "state": "COMPLETED",
    "appInfo": {"appId": "example.web", "version": "1.0"},
    "gitInfo": {"headSha": "a" * 40},
    "errorCode": None,
    "errorMessage": None,
}
INSTALLATION = {
    "installation": {
        "uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de",
        "status": "pending",
        "organization": {"slug": "acme", "id": 100000},
        "app": {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9", "slug": "dexter"},
        "code": "8c64f55a9a3e4d3b",
    }
}
RUN = {"run_id": 91, "group_id": 12}
ROOT_CAUSE = RUN | {"root_cause": {"description": "x is null", "steps": [{"title": "Look"}]}}
SOLUTION = RUN | {"solution": {"description": "Check x", "steps": [{"title": "Add a check"}]}}
CHANGES = RUN | {"changes": [{"repo_name": "acme/web", "title": "Check x", "diff": "+x", "branch_name": "fix"}]}
PULL = {"pr_number": 5, "pr_url": "https://github.com/acme/web/pull/5", "pr_id": 6}
PULLS = RUN | {"pull_requests": [{"pull_request": PULL, "repo_name": "acme/web", "provider": "github"}]}

PAYLOADS = {
    "installation.created": INSTALLATION,
    "installation.deleted": INSTALLATION,
    **{f"issue.{action}": {"issue": ISSUE} for action in ("created", "unresolved", "ignored", "archived")},
    "issue.resolved": {"issue": ISSUE, "resolution_type": "now"},
    "issue.assigned": {"issue": ISSUE, "assignee": {"type": "user", "id": 5, "name": "Ada"}},
    "error.created": {"error": EVENT},
    **{f"comment.{action}": COMMENT for action in ("created", "updated", "deleted")},
    "event_alert.triggered": EVENT_ALERT,
    **{f"metric_alert.{action}": METRIC_ALERT for action in ("critical", "warning", "resolved", "open")},
    "activity_alert.triggered": ACTIVITY_ALERT,
    **dict.fromkeys(("seer.root_cause_started", "seer.solution_started", "seer.coding_started"), RUN),
    **dict.fromkeys(("seer.iteration_started", "seer.iteration_completed"), RUN),
    "seer.root_cause_completed": ROOT_CAUSE,
    "seer.solution_completed": SOLUTION,
    "seer.coding_completed": CHANGES,
    "seer.pr_created": PULLS,
    "preprod_artifact.size_analysis_completed": BUILD | {"downloadSize": 100, "installSize": 300},
    "preprod_artifact.build_distribution_completed": BUILD | {"isInstallable": True, "installUrl": "https://x.example"},
}
"""`resource.action` → `data`."""
ODD_VALUES = (None, True, -1, 2**70, 0.5, "", "x" * 70_000, "\u0000", [], [[]], {}, {"id": None})
MISSING = object()


def damaged(data):
    """Copies of a payload in each of which one member is missing or has an odd value, at any depth."""
    for path in list(_paths(data)):
        for value in (MISSING, *ODD_VALUES):
            yield path, _replaced(data, path, value)


def _paths(value, path=()):
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from _paths(member, (*path, key))


def _replaced(data, path, value):
    copy = deepcopy(data)
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    if value is MISSING:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return copy
