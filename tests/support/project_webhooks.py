"""Webhooks of every resource about one project, and changes of its releases, that name an author of a test's choice."""

from itertools import count

import msgspec

from support.live_changes import post_webhook, sign_webhook
from support.webhook_payloads import PAYLOADS

ACTIONS = (
    "issue.resolved",
    "comment.created",
    "error.created",
    "event_alert.triggered",
    "metric_alert.critical",
    "activity_alert.triggered",
    "seer.root_cause_completed",
    "preprod_artifact.size_analysis_completed",
)
"""One action of each resource whose objects belong to projects."""
CREATE_RELEASE = """mutation ($version: String!, $project: String!) { createRelease(input: {
  organization: { slug: "acme" }, version: $version, projects: [{ slug: $project }] }) { release { version } } }"""
NUMBERS = count(1)


def document_of(field):
    """A subscription whose items name the author of each change."""
    author = {"releaseChanged": "version", "activity": "release { version }"}.get(field, "")
    change = f"change {{ kind actor {{ name }} {author} }}"
    return (
        f"subscription ($after: String) {{ {field}(organization: {{ slug: "
        f'"acme" }}, after: $after) {{ gap {{ missed }} {change} }} }}'
    )


def author_of(answer):
    """The author of the change in an answer without errors; of releases the first part of the version."""
    assert "errors" not in answer, answer
    [item] = answer["data"].values()
    change = item["change"]
    version = change.get("version") or (change.get("release") or {}).get("version")
    return version.partition("@")[0] if version else change["actor"]["name"]


async def report_all(site, issue, author):
    """Report a change of every resource of an issue's project: with webhooks, and by creating a release."""
    for action in ACTIONS:
        resource, _, name = action.partition(".")
        envelope = {
            "action": name,
            "installation": {"uuid": "u"},
            "data": payload_about(action, issue),
            "actor": {"type": "user", "id": 1, "name": author},
        }
        signed = sign_webhook(site, msgspec.json.encode(envelope), resource=resource)
        assert await post_webhook(site, *signed) == (200, {"message": "Accepted"})
    await site.data(CREATE_RELEASE, version=f"{author}@{next(NUMBERS)}", project=issue.project.slug)


def payload_about(action, issue):
    """The payload of a webhook about an issue and its project, unlike those before."""
    project = issue.project
    replaced = {
        "project": {"id": project.id, "slug": project.slug, "name": project.name},
        "project_slug": project.slug,
        "projectSlug": project.slug,
        "projects": [project.slug],
        "issue": {**PAYLOADS["issue.resolved"]["issue"], "id": issue.id, "shortId": issue.short_id},
        "issue_id": issue.id,
        "group_id": int(issue.id),
        "comment_id": next(NUMBERS),
        "event_id": f"{next(NUMBERS):032x}",
    }
    data = _replaced(PAYLOADS[action], replaced)
    for member in data.values():
        if isinstance(member, dict) and "event_id" in member:
            member["project"] = int(project.id)
    if "issue" in data:
        data["issue"]["project"] = replaced["project"]
    return data | {"number": next(NUMBERS)}


def _replaced(value, members):
    if isinstance(value, dict):
        return {name: members.get(name) or _replaced(of, members) for name, of in value.items()}
    return [_replaced(item, members) for item in value] if isinstance(value, list) else value
