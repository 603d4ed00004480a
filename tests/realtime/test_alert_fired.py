"""The subscription `alertFired`: issue alerts, metric alerts and alerts on activities, from webhooks."""

import msgspec
import pytest

from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Simulation
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.restriction import AccessLevel
from support.graph import ENGINES
from support.simulated_changes import SimulatedChanges
from support.webhook_changes import change_of

ALERTS = ("event_alert", "metric_alert", "activity_alert")


def document(selection):
    """A subscription to the alerts of acme."""
    return (
        "subscription ($filter: FiredAlertFilter, $after: String) {"
        f'alertFired(organization: {{ slug: "acme" }}, filter: $filter, after: $after) {{ {selection} }} }}'
    )


@pytest.fixture
def changes(asker):
    """Publishes the sandbox's webhooks about alerts."""
    return SimulatedChanges(asker, *ALERTS)


async def next_changes(items, count):
    """The changes of the next items, which have no errors."""
    answers = [await items.next() for _ in range(count)]
    assert all("errors" not in answer for answer in answers), answers
    return [answer["data"]["alertFired"]["change"] for answer in answers]


ISSUE_ALERT = """position gap { missed } change { kind action origin alertKind status alertName title description webUrl
  incident { number } monitor { name } activity
  event { eventId title occurredAt culprit location platform level environment tag(key: "browser") { value }
          releaseVersion endUser { email } issue { shortId } project { slug } }
  issue { shortId } alert { name isEnabled } projects { slug } }"""


@pytest.mark.parametrize("engine", ENGINES)
async def test_issue_alert_has_its_event_and_its_alert(asker, changes, engine):
    """An issue alert comes with the event of the webhook, its issue, and the alert that has its name."""
    async with asker.following(document(ISSUE_ALERT), engine=engine) as items:
        issue = changes.simulation.open_issue()
        [webhook] = await changes.publish()
        [change] = await next_changes(items, 1)

    event, project = issue.events[-1], issue.project.slug
    read = await asker.ask(EVENT, id=encode_id("Event", asker.acme.id, issue.project.id, event.id))
    assert change["event"] == read["node"]
    assert (change["kind"], change["alertKind"], change["status"]) == ("FIRED", "ISSUE", None)
    assert change["action"] == "event_alert.triggered"
    assert change["alertName"] == change["alert"]["name"] == webhook.data["triggered_rule"]
    assert (change["title"], change["webUrl"]) == (issue.title, webhook.data["event"]["web_url"])
    assert (change["issue"], change["projects"]) == ({"shortId": issue.short_id}, [{"slug": project}])
    assert (change["monitor"], change["incident"], change["activity"]) == (None, None, None)


EVENT = """query ($id: ID!) { node(id: $id) { ... on Event {
  eventId title occurredAt culprit location platform level environment tag(key: "browser") { value }
  releaseVersion endUser { email } issue { shortId } project { slug } } } }"""


async def test_event_of_the_webhook_costs_no_call(asker, changes):
    """What lists of events have is read from the webhook; visibility is the only call."""
    selection = "change { title event { eventId title tags { key value } level } }"
    async with asker.following(document(selection)) as items:
        already = len(asker.server.requests)
        changes.simulation.open_issue()
        await changes.publish()
        await next_changes(items, 1)

    routes = [request.route for request in list(asker.server.requests)[already:]]
    assert routes == ["/organizations/{organization}/issues/"]


METRIC = """change { kind alertKind status statusRaw alertName title description webUrl event { eventId } issue { id }
  alert { name } monitor { name project { slug } } projects { slug }
  incident { sentryId number title startedAt detectedAt closedAt } }"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("status", ["critical", "warning", "resolved", "open"])
async def test_metric_alert_has_its_status(asker, changes, engine, status):
    """A metric alert comes with its status, the incident of the webhook and the monitor that has its name."""
    rule = asker.acme.metric_rules[1]
    async with asker.following(document(METRIC), engine=engine) as items:
        changes.simulation.fire_metric_alert(status, rule)
        [webhook] = await changes.publish()
        [change] = await next_changes(items, 1)

    incident, project = webhook.data["metric_alert"], asker.acme.find_project(rule.project_id).slug
    assert (change["kind"], change["status"], change["statusRaw"]) == (
        "RESOLVED" if status == "resolved" else "FIRED",
        status.upper(),
        status,
    )
    assert (change["alertKind"], change["alertName"]) == ("METRIC", rule.name)
    assert (change["title"], change["description"]) == (
        webhook.data["description_title"],
        webhook.data["description_text"],
    )
    assert change["monitor"] == {"name": rule.name, "project": {"slug": project}}
    assert (change["event"], change["issue"], change["alert"]) == (None, None, None)
    assert change["projects"] == [{"slug": project}]
    assert (change["incident"]["sentryId"], change["incident"]["title"]) == (incident["id"], rule.name)
    assert (change["incident"]["closedAt"] is not None) is (status == "resolved")


ACTIVITY = """change { alertKind alertName activity appSettings title status event { eventId }
  alert { name } issue { shortId status eventCount } projects { slug } }"""


@pytest.mark.parametrize("engine", ENGINES)
async def test_activity_alert_has_its_issue(asker, changes, engine):
    """An alert on steps of Seer comes with the activity and the issue of the webhook."""
    async with asker.following(document(ACTIVITY), engine=engine) as items:
        issue = changes.simulation.fix_issue()
        events = await changes.publish()
        fired = await next_changes(items, len(events))

    assert [change["activity"] for change in fired] == [
        "seer_rca_completed", "seer_solution_completed", "seer_coding_completed", "seer_pr_created"
    ]  # fmt: skip
    assert {change["issue"]["shortId"] for change in fired} == {issue.short_id}
    assert fired[0]["alert"]["name"] == fired[0]["alertName"] == f"Follow Seer in {issue.project.slug}"
    assert fired[0]["appSettings"] == [{"name": "channel", "value": "#seer"}]
    assert (fired[0]["alertKind"], fired[0]["status"], fired[0]["event"]) == ("ACTIVITY", None, None)


FILTERS = {
    "kinds": ({"kinds": ["RESOLVED"]}, ["resolved"]),
    "alert kinds": ({"alertKinds": ["METRIC"]}, ["critical", "resolved"]),
    "statuses": ({"statuses": ["CRITICAL", "WARNING"]}, ["critical"]),
    "levels": ({"levels": ["ERROR", "FATAL", "WARNING", "INFO", "DEBUG"]}, ["triggered"]),
    "projects": ({"projects": [{"slug": "api"}]}, ["critical", "resolved"]),
    "names": ({"alertNames": ["High error rate in api"]}, ["critical", "resolved"]),
    "both": ({"alertKinds": ["METRIC"], "kinds": ["FIRED"]}, ["critical"]),
    "nothing": ({"alertNames": []}, []),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters(asker, changes, name):
    """A change passes a filter when all given members match; the last alert ends the test and always passes."""
    conditions, actions = FILTERS[name]
    rule = next(rule for rule in asker.acme.metric_rules if rule.name == "High error rate in api")
    web = next(p for p in asker.acme.projects if p.slug == "web")
    issue = next(i for i in asker.acme.issues.values() if i.project is web and i.is_error)
    async with asker.following(document("position change { action }")) as everything:
        changes.simulation.fire_metric_alert("open", rule)
        await changes.publish()
        start = (await everything.next())["data"]["alertFired"]["position"]
        changes.simulation.fire_metric_alert("critical", rule)
        changes.simulation.fire_metric_alert("resolved", rule)
        changes.simulation._trigger_alerts(issue, issue.events[-1], "regressions")
        events = await changes.publish()
        await next_changes(everything, 3)
    assert [event.action for event in events] == ["critical", "resolved", "triggered"]
    async with asker.following(document("change { action }"), after=start, filter=conditions) as items:
        passed = await next_changes(items, len(actions))

    assert [change["action"].partition(".")[2] for change in passed] == actions


def identity_of_token(token, projects=None):
    """A caller with a token of the sandbox."""
    return Identity(Upstream(token.text, token.text), Reach.of(AccessLevel.READ, projects), Caller("limited"))


@pytest.mark.parametrize("projects", [["api"], ["web", "api"], ["web", "gone"]])
async def test_metric_alert_takes_the_right_to_all_its_projects(asker, changes, projects):
    """A metric alert with a project that the token may not read does not reach the subscriber."""
    rule = next(rule for rule in asker.acme.metric_rules if rule.name == "High error rate in web")
    identity = identity_of_token(asker.server.world.tokens.web_only)
    async with asker.following(document("change { projects { slug } }"), identity=identity) as items:
        changes.simulation.fire_metric_alert("critical", rule)
        changes.simulation.fire_metric_alert("warning", rule)
        hidden, shown = (change_of(event, asker) for event in changes.webhooks)
        await changes.publish_change(msgspec.structs.replace(hidden, projects=tuple(projects), project=None))
        await changes.publish_change(shown)
        [change] = await next_changes(items, 1)

    assert change == {"projects": [{"slug": "web"}]}


async def test_repeated_webhook_is_loaded(asker, changes):
    """An issue alert whose content is not trusted again has the event of Sentry and no name."""
    selection = "change { alertName title event { title } issue { shortId } alert { name } }"
    async with asker.following(document(selection)) as items:
        issue = changes.simulation.open_issue()
        change = change_of(changes.webhooks[0], asker)
        await changes.publish_change(msgspec.structs.replace(change, object=None))
        [fired] = await next_changes(items, 1)

    assert fired == {
        "alertName": None,
        "title": None,
        "event": {"title": issue.title},
        "issue": {"shortId": issue.short_id},
        "alert": None,
    }


@pytest.mark.parametrize("engine", ENGINES)
async def test_alerts_of_several_organizations(asker, changes, engine):
    """One stream has the alerts of several organizations, each with the monitor of its own organization."""
    followed = (
        'subscription { alertFired(organizations: [{ slug: "acme" }, { slug: "globex" }],'
        " filter: { alertKinds: [METRIC] }) { change { monitor { organization { slug } } } } }"
    )
    async with asker.following(followed, engine=engine) as items:
        for simulation in (Simulation(asker.server.world, "globex"), changes.simulation):
            simulation.fire_metric_alert("critical")
        await changes.publish()
        alerts = await next_changes(items, 2)

    assert [alert["monitor"]["organization"]["slug"] for alert in alerts] == ["globex", "acme"]


ODD_VALUES = [None, 1, -1.5, "", "x", [], [1], {}, {"a": 1}, True, "x" * 3000]


@pytest.mark.parametrize("engine", ENGINES)
async def test_odd_members_cost_themselves_alone(asker, changes, engine):
    """Each member of a payload may be anything: the change still comes, without an internal error."""
    selection = f"{ISSUE_ALERT[ISSUE_ALERT.index('change') :]}"
    async with asker.following(document(selection), engine=engine) as items:
        changes.simulation.open_issue()
        changes.simulation.fire_metric_alert("critical")
        changes.simulation.fix_issue()
        originals = [change_of(event, asker) for event in changes.webhooks]
        for change in originals:
            for odd in odd_objects(change.object):
                await changes.publish_change(msgspec.structs.replace(change, object=odd))
                answer = await items.next()
                codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
                assert set(codes) <= {"UPSTREAM_BAD_RESPONSE"}, (odd, answer)
                assert answer["data"]["alertFired"]["change"]["action"] == change.action


def odd_objects(raw):
    """The JSON with one member replaced by an odd value, for members of the first two levels."""
    data = msgspec.json.decode(raw)
    for name, value in data.items():
        yield msgspec.json.encode(data | {name: ODD_VALUES[len(name) % len(ODD_VALUES)]})
        if isinstance(value, dict):
            for inner in value:
                odd = ODD_VALUES[len(inner) % len(ODD_VALUES)]
                yield msgspec.json.encode(data | {name: value | {inner: odd}})
