"""Generated issues with status, activity, assignees and tickets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from dexter_graphql.sandbox.world.model import Activity, Assignee, ExternalIssue, Issue, Organization, Project, User
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES, THINGS

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALWAYS_OPEN: Final = 40
"""The number of issues at the start of each project that are unresolved, so that examples can name them."""


_HistoryEntry = tuple[str, User | None, datetime, dict[str, object]]
"""An activity before it has an id: type, user, time and data."""


@dataclass(frozen=True, slots=True)
class IssueKind:
    """Types and texts of a kind of issue that is not an error."""

    issue_type: str
    category: str
    type: str
    title: str
    subtitle: str


OTHER_KINDS = (
    IssueKind(
        "performance_n_plus_one_db_queries", "db_query", "transaction", "N+1 Query", "SELECT * FROM {thing} WHERE id"
    ),
    IssueKind(
        "performance_slow_db_query", "db_query", "transaction", "Slow DB Query", "SELECT {thing} ORDER BY created"
    ),
    IssueKind("performance_consecutive_http", "http_client", "transaction", "Consecutive HTTP", "GET /api/{thing}"),
    IssueKind(
        "performance_render_blocking_asset_span", "frontend", "transaction", "Render Blocking Asset", "{thing}.css"
    ),
    IssueKind("uptime_domain_failure", "outage", "generic", "Downtime detected for https://status.example", "{thing}"),
    IssueKind("monitor_check_in_failure", "outage", "generic", "Cron failure: nightly {thing}", "A missed check-in"),
    IssueKind("metric_issue", "metric", "generic", "Error rate above threshold", "count() above 100 ({thing})"),
    IssueKind("feedback", "feedback", "feedback", "User Feedback", "The {thing} page does not answer"),
)


def format_short_id(project: Project, number: int) -> str:
    """`PROJECT-SLUG-` and the number in Crockford's base 32."""
    digits = ""
    while number:
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return f"{project.slug.upper()}-{digits or '0'}"


def make_issue(rng: Random, project: Project, issue_id: str) -> Issue:
    """A new error issue without events; takes the project's next number."""
    number, project.next_number = project.next_number, project.next_number + 1
    language = LANGUAGES[project.language]
    index = rng.randrange(len(language.templates))
    template = language.templates[index]
    value = template.value.format(n=rng.randint(2, 90), thing=rng.choice(THINGS))
    frame = template.frames[-1]
    level = rng.choices(("error", "fatal", "warning", "info"), (74, 10, 11, 5))[0]
    return Issue(
        id=issue_id,
        project=project,
        number=number,
        short_id=format_short_id(project, number),
        title=f"{template.type_name}: {value}",
        type_name=template.type_name,
        value=value,
        culprit=f"{frame.file} in {frame.function}",
        level=level,
        kind="error",
        issue_type="error",
        category="error",
        template=index,
        transaction=template.transaction,
        is_unhandled=level in {"error", "fatal"} and rng.random() < 0.5,  # noqa: PLR2004 - share of unhandled errors
        priority={"fatal": "high", "error": "high" if number % 3 == 0 else "medium"}.get(level, "low"),
        hashes=[f"{rng.getrandbits(128):032x}" for _ in range(2 if number % 20 == 0 else 1)],
    )


def make_other_issue(rng: Random, project: Project, issue_id: str, kind: IssueKind) -> Issue:
    """A new issue that is not an error."""
    issue = make_issue(rng, project, issue_id)
    thing = rng.choice(THINGS)
    issue.type_name = kind.title.format(thing=thing)
    issue.value = kind.subtitle.format(thing=thing)
    issue.title = issue.type_name
    issue.culprit = issue.transaction
    issue.kind, issue.issue_type, issue.category = kind.type, kind.issue_type, kind.category
    issue.level = "error" if kind.category == "outage" else "info"
    issue.is_unhandled = False
    return issue


def fill_history(rng: Random, organization: Organization, issue: Issue, users: list[User], now: datetime) -> None:
    """Give the issue, which has events, a status, activity, perhaps an assignee and a ticket."""
    history: list[_HistoryEntry] = [("first_seen", None, issue.first_seen, {})]
    _choose_status(rng, issue, now)
    if rng.random() < 0.4:  # noqa: PLR2004 - share of assigned issues
        history.append(_assign(rng, issue, users))
    if issue.status == "resolved":
        history.append(("set_resolved", rng.choice(users), issue.last_seen + timedelta(minutes=30), {}))
    if issue.substatus == "regressed":
        history.append(("set_regression", None, issue.last_seen, {}))
    if issue.number % 11 == 0:
        text = f"Seen by {rng.choice(THINGS)} customers as well, see the runbook."
        history.append(("note", rng.choice(users), issue.last_seen + timedelta(minutes=5), {"text": text}))
    issue.activity = [
        Activity(f"{issue.id}{index:02d}", kind, user, data, min(at, now))
        for index, (kind, user, at, data) in enumerate(sorted(history, key=lambda entry: entry[2]))
    ]
    _set_followers(rng, issue, users)
    _link_tickets(organization, issue)


def list_team_users(organization: Organization, project: Project) -> list[User]:
    """Users in the project's teams; never empty, since the first member is in every team."""
    return [
        member.user
        for member in organization.members
        if member.user is not None and any(team in project.teams for team in member.teams)
    ]


def _choose_status(rng: Random, issue: Issue, now: datetime) -> None:
    is_new = now - issue.first_seen < timedelta(days=7)
    pick = 0.0 if issue.number <= ALWAYS_OPEN else rng.random()
    if pick < 0.72:  # noqa: PLR2004 - share of open issues
        issue.status = "unresolved"
        issue.substatus = "new" if is_new else rng.choice(("ongoing", "ongoing", "escalating", "regressed"))
        issue.inbox_reason = {"new": 0, "regressed": 2, "escalating": 5}.get(issue.substatus)
        issue.inbox_since = issue.last_seen if issue.inbox_reason is not None else None
    elif pick < 0.88:  # noqa: PLR2004 - open and resolved issues
        issue.status, issue.substatus = "resolved", None
    else:
        issue.status = "ignored"
        issue.substatus = rng.choice(("archived_until_escalating", "archived_forever"))


def _assign(rng: Random, issue: Issue, users: list[User]) -> _HistoryEntry:
    at = issue.first_seen + timedelta(minutes=10)
    if rng.random() < 0.5:  # noqa: PLR2004 - share of issues assigned to teams
        team = issue.project.teams[0]
        issue.assignee = Assignee(team=team)
        return "assigned", users[0], at, {"assignee": team.id, "assigneeType": "team"}
    user = rng.choice(users)
    issue.assignee = Assignee(user=user)
    data: dict[str, object] = {"assignee": user.id, "assigneeEmail": user.email, "assigneeType": "user"}
    return "assigned", user, at, data


def _set_followers(rng: Random, issue: Issue, users: list[User]) -> None:
    if issue.number % 4 == 0:
        for user in rng.sample(users, min(2, len(users))):
            issue.seen_by[user.id] = issue.last_seen
    if issue.number % 6 == 0:
        issue.subscribers[rng.choice(users).id] = "comment"
    if issue.number % 17 == 0:
        issue.bookmarked_by.add(users[0].id)


def _link_tickets(organization: Organization, issue: Issue) -> None:
    if issue.number % 13 == 0 and organization.installations:
        issue.external_issues.append(
            ExternalIssue(
                f"{issue.id}7",
                issue.id,
                organization.installations[0].app.slug,
                f"OPS#{issue.number}",
                f"https://tickets.example/ops/{issue.number}",
                installation_uuid=organization.installations[0].uuid,
            )
        )
    if issue.number % 19 == 0:
        jira = next((i for i in organization.integrations if i.provider_key == "jira"), None)
        if jira is not None:
            issue.external_issues.append(
                ExternalIssue(
                    f"{issue.id}8",
                    issue.id,
                    "jira",
                    f"ACME-{issue.number}",
                    f"https://{jira.domain_name}/browse/ACME-{issue.number}",
                    integration_id=jira.id,
                )
            )
