"""Events of the sandbox and the documents that select them."""

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.events import serialize_event_detail

ISSUE_LIST = "/organizations/{organization}/issues/"


ISSUE = ISSUE_LIST + "{issue}/"


EVENTS = ISSUE + "events/"


EVENT = EVENTS + "{event_id}/"


def find(asker, fits):
    """The first issue of acme that fits."""
    return next(issue for issue in asker.acme.issues.values() if fits(issue))


def ordinary(issue):
    """Fits an error with several events, of which the newest has a user and a release."""
    newest = issue.events[-1]
    return issue.is_error and len(issue.events) > 3 and newest.person >= 0 and newest.release


async def event_of(asker, issue, fields, which="LATEST"):
    """What is selected on an event of an issue, and the calls that it cost."""
    told = await asker.organization(f'issue(shortId: "{issue.short_id}") {{ event(which: {which}) {{ {fields} }} }}')
    return told["issue"]["event"], told


async def altered_event(asker, fields, **members):
    """An event of which Sentry's answer has some members changed: what is selected on it, and the errors."""
    issue = find(asker, ordinary)
    asker.server.faults.add(
        Fault(route=EVENT, times=None, status=200, body=serialize_event_detail(issue.events[-1]) | members)
    )
    await asker.organization("slug")
    return await asker.ask(
        f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}") {{ event(which: LATEST)'
        f" {{ {fields} }} }} }} }}"
    )
