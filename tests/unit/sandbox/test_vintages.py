"""Imitated Sentry releases: what each one lacks, and how it answers instead."""

import re
from contextlib import ExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from dexter_graphql.sandbox import SandboxServer
from dexter_graphql.sandbox.vintages import FIRST_VINTAGES, Capability, Vintage
from dexter_graphql.settings import load_settings
from support.sandbox import SandboxClient, StillClock
from support.worlds import borrowed_world

ACME = "/organizations/acme"
ISSUES = f"{ACME}/issues/"
SELF_HOSTED = [vintage for vintage in Vintage if vintage is not Vintage.SAAS]
NOT_FOUND = {"detail": "The requested resource does not exist"}


@asynccontextmanager
async def running(vintage, clock):
    with borrowed_world(clock) as world:
        world.vintage = vintage
        async with SandboxServer(world) as server, aiohttp.ClientSession() as session:
            yield SandboxClient(server, session)


@pytest.fixture(params=list(Vintage), ids=str)
async def sentry(request, clock):
    async with running(request.param, clock) as caller:
        yield caller


@pytest.fixture
def vintage(sentry):
    return sentry.server.world.vintage


def test_every_capability_has_a_first_vintage():
    """The table is complete, and no capability in it is common to all vintages."""
    assert set(FIRST_VINTAGES) == set(Capability)
    assert Vintage.V20_12 not in FIRST_VINTAGES.values()


def test_capabilities_are_never_lost():
    """A newer vintage has all capabilities of an older one, and sentry.io has all."""
    held = [{capability for capability in Capability if vintage.has(capability)} for vintage in Vintage]

    assert held == sorted(held, key=len)
    assert all(older <= newer for older, newer in pairwise(held))
    assert held[-1] == set(Capability)


def test_docs_list_every_capability():
    """The table in the docs has one row per capability, with marks for the vintages that have it."""
    page = Path("docs/sandbox.md").read_text(encoding="utf-8")
    rows = [re.findall(r"[^|]+", row) for row in re.findall(r"^\|.*✓.*$", page, re.MULTILINE)]
    documented = sorted(tuple(cell.strip() == "✓" for cell in row[1:6]) for row in rows)

    assert documented == sorted(tuple(v.has(capability) for v in Vintage) for capability in Capability)


def test_setting_accepts_every_vintage():
    """The setting for the embedded sandbox knows the same releases."""
    assert [load_settings(sandbox_vintage=vintage.value).sandbox_vintage for vintage in Vintage] == list(Vintage)


async def test_unknown_path(sentry, vintage):
    """Self-hosted releases answer with an empty body, or with a hint when the trailing slash is missing."""
    status, headers, body = await sentry.get("/nothing/here/")
    _, _, without_slash = await sentry.get("/nothing/here")

    if vintage is Vintage.SAAS:
        assert (status, body, without_slash) == (404, NOT_FOUND, NOT_FOUND)
    else:
        assert (status, headers["Content-Type"], body) == (404, "text/html", b"")
        assert without_slash == {"info": "Route not found, did you forget a trailing slash?"}


@pytest.mark.parametrize(
    ("path", "capability"),
    [
        ("detectors/", Capability.WORKFLOW_ENGINE),
        ("workflows/", Capability.WORKFLOW_ENGINE),
        ("alert-rules/", Capability.METRIC_ALERT_RULES),
        ("events-timeseries/?dataset=discover", Capability.EVENT_TIMESERIES),
        ("stats-summary/?field=sum(quantity)&statsPeriod=1d", Capability.STATS_SUMMARY),
        ("project-keys/", Capability.ORGANIZATION_CLIENT_KEYS),
    ],
)
async def test_missing_routes(sentry, vintage, path, capability):
    """A release without the feature answers as for an unknown path."""
    status, _, body = await sentry.get(f"{ACME}/{path}")

    assert status == (200 if vintage.has(capability) else 404)
    assert vintage.has(capability) or body == b""


async def test_core_is_always_served(sentry, vintage):
    """Organizations, projects, teams, members, issues, events, releases and issue rules exist in every release."""
    paths = (
        "/organizations/",
        f"{ACME}/",
        f"{ACME}/projects/",
        f"{ACME}/teams/",
        f"{ACME}/members/",
        ISSUES,
        f"{ISSUES}WEB-9/",
        f"{ISSUES}WEB-9/events/",
        f"{ISSUES}WEB-9/events/latest/",
        f"{ACME}/releases/",
        "/projects/acme/web/rules/",
        "/projects/acme/web/events/",
    )

    assert {path: (await sentry.get(path))[0] for path in paths} == dict.fromkeys(paths, 200)


async def test_project_parameter(sentry, vintage):
    """Older releases take numbers only; -1 means all projects everywhere."""
    by_id = await sentry.get(f"{ISSUES}?project=101000&limit=1")
    by_slug = await sentry.get(f"{ISSUES}?project=web&limit=1")
    all_projects = await sentry.get(f"{ISSUES}?project=-1&limit=1")

    assert (by_id[0], all_projects[0]) == (200, 200)
    if vintage.has(Capability.PROJECT_SLUGS):
        assert by_slug[2] == by_id[2]
    else:
        assert (by_slug[0], by_slug[2]) == (400, {"detail": "Invalid project parameter. Values must be numbers."})


async def test_default_projects(sentry, vintage):
    """Without `project`, older releases list the issues of the user's teams only."""
    acme = sentry.server.world.find_organization("acme")
    acme.members[0].teams = [acme.find_team("web")]
    listed = await sentry.body(f"{ISSUES}?query=&statsPeriod=90d&sort=new")

    has_others = {issue["project"]["slug"] for issue in listed} - {
        p.slug for p in acme.team_projects(acme.members[0].user)
    }
    assert bool(has_others) is vintage.has(Capability.ALL_PROJECTS_BY_DEFAULT)


@pytest.mark.parametrize("path", ["/organizations/100000/", "/projects/acme/101000/", "/teams/acme/100100/"])
async def test_ids_in_paths(sentry, vintage, path):
    """Older releases know organizations, projects and teams by slug only."""
    status, _, body = await sentry.get(path)

    assert status == (200 if vintage.has(Capability.IDS_IN_PATHS) else 404)
    assert vintage.has(Capability.IDS_IN_PATHS) or body == NOT_FOUND


async def test_members_of_issues(sentry, vintage):
    """The list, the detail, `shortids` and webhooks lack the same members."""
    published = []
    sentry.server.world.listeners.append(lambda event: published.append(event.data["issue"]))
    await sentry.call("PUT", f"{ISSUES}?id=1000009", json={"status": "resolved"})
    bodies = [
        (await sentry.body(f"{ISSUES}?query=issue:WEB-A"))[0],
        await sentry.body(f"{ISSUES}WEB-9/"),
        (await sentry.body(f"{ACME}/shortids/WEB-9/"))["group"],
        *published,
    ]
    omitted = vintage.omitted_issue_members

    assert len(published) == 1
    assert [omitted & body.keys() for body in bodies] == [set()] * 4
    assert ("derivedData" in bodies[0], "priority" in bodies[1]) == (
        vintage.has(Capability.ISSUE_DERIVED_DATA),
        vintage.has(Capability.ISSUE_PRIORITY),
    )


async def test_ignored_updates(sentry, vintage):
    """A release without priorities ignores them with a 200."""
    issue = sentry.server.world.find_organization("acme").issues["1000009"]
    before = issue.priority
    priority = "low" if before != "low" else "high"
    status, _, applied = await sentry.call("PUT", f"{ISSUES}?id=1000009", json={"priority": priority})

    is_supported = vintage.has(Capability.ISSUE_PRIORITY)
    assert (status, applied) == (200, {"priority": priority} if is_supported else {})
    assert issue.priority == (priority if is_supported else before)


async def test_archive_until_escalating(sentry, vintage):
    """A release without substatus archives for good and does not name a substatus."""
    body = {"status": "ignored", "substatus": "archived_until_escalating"}
    _, _, applied = await sentry.call("PUT", f"{ISSUES}?id=1000009", json=body)
    issue = sentry.server.world.find_organization("acme").issues["1000009"]

    if vintage.has(Capability.ISSUE_SUBSTATUS):
        assert applied["substatus"] == issue.substatus == "archived_until_escalating"
    else:
        assert ("substatus" in applied, issue.status, issue.substatus) == (False, "ignored", "archived_forever")


async def test_sorting_and_search(sentry, vintage):
    """`trends` and `recommended` came with priorities; before that `priority` was a sort key and a tag."""
    statuses = [(await sentry.get(f"{ISSUES}?sort={key}&limit=1"))[0] for key in ("trends", "recommended", "priority")]
    found = await sentry.body(f"{ISSUES}?query=issue.priority:high")

    is_supported = vintage.has(Capability.ISSUE_PRIORITY)
    assert statuses == ([200, 200, 400] if is_supported else [400, 400, 200])
    assert bool(found) is is_supported


async def test_event_names(sentry, vintage):
    """`latest` and `oldest` are known everywhere, `recommended` and ids are not."""
    event_id = (await sentry.body(f"{ISSUES}WEB-9/events/oldest/"))["id"]
    recommended = await sentry.get(f"{ISSUES}WEB-9/events/recommended/")
    by_id = await sentry.get(f"{ISSUES}WEB-9/events/{event_id}/")
    of_project = await sentry.get(f"/projects/acme/web/events/{event_id}/")

    assert (recommended[0] == 200, by_id[0] == 200) == (
        vintage.has(Capability.RECOMMENDED_EVENT),
        vintage.has(Capability.ISSUE_EVENT_BY_ID),
    )
    assert {answer[2] for answer in (recommended, by_id) if answer[0] == 404} <= {b""}
    assert of_project[2]["id"] == event_id


async def test_llm_format(sentry, vintage):
    """`llmFormat` is ignored, even an invalid one, before the release that has it."""
    event = await sentry.body(f"{ISSUES}WEB-9/events/latest/?llmFormat=xml")
    status, _, _ = await sentry.get(f"{ISSUES}WEB-9/events/latest/?llmFormat=invalid")

    is_supported = vintage.has(Capability.LLM_FORMAT)
    assert ("formatted" in event, status) == (is_supported, 400 if is_supported else 200)


async def test_datasets(sentry, vintage):
    """`discover` is a dataset of every release with tables; the oldest release lists plain events."""
    path = f"{ACME}/events/?field=title&statsPeriod=24h&per_page=2&dataset="
    errors, discover = await sentry.get(path + "errors"), await sentry.get(path + "discover")

    if not vintage.has(Capability.EVENT_TABLES):
        assert [len(errors[2]), "eventID" in errors[2][0]] == [2, True]
    else:
        assert (errors[0], discover[0]) == (200 if vintage.has(Capability.ERRORS_DATASET) else 400, 200)
        assert [row.keys() for row in discover[2]["data"]] == [{"title"}] * 2


async def test_grouped_timeseries(clock):
    """Release 26.7 fails for grouped series and serves plain ones."""
    path = f"{ACME}/events-timeseries/?dataset=errors&statsPeriod=24h"
    async with running(Vintage.V26_7, clock) as sentry:
        plain, _, _ = await sentry.get(path)
        grouped, _, body = await sentry.get(f"{path}&topEvents=3&groupBy=project&sort=-count()")

    assert (plain, grouped, body["detail"]) == (200, 500, "Internal Error")


async def test_roles_of_members(sentry, vintage):
    """Before roles in organizations and teams, a member has `role` and, in the detail, `teams`."""
    member = (await sentry.body(f"{ACME}/members/"))[4]
    detail = await sentry.body(f"{ACME}/members/{member['id']}/")
    newer, older = {"orgRole", "teamRoles", "orgRoleList", "teamRoleList"}, {"role", "roleName", "teams"}

    has_roles = vintage.has(Capability.ORGANIZATION_ROLES)
    assert ("orgRole" in member, "role" in member) == (has_roles, not has_roles)
    assert (newer & detail.keys(), older <= detail.keys()) == (newer if has_roles else set(), True)


async def test_update_of_members(sentry, vintage):
    """Each shape of a member is also the one to write."""
    member = (await sentry.body(f"{ACME}/members/"))[4]
    older = {"role": "manager", "teams": ["data"]}
    newer = {"orgRole": "manager", "teamRoles": [{"teamSlug": "data", "role": "admin"}]}
    body = newer if vintage.has(Capability.ORGANIZATION_ROLES) else older
    _, _, changed = await sentry.call("PUT", f"{ACME}/members/{member['id']}/", json=body)

    assert {name: changed[name] for name in body} == body


async def test_member_search_by_user(sentry, vintage):
    """An unknown key of the search finds nothing."""
    found = await sentry.body(f"{ACME}/members/?query=user.id:1003")

    assert bool(found) is vintage.has(Capability.MEMBER_SEARCH_BY_USER)


async def test_project_ids_in_a_release(sentry, vintage):
    """Older releases take the slugs of projects only."""
    status, _, _ = await sentry.call("POST", f"{ACME}/releases/", json={"version": "web@99.0", "projects": ["101000"]})
    by_slug, _, _ = await sentry.call("POST", f"{ACME}/releases/", json={"version": "web@99.1", "projects": ["web"]})

    assert (status, by_slug) == (201 if vintage.has(Capability.PROJECT_IDS_IN_BODIES) else 400, 201)


async def test_headers(sentry, vintage):
    """Self-hosted servers send neither rate limit nor deprecation headers."""
    _, headers, _ = await sentry.get("/projects/acme/web/rules/")
    names = ("X-Sentry-Rate-Limit-Limit", "X-Sentry-Deprecation-Date")

    assert [name in headers for name in names] == [vintage is Vintage.SAAS] * 2


async def test_seer(sentry, vintage):
    """Autofix is an unknown path, then refused for want of Seer."""
    status, _, body = await sentry.get(f"{ISSUES}WEB-9/autofix/")

    if vintage.has(Capability.SEER):
        assert (status, body) == (200, {"autofix": None})
    else:
        assert (status, body == b"") == ((403, False) if vintage.has(Capability.SEER_ROUTES) else (404, True))


@pytest.fixture(scope="module")
def worlds():
    """A world of each vintage, for reading only."""
    with ExitStack() as stack:
        yield {vintage: stack.enter_context(borrowed_world(StillClock(), vintage)) for vintage in Vintage}


def test_rules_that_were_not_migrated(worlds):
    """In 26.7 some rules have no workflow or detector, some have, and no link is dangling."""
    acme = worlds[Vintage.V26_7].find_organization("acme")
    workflows = {workflow.id: workflow for workflow in acme.workflows}
    detectors = {detector.id: detector for detector in acme.detectors}

    assert {rule.workflow_id in workflows for rule in acme.issue_rules} == {True, False}
    assert {rule.detector_id in detectors for rule in acme.metric_rules} == {True, False}
    assert all(key in workflows for detector in acme.detectors for key in detector.workflow_ids)
    assert all(set(workflow.detector_ids) <= detectors.keys() for workflow in acme.workflows)


def test_vintages_share_their_data(worlds):
    """Issues, events and tokens are the same for every vintage."""
    assert len({world.tokens.admin.text for world in worlds.values()}) == 1
    assert len({tuple(world.find_organization("acme").events) for world in worlds.values()}) == 1


@pytest.mark.parametrize("vintage", SELF_HOSTED, ids=str)
def test_features_of_the_organization(worlds, vintage):
    """An organization has the feature `workflow-engine-ui` from 26.7 on."""
    features = worlds[vintage].find_organization("acme").features

    assert ("workflow-engine-ui" in features) is (vintage is Vintage.V26_7)
