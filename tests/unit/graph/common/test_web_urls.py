"""Addresses of Sentry's pages: short where the host names the organization, long elsewhere."""

import pytest

from dexter_graphql.graph.common.web_urls import organization_page_url, settings_page_url
from dexter_graphql.sentry.parents import OrganizationRef


@pytest.mark.parametrize(
    ("web_url", "expected"),
    [
        ("https://acme.sentry.io", "https://acme.sentry.io/releases/web%401.0%2F2/"),
        ("https://sentry.io", "https://sentry.io/organizations/acme/releases/web%401.0%2F2/"),
        ("http://10.0.0.1:9000/organizations/acme", "http://10.0.0.1:9000/organizations/acme/releases/web%401.0%2F2/"),
        ("/organizations/acme", None),
        (None, None),
    ],
)
def test_pages_lie_below_what_sentry_says(web_url, expected):
    """Parts are percent-encoded whole; nothing is guessed when Sentry says nothing."""
    assert organization_page_url(OrganizationRef("1", "acme", web_url=web_url), "releases", "web@1.0/2") == expected


def test_settings_name_the_organization():
    """Settings have the same path on every host."""
    organization = OrganizationRef("1", "acme", web_url="https://acme.sentry.io")

    assert settings_page_url(organization, "teams", "web") == "https://acme.sentry.io/settings/acme/teams/web/"
