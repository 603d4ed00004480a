"""Mutations of alerts and monitors over workflows and detectors."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.alert_mutations import ACME, alert_id, bodies, change, monitor_id, refusals
from support.alerts import DETECTORS, WORKFLOWS, web, workflow

WORKFLOW, DETECTOR = f"{WORKFLOWS}{{workflow}}/", f"{DETECTORS}{{detector}}/"


def metric(asker, number=0):
    """A metric detector of the sandbox."""
    return [one for one in asker.acme.detectors if one.type == "metric_issue"][number]


async def test_update_keeps_what_is_not_given(asker):
    """An alert is read past the cache and sent back with the new name; the payload costs no further call."""
    alert = workflow(asker, "Page")
    await asker.organization("alerts { nodes { name } }")
    before = (alert.triggers, alert.action_filters, list(alert.detector_ids), alert.environment, alert.owner)
    alert.config["unknown"] = "as it was"

    payload, calls = await change(
        asker, "updateAlert", "alert { id name frequencySeconds environment }", id=alert_id(alert), name="Wake us",
        frequencySeconds=3600,
    )  # fmt: skip

    assert payload == {
        "alert": {"id": alert_id(alert), "name": "Wake us", "frequencySeconds": 3600, "environment": "production"},
        "userErrors": [],
    }
    assert [(call.method, call.route) for call in calls] == [("GET", WORKFLOW), ("PUT", WORKFLOW)]
    after = (alert.triggers, alert.action_filters, list(alert.detector_ids), alert.environment, alert.owner)
    assert after == before
    assert alert.config == {"frequency": 60, "unknown": "as it was"}
    listed = await asker.organization('alerts(nameContains: "Wake us") { nodes { name } }')
    assert listed["alerts"]["nodes"] == [{"name": "Wake us"}]


async def test_update_replaces_every_given_member(asker):
    """Each member of the input arrives in Sentry's words; parts that are kept arrive as they were."""
    alert, user, team = workflow(asker, "Notify"), asker.server.world.users[0], asker.acme.teams[0]
    kept = alert.action_filters[0]["actions"][0]
    monitor = metric(asker)

    payload, _ = await change(
        asker,
        "updateAlert",
        "alert { isEnabled owner { __typename } monitors { nodes { name } } }",
        id=alert_id(alert),
        isEnabled=False,
        environment=None,
        owner={"team": {"slug": team.slug}},
        monitors=[{"id": monitor_id(monitor)}],
        triggers=[{"on": "ISSUE_REGRESSED"}, {"seer": ["ROOT_CAUSE_FOUND"]}],
        filters=[
            {
                "logic": "ANY",
                "conditions": [
                    {"age": {"direction": "OLDER", "ageSeconds": 7200}},
                    {"assignedTo": {"user": {"email": user.email}}},
                    {"assignedTo": {"nobody": True}},
                    {"category": {"category": "METRIC"}},
                    {"issueType": {"type": "error", "exclude": True}},
                    {"occurrences": 10},
                    {"priorityAtLeast": "HIGH"},
                    {"priorityFallsBelow": "MEDIUM"},
                    {"eventFrequency": {"threshold": 5, "intervalSeconds": 900}},
                    {"userFrequency": {"threshold": 5, "intervalSeconds": 60}},
                    {
                        "sessionFrequency": {
                            "threshold": 1.5, "intervalSeconds": 3600, "comparisonIntervalSeconds": 86400
                        }
                    },
                    {"attribute": {"attribute": "message", "match": "CONTAINS", "value": "boom"}},
                    {"tag": {"key": "device", "match": "IS_SET"}},
                    {"level": {"level": "ERROR", "match": "GREATER_OR_EQUAL"}},
                    {"latestRelease": True},
                    {
                        "latestAdoptedRelease": {
                            "environment": {"name": "production"}, "direction": "NEWER", "releaseAge": "OLDEST"
                        }
                    },
                    {"keep": alert.action_filters[0]["conditions"][0]["id"]},
                    {"raw": {"type": "moon_phase", "comparison": {"value": "full"}}},
                ],
                "actions": [
                    {"email": {"issueOwners": "NO_ONE"}},
                    {"email": {"team": {"slug": team.slug}}},
                    {"slack": {"integration": {"sentryId": "100400"}, "channel": "#ops", "tags": ["a"], "notes": "n"}},
                    {"discord": {"integration": {"sentryId": "100403"}, "channelId": "9"}},
                    {"microsoftTeams": {"integration": {"sentryId": "100403"}, "channel": "General"}},
                    {"pagerDuty": {"integration": {"sentryId": "100403"}, "targetId": "1", "priority": "critical"}},
                    {"opsgenie": {"integration": {"sentryId": "100403"}, "targetId": "1", "targetName": "ops"}},
                    {"ticket": {"tracker": "JIRA", "integration": {"sentryId": "100403"}, "fields": {"project": "1"}}},
                    {"app": {"targetId": "12", "settings": [{"name": "a", "value": "b"}]}},
                    {"webhook": "webhooks"},
                    {"plugins": True},
                    {"keep": kept["id"]},
                    {"raw": {"type": "pigeon", "config": {"loft": 1}}},
                ],
            }
        ],
    )  # fmt: skip

    assert payload == {
        "alert": {
            "isEnabled": False,
            "owner": {"__typename": "Team"},
            "monitors": {"nodes": [{"name": monitor.name}]},
        },
        "userErrors": [],
    }
    assert (alert.environment, alert.owner, alert.detector_ids) == (None, f"team:{team.id}", [monitor.id])
    assert [(one["type"], one["comparison"]) for one in alert.triggers["conditions"]] == [
        ("regression_event", True),
        ("seer_activity_trigger", ["rca_completed"]),
    ]
    [group] = alert.action_filters
    assert group["logicType"] == "any"
    assert [(one["type"], one["comparison"]) for one in group["conditions"]] == [
        ("age_comparison", {"time": "hour", "value": 2, "comparisonType": "older"}),
        ("assigned_to", {"targetType": "Member", "targetIdentifier": user.id}),
        ("assigned_to", {"targetType": "Unassigned", "targetIdentifier": ""}),
        ("issue_category", {"value": 11, "include": True}),
        ("issue_type", {"value": "error", "include": False}),
        ("issue_occurrences", {"value": 10}),
        ("issue_priority_greater_or_equal", 75),
        ("issue_priority_deescalating", 50),
        ("event_frequency_count", {"value": 5, "interval": "15min"}),
        ("event_unique_user_frequency_count", {"value": 5, "interval": "1min"}),
        ("percent_sessions_percent", {"value": 1.5, "interval": "1h", "comparisonInterval": "1d"}),
        ("event_attribute", {"attribute": "message", "match": "co", "value": "boom"}),
        ("tagged_event", {"key": "device", "match": "is"}),
        ("level", {"level": 40, "match": "gte"}),
        ("latest_release", True),
        (
            "latest_adopted_release",
            {"releaseAgeType": "oldest", "ageComparison": "newer", "environment": "production"},
        ),
        ("level", {"level": 40, "match": "gte"}),
        ("moon_phase", {"value": "full"}),
    ]
    assert [(one["type"], one["integrationId"], one["config"], one["data"]) for one in group["actions"]] == [
        ("email", None, target("issue_owners"), {"fallthroughType": "NoOne"}),
        ("email", None, target("team", None, team.id), {}),
        ("slack", "100400", target("specific", "ops"), {"tags": "a", "notes": "n"}),
        ("discord", "100403", target("specific", None, "9"), {"tags": ""}),
        ("msteams", "100403", target("specific", "General"), {}),
        ("pagerduty", "100403", target("specific", None, "1"), {"priority": "critical"}),
        ("opsgenie", "100403", target("specific", "ops", "1"), {}),
        ("jira", "100403", target("specific"), {"project": "1"}),
        ("sentry_app", None, target("sentry_app", None, "12"), {"settings": [{"name": "a", "value": "b"}]}),
        ("webhook", None, target(None, None, "webhooks"), {}),
        ("plugin", None, target(None), {}),
        ("email", None, kept["config"], kept["data"]),
        ("pigeon", None, {"loft": 1}, {}),
    ]
    assert group["actions"][-2]["id"] == kept["id"]


def target(kind, name=None, number=None):
    """The `config` of an action."""
    return {"targetType": kind, "targetDisplay": name, "targetIdentifier": number}


async def test_update_of_a_monitor_keeps_its_query(asker):
    """A metric monitor is sent back with its query and its conditions; its owner becomes a reference."""
    monitor = metric(asker)
    query = dict(monitor.data_sources[0]["queryObj"]["snubaQuery"])
    conditions = [(one["type"], one["comparison"]) for one in monitor.condition_group["conditions"]]
    alert = workflow(asker, "Notify")

    payload, calls = await change(
        asker, "updateMonitor", "monitor { name description alerts { nodes { name } } }", id=monitor_id(monitor),
        name="Errors", description="Too many", alerts=[{"sentryId": alert.id}],
    )  # fmt: skip

    assert payload["monitor"] == {
        "name": "Errors",
        "description": "Too many",
        "alerts": {"nodes": [{"name": alert.name}]},
    }
    [(_, route, body)] = bodies(calls)
    assert (route, body["owner"], body["type"]) == (DETECTOR, f"team:{web(asker).teams[0].id}", "metric_issue")
    sent = {name: value for name, value in query.items() if name != "id"}
    assert body["dataSources"] == [{**sent, "queryType": 0}]
    kept = [(one["type"], one["comparison"]) for one in monitor.condition_group["conditions"]]
    assert sorted(kept) == sorted(conditions)


@pytest.mark.parametrize("kind", ["Alert", "Monitor"])
async def test_enabled_and_deleted_in_bulk(asker, kind):
    """Several objects are changed by one call with their IDs; the next read sees it, and repeating changes nothing."""
    records = [workflow(asker, "Notify"), workflow(asker, "Page")]
    if kind == "Monitor":
        records = [metric(asker, 0), metric(asker, 1)]
    ids = [{"Alert": alert_id, "Monitor": monitor_id}[kind](record) for record in records]
    name, field = kind.lower(), f"{kind.lower()}s"
    route = WORKFLOWS if kind == "Alert" else DETECTORS
    listed = field + ("(types: METRIC)" if kind == "Monitor" else "(first: 100)") + " { nodes { id isEnabled } }"
    await asker.organization(listed)
    missing = encode_id(kind, ACME, "1")
    selection = f"results {{ {name}Id {name} {{ isEnabled }} userErrors {{ code }} }} unmatched"

    given = {"ids": [*ids, missing, "nonsense"], "isEnabled": False}
    payload, calls = await change(asker, f"set{kind}sEnabled", selection, **given)
    again, _ = await change(asker, f"set{kind}sEnabled", selection, **given)
    after = await asker.organization(listed)
    deleted, deletion = await change(asker, f"delete{kind}s", "deletedIds unmatched", ids=[*ids, missing])
    repeated, _ = await change(asker, f"delete{kind}s", "deletedIds unmatched", ids=ids[:1])
    rest = await asker.organization(listed)

    assert payload["results"] == [{f"{name}Id": one, name: {"isEnabled": False}, "userErrors": []} for one in ids]
    assert (payload["unmatched"], again) == ([missing], payload)
    assert refusals(payload) == [(["ids", "3"], "BAD_USER_INPUT"), (["ids", "2"], "NOT_FOUND")]
    numbers = [record.id for record in records]
    assert [(call.method, call.route, list(call.query)) for call in calls] == [
        ("PUT", route, [("id", number) for number in [*numbers, "1"]])
    ]
    assert {one["id"]: one["isEnabled"] for one in after[field]["nodes"]}[ids[0]] is False
    assert (deleted["deletedIds"], deleted["unmatched"]) == (ids, [missing])
    assert [(call.method, call.route) for call in deletion] == [("GET", route), ("DELETE", route)]
    assert (repeated["deletedIds"], repeated["unmatched"], refusals(repeated)) == (
        [], ids[:1], [(["ids", "0"], "NOT_FOUND")]
    )  # fmt: skip
    assert not {one["id"] for one in rest[field]["nodes"]} & {*ids}


MISTAKES = [
    ("updateAlert", {"id": "nonsense"}, ["id"], "BAD_USER_INPUT"),
    ("updateAlert", {"id": encode_id("Monitor", ACME, "1")}, ["id"], "BAD_USER_INPUT"),
    ("updateAlert", {"id": encode_id("Alert", ACME, "../1")}, ["id"], "BAD_USER_INPUT"),
    ("updateAlert", {"id": encode_id("Alert", "1", "1")}, ["id"], "NOT_FOUND"),
    ("updateAlert", {"id": encode_id("Alert", ACME, "1"), "name": "x"}, ["id"], "NOT_FOUND"),
    ("updateAlert", {"name": None}, ["name"], "BAD_USER_INPUT"),
    ("updateAlert", {"name": ""}, ["name"], "BAD_USER_INPUT"),
    ("updateAlert", {"name": "x" * 300}, ["name"], "BAD_USER_INPUT"),
    ("updateAlert", {"frequencySeconds": 61}, ["frequencySeconds"], "BAD_USER_INPUT"),
    ("updateAlert", {"environment": {"name": "nowhere"}}, ["environment", "name"], "NOT_FOUND"),
    ("updateAlert", {"owner": {"team": {"slug": "nobody"}}}, ["owner", "team", "slug"], "NOT_FOUND"),
    ("updateAlert", {"owner": {"nobody": False}}, ["owner"], "BAD_USER_INPUT"),
    ("updateAlert", {"monitors": [{"id": "nonsense"}]}, ["monitors", "0", "id"], "BAD_USER_INPUT"),
    ("updateAlert", {"monitors": [{"sentryId": "x"}]}, ["monitors", "0", "sentryId"], "BAD_USER_INPUT"),
    ("updateAlert", {"triggers": [{"keep": "0"}]}, ["triggers", "0", "keep"], "NOT_FOUND"),
    ("updateMonitor", {"isEnabled": None}, ["isEnabled"], "BAD_USER_INPUT"),
    ("updateMonitor", {"name": "x" * 201}, ["name"], "BAD_USER_INPUT"),
    ("updateMonitor", {"alerts": [{"id": encode_id("Alert", "1", "1")}]}, ["alerts", "0", "id"], "BAD_USER_INPUT"),
    (
        "updateMonitor",
        {"alerts": [{"id": encode_id("Alert", ACME, "rule-web-1")}]},
        ["alerts", "0", "id"],
        "FEATURE_NOT_AVAILABLE",
    ),
    ("updateMonitor", {"id": encode_id("Monitor", ACME, "1"), "name": "x"}, ["id"], "NOT_FOUND"),
    ("setAlertsEnabled", {"ids": [], "isEnabled": True}, ["ids"], "BAD_USER_INPUT"),
    ("deleteMonitors", {"ids": ["x"] * 101}, ["ids"], "BAD_USER_INPUT"),
]
CONDITION_MISTAKES = [
    ({"age": {"direction": "OLDER", "ageSeconds": 61}}, ["age", "ageSeconds"]),
    ({"age": {"direction": "UNKNOWN", "ageSeconds": 60}}, ["age", "direction"]),
    ({"assignedTo": {"team": {"sentryId": "x"}}}, ["assignedTo", "team", "sentryId"]),
    ({"category": {"category": "UNKNOWN"}}, ["category", "category"]),
    ({"priorityAtLeast": "UNKNOWN"}, ["priorityAtLeast"]),
    ({"eventFrequency": {"threshold": 1, "intervalSeconds": 61}}, ["eventFrequency", "intervalSeconds"]),
    ({"tag": {"key": "a", "match": "IS_SET", "value": "b"}}, ["tag", "value"]),
    ({"tag": {"key": "a", "match": "EQUAL"}}, ["tag", "value"]),
    ({"latestRelease": False}, ["latestRelease"]),
    ({"keep": ""}, []),
]
ACTION_MISTAKES = [
    ({"slack": {"integration": {"sentryId": "100400"}}}, ["slack", "channel"]),
    ({"slack": {"integration": {"id": "nonsense"}, "channel": "a"}}, ["slack", "integration", "id"]),
    (
        {"slack": {"integration": {"id": encode_id("Integration", "1", "1")}, "channel": "a"}},
        ["slack", "integration", "id"],
    ),
    ({"pagerDuty": {"integration": {"sentryId": "1"}, "targetId": "1"}}, ["pagerDuty", "integration", "sentryId"]),
    ({"email": {"issueOwners": "UNKNOWN"}}, ["email", "issueOwners"]),
    ({"plugins": False}, []),
]


async def test_mistakes_name_their_members(asker):
    """A value that cannot be sent, or that Sentry refuses, is a user error with its path, and nothing is changed."""
    alert, monitor = workflow(asker, "Page"), metric(asker)
    before = (alert.name, alert.config, monitor.name)
    cases = [(name, given, (field, code)) for name, given, field, code in MISTAKES]
    for part, mistakes in (("conditions", CONDITION_MISTAKES), ("actions", ACTION_MISTAKES)):
        cases += [
            (
                "updateAlert",
                {"filters": [{"actions": [], part: [value]}]},
                (["filters", "0", part, "0", *path], "BAD_USER_INPUT"),
            )
            for value, path in mistakes
        ]

    for name, given, expected in cases:
        own = {"id": (alert_id if "Alert" in name else monitor_id)(alert if "Alert" in name else monitor)}
        payload, _ = await change(asker, name, "__typename", **(given if "ids" in given else own | given))
        assert [refusal[0] for refusal in refusals(payload)] == [expected[0]], (name, given)
        assert payload["userErrors"][0]["code"] in {expected[1], "NOT_FOUND"}, (name, given)

    assert (alert.name, alert.config, monitor.name) == before


async def test_changes_of_another_kind_of_monitor_are_refused(asker):
    """What an uptime monitor checks cannot be changed on a metric monitor, and the reverse; nothing is written."""
    uptime = next(one for one in asker.acme.detectors if one.type == "uptime_domain_failure")
    for detector, changes, name in (
        (metric(asker), {"check": {"url": "https://acme.example/"}}, "check"),
        (uptime, {"measure": {"aggregate": "count()"}}, "measure"),
    ):
        payload, calls = await change(asker, "updateMonitor", "monitor { id }", id=monitor_id(detector), **changes)

        [error] = payload["userErrors"]
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", [name])
        assert [call.method for call in calls] == ["GET"]


@pytest.mark.parametrize(
    ("member", "value"), [("body", None), ("environment", None), ("url", None), ("timeoutMs", None)]
)
async def test_null_in_the_check_of_an_uptime_monitor(asker, member, value):
    """Null clears the body and the environment; other members of the check cannot be null."""
    uptime = next(one for one in asker.acme.detectors if one.type == "uptime_domain_failure")
    payload, calls = await change(
        asker, "updateMonitor", "monitor { id }", id=monitor_id(uptime), check={member: value}
    )

    if member in {"body", "environment"}:
        assert payload["userErrors"] == []
        assert uptime.config["environment"] == (None if member == "environment" else "production")
    else:
        assert [error["field"] for error in payload["userErrors"]] == [["check", member]]
        assert calls == []
