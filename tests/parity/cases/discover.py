"""Cases of Discover and Explore."""

from parity.case import Case, acme

CASES = (
    Case(
        "listOrganizationEvents",
        acme("issues(first: 3, sort: USERS) { nodes { latestEvent { eventId } } }"),
        "GET /organizations/acme/events/",
        query={"dataset": "errors"},
    ),
)
