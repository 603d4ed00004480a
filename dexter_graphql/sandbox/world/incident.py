"""A generated incident: the newest release of project checkout, which broke payments.

It answers "which release broke it, and who should fix it": the release has a production deploy, a commit that changed
the file in the stack traces of its new issues, and sessions that crash; an alert was triggered by the new issues,
and the largest of them has a ticket on GitHub and a fix by Seer that waits for a pull request.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from dexter_graphql.sandbox.world.autofix import STEPS, start_run, take_step
from dexter_graphql.sandbox.world.issues import list_team_users
from dexter_graphql.sandbox.world.model import (
    Activity,
    Commit,
    Deploy,
    ExternalIssue,
    Issue,
    Organization,
    Project,
    Release,
    User,
)
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES

CRASH_PERCENT: Final = 18
_PROJECT: Final = "checkout"
_THINGS: Final = ("payment", "cart", "invoice")
_ENVIRONMENT: Final = "production"


def add_incident(rng: Random, organization: Organization, now: datetime) -> None:
    """Turn the newest release of checkout into a broken one; only a commit, a deploy and a ticket are added."""
    project = organization.find_project(_PROJECT)
    if project is None:
        return
    release = max((r for r in organization.releases if project in r.projects), key=lambda r: r.date_created)
    issues = _pick_issues(organization, project)
    author = rng.choice(list_team_users(organization, project))
    _break_release(rng, organization, release, issues[0], author)
    _link_ticket(organization, issues[0])
    deployed = release.deploys[-1].date_finished
    for issue, thing in zip(issues, _THINGS, strict=True):
        _restart_issue(rng, issue, thing, release, (deployed, now))
    run = start_run(issues[0], int(issues[0].id), f"{UUID(int=int(issues[0].id), version=4)}", now)
    for step in STEPS[:3]:
        take_step(issues[0], run, step, now)
    _trigger_alerts(organization, project, issues)


def _pick_issues(organization: Organization, project: Project) -> list[Issue]:
    """The largest request timeouts of the project without attachments, user reports and tickets."""
    candidates = [
        issue
        for issue in organization.issues.values()
        if issue.project is project and issue.is_error and issue.template == 0 and not issue.external_issues
        and not issue.feedback and issue.events[-1].id not in organization.attachments
    ]  # fmt: skip
    return sorted(candidates, key=lambda issue: (-len(issue.events), issue.number))[: len(_THINGS)]


def _break_release(rng: Random, organization: Organization, release: Release, issue: Issue, author: User) -> None:
    """Add the commit that changed the failing file, and the deploy to production."""
    repository = next(r for r in organization.repositories if r.name.endswith(f"/{_PROJECT}"))
    path = issue.culprit.partition(" in ")[0].removeprefix("~/")
    commit_id, committed_at = f"{rng.getrandbits(160):040x}", release.date_created - timedelta(minutes=40)
    message = "Rework retry of the payment call"
    release.commits.insert(0, Commit(commit_id, message, author, repository, committed_at, ((path, "M"),)))
    started = release.date_created + timedelta(minutes=30)
    deploy_id, name = f"{release.id}7", f"{release.version}-{_ENVIRONMENT}"
    url = f"https://deploy.example/{_PROJECT}/{_ENVIRONMENT}"
    release.deploys.append(Deploy(deploy_id, _ENVIRONMENT, name, started, started + timedelta(minutes=5), url))
    release.owner, release.crash_percent = author, CRASH_PERCENT


def _link_ticket(organization: Organization, issue: Issue) -> None:
    """Link the GitHub ticket in which the team works on the issue."""
    github = next(record for record in organization.integrations if record.provider_key == "github")
    name = f"{organization.slug}/{_PROJECT}#{issue.number}"
    url = f"https://{github.domain_name}/{_PROJECT}/issues/{issue.number}"
    ticket = ExternalIssue(f"{issue.id}9", issue.id, "github", name, url, integration_id=github.id)
    issue.external_issues.append(ticket)


def _restart_issue(rng: Random, issue: Issue, thing: str, release: Release, period: tuple[datetime, datetime]) -> None:
    """Make all events of the issue happen in the release and the period, and reset its state to that of a new issue."""
    start, end = (instant.timestamp() for instant in period)
    instants = sorted(rng.uniform(start + 120, end - 30) for _ in issue.events)
    for event, at in zip(issue.events, instants, strict=True):
        event.at, event.release, event.environment = round(at, 3), release, _ENVIRONMENT
    template = LANGUAGES[issue.project.language].templates[issue.template]
    issue.value = template.value.format(n=30, thing=thing)
    issue.title = f"{issue.type_name}: {issue.value}"
    issue.status, issue.substatus, issue.priority, issue.level = "unresolved", "new", "high", "error"
    issue.is_unhandled, issue.assignee = True, None
    issue.inbox_reason, issue.inbox_since = 0, issue.first_seen
    issue.activity = [Activity(f"{issue.id}00", "first_seen", None, {}, issue.first_seen)]
    issue.seen_by, issue.subscribers, issue.bookmarked_by = {}, {}, set()


def _trigger_alerts(organization: Organization, project: Project, issues: list[Issue]) -> None:
    """Trigger the project's alerts on new issues by the newest one."""
    newest = max(issues, key=lambda issue: issue.last_seen)
    triggered = newest.first_seen + timedelta(seconds=10)
    workflow_ids = {rule.workflow_id for rule in organization.issue_rules if rule.project_id == project.id}
    for workflow in organization.workflows:
        if workflow.id in workflow_ids and "new issues" in workflow.name:
            workflow.last_triggered = triggered
    for rule in organization.issue_rules:
        if rule.project_id == project.id and "new issues" in rule.name:
            rule.last_triggered = triggered
    for detector in organization.detectors:
        if detector.project_id == project.id and detector.type in {"error", "issue_stream"}:
            detector.latest_issue_id = newest.id
