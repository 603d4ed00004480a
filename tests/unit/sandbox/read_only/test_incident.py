"""The generated incident: the newest release of checkout broke payments, and the API shows how and by whom."""

import pytest
import pytest_asyncio

ACME = "/organizations/acme"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def issues(sentry):
    """The new issues of checkout, the largest one first."""
    query = "is:new firstRelease:latest error.type:TimeoutError"
    return await sentry.body(f"{ACME}/issues/", params={"project": "checkout", "query": query, "sort": "freq"})


@pytest_asyncio.fixture(loop_scope="module")
async def release(sentry, issues):
    """The release in which the first of them appeared."""
    detail = await sentry.body(f"{ACME}/issues/{issues[0]['id']}/")
    return await sentry.body(f"{ACME}/releases/{detail['firstRelease']['version']}/")


async def test_new_issues_name_the_release(issues, release):
    """Three new unhandled issues with high priority appeared in one release."""
    assert [issue["title"].startswith("TimeoutError: Request for the ") for issue in issues] == [True] * 3
    assert {(issue["priority"], issue["isUnhandled"], issue["substatus"]) for issue in issues} == {
        ("high", True, "new")
    }
    assert release["newGroups"] >= 3


async def test_the_deploy_precedes_the_issues(sentry, issues, release):
    """The release was deployed to production before the first event of any of the issues."""
    deploys = await sentry.body(f"{ACME}/releases/{release['version']}/deploys/")
    finished = next(deploy["dateFinished"] for deploy in deploys if deploy["environment"] == "production")

    assert finished < min(issue["firstSeen"] for issue in issues)


async def test_a_commit_changed_the_failing_file(sentry, issues, release):
    """The newest commit of the release changed the file of the innermost frame."""
    event = await sentry.body(f"{ACME}/issues/{issues[0]['id']}/events/latest/")
    frames = next(entry for entry in event["entries"] if entry["type"] == "exception")["data"]["values"][-1]
    failing = frames["stacktrace"]["frames"][-1]["filename"].removeprefix("~/")
    commit = (await sentry.body(f"{ACME}/releases/{release['version']}/commits/"))[0]
    files = await sentry.body(f"{ACME}/releases/{release['version']}/commitfiles/")

    changed = {file["filename"] for file in files if file["commitMessage"] == commit["message"]}
    assert failing in changed


async def test_the_author_is_the_suggested_owner(sentry, issues, release):
    """The author of that commit owns the release, is the suspect of each issue, and may be assigned to it."""
    owner = release["owner"]["id"]
    details = [await sentry.body(f"{ACME}/issues/{issue['id']}/?expand=owners") for issue in issues]
    suspects = {s["owner"] for detail in details for s in detail["owners"] if s["type"] == "suspectCommit"}
    members = await sentry.body("/projects/acme/checkout/members/")

    assert suspects == {f"user:{owner}"}
    assert owner in {member["user"]["id"] for member in members}


async def test_crash_free_sessions_drop(sentry, release):
    """The share of crash-free sessions is far below that of the release before."""
    releases = await sentry.body(
        f"{ACME}/releases/", params={"project": "checkout", "health": "1", "summaryStatsPeriod": "24h"}
    )
    rates = {r["version"]: r["projects"][0]["healthData"]["crashFreeSessions"] for r in releases}
    broken = rates.pop(release["version"])

    assert broken + 10 < min(rate for rate in rates.values() if rate is not None)


async def test_an_alert_was_triggered(sentry, issues):
    """The project's alert on new issues was triggered after the first of them, in both alerting APIs."""
    first_seen = min(issue["firstSeen"] for issue in issues)
    rules = await sentry.body("/projects/acme/checkout/rules/")
    workflows = await sentry.body(f"{ACME}/workflows/", params={"project": "checkout"})

    triggered = {alert["lastTriggered"] for alert in rules + workflows if "new issues" in alert["name"]}
    assert len(triggered) == 1
    assert triggered.pop() > first_seen
