"""Objects by the URLs of their pages."""

from dataclasses import replace

import pytest

RESOURCE = """query ($url: String!) { resource(url: $url) { __typename ... on Issue { shortId } ... on Event { eventId }
  ... on Release { version } ... on Project { slug } ... on Organization { slug } } }"""
WEB_URLS = """{ organization(slug: "acme") { slug webUrl
  projects(first: 1) { nodes { slug webUrl } } releases(first: 1) { nodes { version webUrl } }
  issues(first: 1) { nodes { shortId webUrl } } } }"""


@pytest.fixture
def event(asker):
    """An event of issue WEB-9."""
    return asker.acme.find_issue("WEB-9").events[0].id


def pages(asker, event):
    """Paths of pages, and the object on each."""
    found = {"__typename": "Event", "eventId": event}
    issue = {"__typename": "Issue", "shortId": "WEB-9"}
    dashed = "-".join((event[:8], event[8:12], event[12:16], event[16:20], event[20:])).upper()
    return {
        "organizations/acme/": {"__typename": "Organization", "slug": "acme"},
        "organizations/acme/issues/WEB-9/": issue,
        "organizations/acme/issues/1000009/activity/": issue,
        "organizations/acme/issues/WEB-404/": None,
        f"organizations/acme/issues/1000009/events/{dashed}/": found,
        f"organizations/acme/issues/WEB-9/events/{event}/": found,
        f"organizations/acme/issues/WEB-404/events/{event}/": None,
        f"organizations/acme/projects/web/events/{event}/": found,
        f"organizations/acme/projects/web/events/{'0' * 32}/": None,
        f"organizations/acme/discover/web:{event}/": found,
        f"acme/web/events/{event}/": found,
        "settings/acme/projects/web/": {"__typename": "Project", "slug": "web"},
        "organizations/acme/releases/mobile%401.9.0/?project=1": {"__typename": "Release", "version": "mobile@1.9.0"},
        "organizations/nowhere/": None,
    }


async def test_pages_lead_to_their_objects(asker, event):
    """Each form of a URL gives exactly its object, or null when there is none."""
    for path, expected in pages(asker, event).items():
        answer = await asker.ask(RESOURCE, url=f"{asker.server.url}/{path}")

        assert (path, answer.errors, answer["resource"]) == (path, [], expected)


async def test_web_urls_lead_back(asker):
    """The `webUrl` of an object is a URL that `resource` takes."""
    organization = (await asker.ask(WEB_URLS))["organization"]
    lists = [organization[name]["nodes"] for name in ("projects", "releases", "issues")]

    for node in (organization, *(node for nodes in lists for node in nodes)):
        answer = await asker.ask(RESOURCE, url=node["webUrl"])

        expected = {name: value for name, value in node.items() if isinstance(value, str) and name != "webUrl"}
        assert (answer.errors, answer["resource"] | expected) == ([], answer["resource"])


@pytest.mark.parametrize("host", ["sentry.example.org", "127.0.0.1:1", "evilsentry.io"])
async def test_pages_of_other_hosts_are_refused_by_name(asker, host):
    """The configured Sentry may have another object with the same identifier."""
    answer = await asker.ask(RESOURCE, url=f"https://{host}/organizations/acme/issues/WEB-9/")

    assert [(error["message"], error["extensions"]["code"]) for error in answer.errors] == [
        (f"'url' must be a page of the configured Sentry, not of {host}", "BAD_USER_INPUT")
    ]


async def test_other_hosts_cost_no_call_where_sentry_io_is_configured(asker):
    """All hosts of sentry.io are known by name."""
    hosts = replace(asker.client.hosts, base="https://sentry.io", extra=frozenset({asker.client.hosts.base}))
    asker.client.hosts = hosts

    answer = await asker.ask(RESOURCE, url="https://sentry.example.org/organizations/acme/issues/WEB-9/")

    assert (answer.routes, len(answer.errors)) == ([], 1)


async def test_hosts_of_sentry_io_stand_for_the_sandbox(asker):
    """URLs of documents and examples work with the sandbox."""
    answer = await asker.ask(RESOURCE, url="https://acme.sentry.io/issues/1000009/?project=1")

    assert answer["resource"] == {"__typename": "Issue", "shortId": "WEB-9"}
