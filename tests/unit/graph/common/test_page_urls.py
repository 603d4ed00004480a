"""URLs of pages in Sentry: the object that each names, and the error for every other URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.page_urls import UNSUPPORTED_PAGE, WebPageKind, is_saas_host, parse_page_url

EVENT = "36ccdb59f7f36d70fb4f6e50c7df3898"
DASHED = "36CCDB59-F7F3-6D70-FB4F-6E50C7DF3898"
HOST = "https://sentry.example.org"
OBJECTS = {
    "": (WebPageKind.ORGANIZATION, "", ""),
    "issues/": (WebPageKind.ORGANIZATION, "", ""),
    "issues/1000001/": (WebPageKind.ISSUE, "1000001", ""),
    "issues/WEB-9/": (WebPageKind.ISSUE, "WEB-9", ""),
    "issues/web-9": (WebPageKind.ISSUE, "web-9", ""),
    "issues/1000001/events/": (WebPageKind.ISSUE, "1000001", ""),
    "issues/1000001/tags/browser.name/": (WebPageKind.ISSUE, "1000001", ""),
    "issues/1000001/?project=1&query=is%3Aunresolved": (WebPageKind.ISSUE, "1000001", ""),
    "issues/feedback/?feedbackSlug=web%3A1000001": (WebPageKind.ISSUE, "1000001", ""),
    "feedback/?feedbackSlug=web:1000001": (WebPageKind.ISSUE, "1000001", ""),
    f"issues/1000001/events/{EVENT}/": (WebPageKind.ISSUE_EVENT, EVENT, "1000001"),
    f"issues/1000001/events/{DASHED}/": (WebPageKind.ISSUE_EVENT, EVENT, "1000001"),
    f"issues/WEB-1/events/{EVENT}/json/": (WebPageKind.ISSUE_EVENT, EVENT, "WEB-1"),
    "issues/1000001/events/latest/": (WebPageKind.ISSUE_EVENT, "latest", "1000001"),
    f"projects/web/events/{EVENT}/": (WebPageKind.PROJECT_EVENT, EVENT, "web"),
    f"discover/web:{EVENT}/": (WebPageKind.PROJECT_EVENT, EVENT, "web"),
    f"explore/discover/web:{DASHED}/": (WebPageKind.PROJECT_EVENT, EVENT, "web"),
    f"performance/web:{EVENT}/": (WebPageKind.PROJECT_EVENT, EVENT, "web"),
    "projects/web/": (WebPageKind.PROJECT, "web", ""),
    "insights/projects/web/": (WebPageKind.PROJECT, "web", ""),
    "releases/mobile%401.9.0/?project=1": (WebPageKind.RELEASE, "mobile@1.9.0", ""),
    "explore/releases/a%2Fb/": (WebPageKind.RELEASE, "a/b", ""),
}
UNSUPPORTED = [
    "issues/errors-outages/",
    "issues/views/1/",
    "issues/alerts/rules/details/1/",
    "issues/feedback/",
    "issues/1000001/unknown/",
    "issues/1000001/events/xyz/",
    "issues/123456789012345678901/",
    "projects/web/events/latest/",
    "projects/WEB!/",
    "discover/homepage/",
    "discover/web:latest/",
    "dashboards/",
    "settings/account/",
]


def parsed(url):
    """Kind, identifier and parent of a page of organization `acme`."""
    page = parse_page_url(url)
    assert page.organization == "acme"
    return page.kind, page.value, page.parent


@pytest.mark.parametrize("path", OBJECTS)
def test_page_names_its_object(path):
    """With the organization in the path, and for sentry.io in the host."""
    assert parsed(f"{HOST}/organizations/acme/{path}") == OBJECTS[path]
    assert parsed(f"https://acme.sentry.io/{path}") == OBJECTS[path]
    assert parsed(f" https://us.sentry.io/organizations/acme/{path}#x ") == OBJECTS[path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"acme/web/events/{EVENT}/", (WebPageKind.PROJECT_EVENT, EVENT, "web")),
        ("acme/web/issues/1000001/", (WebPageKind.ISSUE, "1000001", "")),
        (f"acme/web/issues/1000001/events/{EVENT}/", (WebPageKind.ISSUE_EVENT, EVENT, "1000001")),
        ("acme/issues/1000001/", (WebPageKind.ISSUE, "1000001", "")),
        ("settings/acme/", (WebPageKind.ORGANIZATION, "", "")),
        ("settings/acme/projects/web/", (WebPageKind.PROJECT, "web", "")),
        ("settings/acme/projects/web/keys/", (WebPageKind.PROJECT, "web", "")),
    ],
)
def test_other_forms_name_the_organization_elsewhere(path, expected):
    """Pages of older releases, and settings."""
    assert parsed(f"{HOST}/{path}") == expected


def test_settings_on_the_host_of_an_organization():
    """The path need not repeat the organization."""
    assert parsed("https://acme.sentry.io/settings/projects/web/") == (WebPageKind.PROJECT, "web", "")


@pytest.mark.parametrize("path", UNSUPPORTED)
def test_other_pages_are_refused(path):
    """They never lead to another object, nor to null."""
    for prefix in (f"{HOST}/organizations/acme", "https://acme.sentry.io"):
        with pytest.raises(BadUserInput, match=UNSUPPORTED_PAGE):
            parse_page_url(f"{prefix}/{path}")


@pytest.mark.parametrize("url", ["", "x", "ftp://sentry.io/", "https://", "http://[", "https://sentry.io:x/", "//a/b"])
def test_text_that_is_no_http_url_is_refused(url):
    """The message says what is expected."""
    with pytest.raises(BadUserInput, match="must be the URL of a page in Sentry"):
        parse_page_url(url)


@pytest.mark.parametrize("path", ["", "issues/1/", "auth/login/", "settings/account/"])
def test_page_without_an_organization_is_refused(path):
    """Objects are looked up in an organization."""
    with pytest.raises(BadUserInput, match=UNSUPPORTED_PAGE):
        parse_page_url(f"https://sentry.io/{path}")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Acme.Sentry.IO:443/", "acme.sentry.io"),
        ("http://localhost:9000/organizations/acme/", "localhost:9000"),
    ],
)
def test_host_is_normalized(url, host):
    """It is in lower case, and has its port unless that is the scheme's own."""
    assert parse_page_url(url).host == host


def test_hosts_of_sentry_io():
    """Names that end alike are other hosts."""
    assert [is_saas_host(host) for host in ("sentry.io", "acme.sentry.io", "evilsentry.io")] == [True, True, False]


@given(st.text() | st.text(alphabet="/:?#[]@%.-0aAé").map("https://acme.sentry.io/".__add__))
def test_any_text_names_a_page_or_is_refused(url):
    """No URL causes another exception."""
    try:
        page = parse_page_url(url)
    except BadUserInput:
        return
    assert page.kind in WebPageKind
