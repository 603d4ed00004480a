"""Cases of alert rules, the older form of monitors and alerts."""

from parity.case import Case, acme

from dexter_graphql.sandbox import Vintage

CASES = (
    Case(
        "(DEPRECATED) List an Organization's Metric Alert Rules",
        acme("monitors(first: 3) { nodes { name } }"),
        "GET /organizations/acme/alert-rules/",
        query={"per_page": "100"},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) List a Project's Issue Alert Rules",
        acme('project(slug: "web") { alerts(first: 2) { nodes { name } } }'),
        "GET /projects/acme/web/rules/",
        query={"per_page": "100"},
        vintage=Vintage.V24_1,
    ),
)
