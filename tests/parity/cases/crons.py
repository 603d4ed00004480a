"""Cases of cron monitors."""

from parity.case import Case, acme, global_id, mutation

MONITORS = "/organizations/acme/monitors/"
MONITOR = MONITORS + "nightly-report/"
IN_PROJECT = "/projects/acme/101000/monitors/nightly-report/"
MONITOR_ID = global_id("Monitor", "101022")
PROJECT = {"id": global_id("Project", "101000")}
CONFIG = {
    "schedule_type": "crontab",
    "schedule": "0 * * * *",
    "checkin_margin": 5,
    "max_runtime": 30,
    "timezone": "UTC",
    "failure_issue_threshold": 1,
    "recovery_threshold": 1,
    "alert_rule_id": None,
}
CURRENT = {
    "project": "web",
    "name": "Nightly Report",
    "slug": "nightly-report",
    "config": CONFIG,
    "status": "active",
    "is_muted": False,
    "owner": "team:100100",
}
UPDATE = mutation("updateCronMonitor", "monitor { name }")
DELETE = mutation("deleteCronMonitor", "deletedId")

CASES = (
    Case(
        "listOrganizationMonitors",
        acme(
            """cronMonitors(
              first: 2
              projects: [{ id: $project }]
              environments: [{ name: "production" }]
              owners: [{ team: { slug: "web" } }, { user: { email: "pavel.brandt@example.com" } }]
            ) { nodes { name job { timezone } } }""",
            project="ID!",
        ),
        f"GET {MONITORS}",
        {"project": PROJECT["id"]},
        query={
            "project": "101000",
            "environment": "production",
            "owner": ["team:100100", "user:1001"],
            "per_page": "2",
        },
    ),
    Case(
        "createOrganizationMonitor",
        mutation("createCronMonitor", "monitor { name }"),
        f"POST {MONITORS}",
        {
            "input": {
                "project": PROJECT,
                "name": "Backup",
                "schedule": {"every": {"count": 2, "unit": "DAY"}},
                "timezone": "Europe/Berlin",
                "failureThreshold": 2,
                "status": "DISABLED",
                "owner": {"team": {"sentryId": "100100"}},
            }
        },
        body={
            "project": "web",
            "name": "Backup",
            "status": "disabled",
            "owner": "team:100100",
            "config": {
                "timezone": "Europe/Berlin",
                "failure_issue_threshold": 2,
                "schedule_type": "interval",
                "schedule": [2, "day"],
            },
        },
    ),
    Case("getOrganizationMonitor", acme('cronMonitor(slug: "nightly-report") { name }'), f"GET {MONITOR}"),
    Case(
        "updateOrganizationMonitor",
        UPDATE,
        f"PUT {MONITOR}",
        {
            "input": {
                "monitor": {"id": MONITOR_ID},
                "name": "Report",
                "marginSeconds": None,
                "maxRuntimeSeconds": 3600,
                "isMuted": True,
            }
        },
        body=CURRENT
        | {"name": "Report", "is_muted": True, "config": CONFIG | {"checkin_margin": None, "max_runtime": 60}},
    ),
    Case("deleteOrganizationMonitor", DELETE, f"DELETE {MONITOR}", {"input": {"monitor": {"id": MONITOR_ID}}}),
    Case(
        "deleteOrganizationMonitor",
        DELETE,
        f"DELETE {MONITOR}",
        {"input": {"monitor": {"id": MONITOR_ID}, "environments": [{"name": "production"}]}},
        query={"environment": "production"},
    ),
    Case(
        "listOrganizationMonitorCheckins",
        acme('cronMonitor(slug: "nightly-report") { checkIns(first: 3) { nodes { status } } }'),
        f"GET {MONITOR}checkins/",
        query={"per_page": "3"},
    ),
    Case(
        "getProjectMonitor",
        acme('project(slug: "web") { cronMonitor(slug: "nightly-report") { job { slug } } }'),
        f"GET {IN_PROJECT}",
    ),
    Case(
        "updateProjectMonitor",
        UPDATE,
        f"PUT {IN_PROJECT}",
        {
            "input": {
                "monitor": {"slug": "nightly-report"},
                "project": PROJECT,
                "schedule": {"crontab": "5 * * * *"},
                "owner": {"nobody": True},
            }
        },
        body=CURRENT | {"owner": None, "config": CONFIG | {"schedule": "5 * * * *"}},
    ),
    Case(
        "deleteProjectMonitor",
        DELETE,
        f"DELETE {IN_PROJECT}",
        {
            "input": {
                "monitor": {"slug": "nightly-report"},
                "project": PROJECT,
                "environments": [{"name": "production"}],
            }
        },
        query={"environment": "production"},
    ),
    Case(
        "listProjectMonitorCheckins",
        acme(
            'project(slug: "web") { cronMonitor(slug: "nightly-report") { checkIns(first: 3) { nodes { status } } } }'
        ),
        f"GET {IN_PROJECT}checkins/",
        query={"per_page": "3"},
    ),
)
