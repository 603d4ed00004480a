"""Clients of `issueChanged` over HTTP, and the webhooks that publish changes to it."""

import asyncio
import time
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.webhooks import sign
from support.server import Site
from support.transports import EventStream

ITEM = "position gap { missed } change { kind origin action actor { name } issue { shortId status } }"


WAIT_S = 10


def document(selection=ITEM):
    """A subscription to the changes of an organization."""
    return f"""subscription ($organization: String! = "acme", $filter: IssueChangeFilter, $after: String) {{
        issueChanged(organization: {{ slug: $organization }}, filter: $filter, after: $after) {{ {selection} }} }}"""


class Reader:
    """Reads one subscription, item by item."""

    def __init__(self, answers):
        self._answers = answers

    async def answer(self):
        """The next answer."""
        return await asyncio.wait_for(anext(self._answers), WAIT_S)

    async def item(self):
        """The next item, which has no error."""
        answer = await self.answer()
        assert "errors" not in answer, answer
        return answer["data"]["issueChanged"]


@asynccontextmanager
async def subscribed(site, selection=ITEM, **variables):
    """A reader of the changes, until the block ends."""
    answers = EventStream(site).ask(document(selection), variables)
    try:
        yield Reader(answers)
    finally:
        await answers.aclose()


async def current_position(site):
    """The position after all changes so far, to resume from."""
    async with subscribed(site, "position change { issue { shortId } }") as reader:
        coming = asyncio.ensure_future(reader.item())
        while not coming.done():
            issue = site.upstream.simulation.open_issue()
            await site.upstream.webhooks.drain()
            await asyncio.wait({coming}, timeout=0.2)
        item = await coming
        while item["change"]["issue"]["shortId"] != issue.short_id:
            item = await reader.item()
        return item["position"]


def issue_editor(site):
    """An editor that changes issues of acme in the sandbox."""
    world = site.upstream.world
    return IssueEditor(world, world.find_organization("acme"), world.users[0])


def open_issues(site, number=1, project="web", level="error"):
    """Open issues of a project with a level."""
    issues = site.upstream.world.find_organization("acme").issues.values()
    errors = [issue for issue in issues if issue.project.slug == project and issue.level == level and issue.is_error]
    return [issue for issue in errors if issue.status == "unresolved"][:number]


def issue_id(issue):
    """Global id of an issue of acme."""
    return encode_id("Issue", "100000", issue.id)


def short_ids(items):
    """Short ids of the items' issues."""
    return [item["change"]["issue"]["shortId"] for item in items]


async def post_webhook(site, body, headers):
    """Status and decoded answer of a webhook."""
    async with site.session.post(f"{site.url}/webhooks/sentry", data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def sign_webhook(site, data, *, action="resolved", resource="issue", slug="acme", **headers):
    """Body and headers of a webhook, signed with an organization's secret."""
    envelope = {"action": action, "installation": {"uuid": "u"}, "data": data}
    body = data if isinstance(data, bytes) else msgspec.json.encode(envelope)
    named = {
        "Content-Type": "application/json",
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": str(int(time.time())),
        "Sentry-Hook-Signature": sign(site.upstream.webhooks.secret(slug), body),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return body, {name: value for name, value in named.items() if value is not None}


PROJECT_IDS = {"web": "101000", "api": "101001", "hidden": "999999"}


def issue_data(number, project="web"):
    """The `data` of a webhook about an issue."""
    reference = {"id": PROJECT_IDS[project], "slug": project}
    return {"issue": {"id": str(number), "shortId": f"WEB-{number}", "status": "resolved", "project": reference}}


@asynccontextmanager
async def with_token(site, token):
    """The same site for a client with another token."""
    async with with_authorization(site, f"Bearer {token}") as client:
        yield client


@asynccontextmanager
async def with_authorization(site, authorization):
    """The same site for a client that sends this header."""
    async with aiohttp.ClientSession(headers={"Authorization": authorization}) as session:
        yield Site(site.url, site.admin_url, site.upstream, site.dexter, session)


def error_of(answer):
    """Path and code of the only error of an answer."""
    [error] = answer["errors"]
    assert answer.get("data") is None
    return error["path"], error["extensions"]["code"]


def is_check(request):
    """Whether a request to the sandbox only checks that a token may read a project's issues."""
    return request.path.endswith("/acme/issues/") and ("limit", "1") in request.query


def checked_projects(site, start):
    """Ids of the projects whose visibility was checked by the requests from `start` on."""
    return [dict(call.query)["project"] for call in list(site.upstream.requests)[start:] if is_check(call)]


def calls_besides_checks(site, start):
    """The other requests from `start` on."""
    return [call for call in list(site.upstream.requests)[start:] if not is_check(call)]
