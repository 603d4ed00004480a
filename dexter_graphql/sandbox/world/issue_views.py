"""Issue views of an organization."""

from datetime import datetime, timedelta

from dexter_graphql.sandbox.world.model import IssueView, Organization


def make_issue_views(organization: Organization, first_id: int, now: datetime) -> None:
    """Add two views of the first user, one of them starred and shared, and a view that the second user shares."""
    first, second = [member.user for member in organization.members if member.user][:2]
    created, project = now - timedelta(days=30), int(organization.projects[0].id)
    views = [
        IssueView(str(first_id), "Timeouts", "timeout", "freq", [project], ["production"], {"period": "14d"}, first,
                  created, created, is_shared=True, starred_by={first.id, second.id}),
        IssueView(str(first_id + 1), "Everything new", "is:unresolved", "new", [-1], [],
                  {"start": (now - timedelta(days=7)).isoformat(), "end": now.isoformat(), "utc": True}, first,
                  created, created),
        IssueView(str(first_id + 2), "On call", "is:unresolved level:fatal", "date", [], [], {"period": "24h"}, second,
                  created, now - timedelta(days=2), is_shared=True),
    ]  # fmt: skip
    views[0].visited_at[first.id] = now - timedelta(hours=3)
    organization.issue_views.extend(views)
