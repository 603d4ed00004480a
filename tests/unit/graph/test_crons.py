"""Cron monitors: jobs, check-ins, monitors without a detector, and mutations."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault, Vintage
from support.graph import graph_client_of_release

MONITORS = "/organizations/{organization}/monitors/"
MONITOR = MONITORS + "{monitor}/"
DETECTORS = "/organizations/{organization}/detectors/"
JOB = """job { slug status isMuted isUpserting schedule { crontab interval unit } marginSeconds maxRuntimeSeconds
  timezone failureThreshold recoveryThreshold environments { name status isMuted } }"""
REPORT = {
    "slug": "nightly-report",
    "status": "ACTIVE",
    "isMuted": False,
    "isUpserting": False,
    "schedule": {"crontab": "0 * * * *", "interval": None, "unit": None},
    "marginSeconds": 300,
    "maxRuntimeSeconds": 1800,
    "timezone": "UTC",
    "failureThreshold": 1,
    "recoveryThreshold": 1,
    "environments": [{"name": "production", "status": "OK", "isMuted": False}],
}
SLUG = {"monitor": {"slug": "nightly-report"}, "organization": {"slug": "acme"}}
UPDATE = """mutation ($input: UpdateCronMonitorInput!) { updateCronMonitor(input: $input) {
  monitor { job { slug isMuted marginSeconds schedule { crontab interval unit unitRaw } } }
  userErrors { field message code }
} }"""


async def update(asker, **changes):
    """The payload of an update of a monitor."""
    answer = await asker.ask(UPDATE, input=SLUG | changes)
    assert answer.errors == []
    return answer["updateCronMonitor"]


async def test_list_with_jobs_costs_two_calls(asker):
    """The list of jobs and the detectors that watch them; jobs in the rows cost no call."""
    answer = await asker.organization(f"cronMonitors(first: 3) {{ nodes {{ id name {JOB} }} }}")

    nodes = answer["cronMonitors"]["nodes"]
    assert answer.routes == [DETECTORS, MONITORS]
    assert (nodes[0]["name"], nodes[0]["job"]) == ("Nightly Report", REPORT)
    assert len(nodes) == 3


@pytest.mark.parametrize(
    ("owner", "slugs"),
    [('team: { slug: "web" }', ["nightly-report"]), ('user: { username: "pavel.brandt@example.com" }', [])],
)
async def test_monitors_of_owners_are_listed(asker, owner, slugs):
    """An owner is a user or a team, by any of its names."""
    answer = await asker.organization(f"cronMonitors(owners: [{{ {owner} }}]) {{ nodes {{ job {{ slug }} }} }}")

    assert [node["job"]["slug"] for node in answer["cronMonitors"]["nodes"]] == slugs


async def test_owner_that_cannot_be_looked_up_needs_its_number(asker):
    """Sentry takes no slug of a team there: without the list of teams, the error says what to give."""
    asker.server.faults.add(Fault(route="/organizations/{organization}/teams/", status=403, times=None))
    answer = await asker.ask(
        '{ organization(slug: "acme") { cronMonitors(owners: [{ team: { slug: "web" } }]) { nodes { id } } } }'
    )

    [error] = answer.errors
    assert error["message"] == "The token may not list users or teams; give the numeric ID"
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_cron_monitor_is_the_same_as_in_the_list_of_monitors(asker):
    """A monitor has one ID and one job whether it is found by its slug, in a list or in its project."""
    selection = f"{{ id name {JOB} }}"
    answer = await asker.organization(
        f"""cronMonitor(slug: "nightly-report") {selection}
        project(slug: "web") {{ cronMonitor(slug: "nightly-report") {selection} }}
        monitors(types: [CRON], first: 1) {{ nodes {{ ... on CronMonitor {selection} }} }}"""
    )

    monitor = answer["cronMonitor"]
    assert monitor["job"] == REPORT
    assert answer["project"]["cronMonitor"] == answer["monitors"]["nodes"][0] == monitor


async def test_jobs_of_a_list_of_monitors_are_one_call(asker):
    """Jobs of several monitors come from the list of jobs."""
    answer = await asker.organization(
        "monitors(types: [CRON], first: 3) { nodes { ... on CronMonitor { job { timezone } } } }"
    )

    assert answer.routes == [DETECTORS, MONITORS]
    assert [node["job"] for node in answer["monitors"]["nodes"]] == [{"timezone": "UTC"}] * 3


async def test_check_ins_are_paged(asker):
    """Check-ins are newest first, with durations and times."""
    selection = "nodes { sentryId status statusRaw environment durationSeconds expectedAt } pageInfo { hasNextPage }"
    answer = await asker.organization(f'cronMonitor(slug: "nightly-report") {{ checkIns(first: 2) {{ {selection} }} }}')

    check_ins = next(monitor for monitor in asker.acme.monitors if monitor.slug == "nightly-report").check_ins
    page = answer["cronMonitor"]["checkIns"]
    assert [node["sentryId"] for node in page["nodes"]] == [check_in.id for check_in in check_ins[:2]]
    assert [node["durationSeconds"] for node in page["nodes"]] == [c.duration / 1000 for c in check_ins[:2]]
    assert page["pageInfo"]["hasNextPage"] is True


async def test_unknown_slug_is_null(asker):
    """A slug without a monitor is null without an error."""
    answer = await asker.organization('cronMonitor(slug: "nothing") { id }')

    assert (answer["cronMonitor"], answer.routes) == (None, [MONITOR])


async def test_servers_without_detectors_have_cron_monitors(graph):
    """There the monitor is made of its job; its ID is found again, and it has no alerts."""
    async with graph_client_of_release(graph, Vintage.V24_1) as asker:
        answer = await asker.organization(
            f"cronMonitors(first: 1) {{ nodes {{ id sentryId name isEnabled {JOB} alerts {{ nodes {{ id }} }} }} }}"
        )
        [node] = answer["cronMonitors"]["nodes"]
        again = await asker.ask(
            "query ($id: ID!) { node(id: $id) { ... on CronMonitor { name sentryId } } }", id=node["id"]
        )

    job = next(monitor for monitor in asker.acme.monitors if monitor.slug == "nightly-report")
    assert (node["sentryId"], node["job"], node["alerts"]) == (job.guid, REPORT, {"nodes": []})
    assert node["id"] == encode_id("Monitor", "100000", f"cron-{job.guid}")
    assert again["node"] == {"name": "Nightly Report", "sentryId": job.guid}


@pytest.mark.parametrize(
    ("changes", "job"),
    [
        ({}, {}),
        ({"marginSeconds": None}, {"marginSeconds": None}),
        ({"isMuted": True}, {"isMuted": True}),
        (
            {"schedule": {"every": {"count": 3, "unit": "WEEK"}}},
            {"schedule": {"crontab": None, "interval": 3, "unit": "WEEK", "unitRaw": "week"}},
        ),
    ],
)
async def test_update_keeps_what_is_not_given(asker, changes, job):
    """Null clears where Sentry has a default; everything else stays; the same update again changes nothing."""
    before = {
        "slug": "nightly-report",
        "isMuted": False,
        "marginSeconds": 300,
        "schedule": {"crontab": "0 * * * *", "interval": None, "unit": None, "unitRaw": None},
    }

    first = await update(asker, **changes)
    second = await update(asker, **changes)

    assert first == second == {"monitor": {"job": before | job}, "userErrors": []}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, ["name"]),
        ({"schedule": None}, ["schedule"]),
        ({"owner": None}, ["owner"]),
        ({"isMuted": None}, ["isMuted"]),
        ({"marginSeconds": 90}, ["marginSeconds"]),
        ({"maxRuntimeSeconds": 0}, ["maxRuntimeSeconds"]),
        ({"schedule": {"crontab": ""}}, ["schedule", "crontab"]),
        ({"schedule": {"every": {"count": 0, "unit": "DAY"}}}, ["schedule", "every", "count"]),
        ({"schedule": {"every": {"count": 1, "unit": "UNKNOWN"}}}, ["schedule", "every", "unit"]),
        ({"monitor": {"id": encode_id("Monitor", "100000", "1")}}, ["monitor", "id"]),
        ({"project": {"slug": "nothing"}}, ["project", "slug"]),
    ],
)
async def test_invalid_input_is_refused_before_any_write(asker, changes, field):
    """What cannot be sent is a user error at its field."""
    answer = await asker.ask(UPDATE, input=SLUG | changes)

    [error] = answer["updateCronMonitor"]["userErrors"]
    assert (error["field"], answer.errors) == (field, [])
    assert [call for call in answer.calls if call.method != "GET"] == []


async def test_refusals_of_sentry_have_the_field_of_the_input(asker):
    """Members of Sentry's `config` are shown at the fields of the input that they are made from."""
    body = {"config": {"checkin_margin": ["Too large."]}, "is_muted": ["No."]}
    asker.server.faults.add(Fault(method="PUT", route=MONITOR, status=400, body=body))

    payload = await update(asker, marginSeconds=6_000_000)

    errors = {(*error["field"], error["message"]) for error in payload["userErrors"]}
    assert errors == {("marginSeconds", "Too large."), ("isMuted", "No.")}


async def test_deleted_monitor_is_gone(asker):
    """Environments are deleted alone, or the monitor as a whole, which then cannot be deleted again."""
    document = """mutation ($input: DeleteCronMonitorInput!) { deleteCronMonitor(input: $input) {
      deletedId monitor { job { environments { name } } } userErrors { code } } }"""
    some = await asker.ask(document, input=SLUG | {"environments": [{"name": "production"}]})
    whole = await asker.ask(document, input=SLUG)
    again = await asker.ask(document, input=SLUG)

    assert some["deleteCronMonitor"] == {
        "deletedId": None,
        "monitor": {"job": {"environments": []}},
        "userErrors": [],
    }
    assert whole["deleteCronMonitor"]["deletedId"] == encode_id("Monitor", "100000", "101022")
    assert again["deleteCronMonitor"] == {"deletedId": None, "monitor": None, "userErrors": [{"code": "NOT_FOUND"}]}
