"""Issues of the sandbox and the documents that select them."""

from datetime import datetime

LIST = "/organizations/{organization}/issues/"


DETAIL = LIST + "{issue}/"


MEMBERS = "/organizations/{organization}/members/"


TEAMS = "/organizations/{organization}/teams/"


def find(asker, fits):
    """The first issue of acme that fits."""
    return next(issue for issue in asker.acme.issues.values() if fits(issue))


def select(issue, fields):
    return f'issue(shortId: "{issue.short_id}") {{ {fields} }}'


async def one(asker, issue, fields):
    """What is selected on an issue, and the calls that it cost."""
    told = await asker.organization(select(issue, fields))
    return told["issue"], told


def instant(text):
    """The moment that a DateTime names."""
    return datetime.fromisoformat(text)
