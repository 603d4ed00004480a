"""Tables of events: columns from the selection, links, paging, and what is refused."""

from datetime import datetime

import pytest

from dexter_graphql.sandbox import Fault, Vintage
from support.graph import graph_client_of_release

EVENTS = "/organizations/{organization}/events/"
ISSUES = "/organizations/{organization}/issues/"
PROJECTS = "/organizations/{organization}/projects/"
EVENT = "/projects/{organization}/{project}/events/{event_id}/"


def columns_of(answer):
    """The columns of the only call for a table."""
    [query] = answer.queries(EVENTS)
    return [value for name, value in query if name == "field"]


async def test_cells_have_the_type_of_their_field(asker):
    """One column may be read in several ways, which all add up to one list of columns in the order of the document."""
    answer = await asker.organization(
        """discover(dataset: ERRORS, first: 1, fields: ["level"], sort: ["-count()"], range: { last: "14d" }) { nodes {
          title: string(field: "title") events: number(field: "count()") text: string(field: "count()")
          isHandled: boolean(field: "error.handled") seenAt: date(field: "last_seen()") types: list(field: "error.type")
        } columns { name type } table }"""
    )

    [row] = answer["discover"]["nodes"]
    columns = ["level", "title", "count()", "error.handled", "last_seen()", "error.type"]
    assert columns_of(answer) == columns
    assert answer["discover"]["columns"] == [
        {"name": name, "type": kind}
        for name, kind in zip(columns, ["string", "string", "integer", "boolean", "date", "array"], strict=True)
    ]
    [cells] = answer["discover"]["table"]
    assert row["text"] == str(int(row["events"])) == str(cells[2])
    assert (row["title"], row["isHandled"], row["types"]) == (cells[1], cells[3], cells[5])
    assert datetime.fromisoformat(row["seenAt"]) == datetime.fromisoformat(cells[4])


async def test_columns_come_from_variables_too(asker):
    """A plan is shared by operations with other columns, each of which is answered with its own."""
    document = """query ($field: String!, $sort: [String!]) { organization(slug: "acme") {
      discover(dataset: ERRORS, sort: $sort, first: 2) { edges { node { string(field: $field) } } table } } }"""
    for field in ("title", "level", "project", "title"):
        answer = await asker.ask(document, field=field, sort=[f"-{field}"])
        table = answer["organization"]["discover"]
        assert [[edge["node"]["string"]] for edge in table["edges"]] == table["table"]


async def test_links_are_looked_up_together(asker):
    """Issues and projects cost one call each for all rows; releases and users are in their columns."""
    answer = await asker.organization(
        """discover(dataset: ERRORS, first: 5, sort: ["-count()"]) { nodes { number(field: "count()")
          issue { shortId } project { slug } release { version } endUser { email } } }"""
    )

    rows = answer["discover"]["nodes"]
    assert answer.routes == sorted([EVENTS, ISSUES, PROJECTS])
    assert columns_of(answer) == ["count()", "issue.id", "project.id", "release", "user.id", "user.email",
                                  "user.username", "user.ip"]  # fmt: skip
    for row in rows:
        issue = asker.acme.find_issue(row["issue"]["shortId"])
        assert issue.project.slug == row["project"]["slug"]
    assert any(row["release"] for row in rows)


async def test_rows_of_events_lead_to_them(asker):
    """The ID of an event costs no call, and its other members one."""
    ids = await asker.organization("discover(dataset: ERRORS, first: 2) { nodes { event { eventId } } }")
    titles = await asker.organization(
        "discover(dataset: ERRORS, first: 2) { nodes { event { eventId title } endUser { email } } }"
    )

    assert ids.routes == [EVENTS]
    assert titles.routes == sorted([EVENTS, EVENT, EVENT])
    for row in titles["discover"]["nodes"]:
        event = asker.acme.events[row["event"]["eventId"]]
        assert row["event"]["title"] == event.issue.title
        assert row["endUser"] is None or "@" in row["endUser"]["email"]


async def test_rows_of_spans_lead_to_the_event_of_their_transaction(asker):
    """The ID of a span is that of no event: the event is found by a column of its own, and spans have no issue."""
    event = next(iter(asker.acme.events.values()))
    row = {"id": "a" * 16, "transaction.event_id": event.id, "project.id": int(event.issue.project.id)}
    rows = [row | {"issue.id": None}, row | {"transaction.event_id": None, "issue.id": None}]
    asker.server.faults.add(Fault(route=EVENTS, status=200, body={"data": rows, "meta": {}}))

    answer = await asker.organization(
        'discover(dataset: SPANS, first: 2) { nodes { spanId: string(field: "id") event { title } issue { id } } }'
    )

    assert columns_of(answer) == ["id", "transaction.event_id", "project.id", "issue.id"]
    assert answer["discover"]["nodes"] == [
        {"spanId": "a" * 16, "event": {"title": event.issue.title}, "issue": None},
        {"spanId": "a" * 16, "event": None, "issue": None},
    ]


async def test_pages_follow_each_other(asker):
    """The rows after a cursor are those that follow in a larger page; more than 100 rows take several calls."""
    fields = 'nodes { string(field: "id") } pageInfo { hasNextPage endCursor }'
    arguments = 'dataset: ERRORS, range: { last: "12h" }'
    whole = await asker.organization(f"discover({arguments}, first: 150) {{ {fields} }}")
    first = await asker.organization(f"discover({arguments}, first: 90) {{ {fields} }}")
    cursor = first["discover"]["pageInfo"]["endCursor"]
    rest = await asker.organization(f'discover({arguments}, first: 60, after: "{cursor}") {{ {fields} }}')

    assert whole.routes == [EVENTS, EVENTS]
    assert first["discover"]["nodes"] + rest["discover"]["nodes"] == whole["discover"]["nodes"]


async def test_arguments_become_parameters(asker):
    """Filters, order, range and switches are sent as Sentry calls them, projects by number."""
    await asker.read_names()
    answer = await asker.organization(
        """discover(dataset: SPANS, search: " span.op:db ", range: { between: { startsAt: "2026-03-01T00:00:00Z",
          endsAt: "2026-03-02T00:00:00Z" } }, projects: { slug: "web" }, environments: { name: "production" },
          sort: ["-count()", "title"], sampling: HIGHEST_ACCURACY, filtersAggregates: false, first: 7)
        { nodes { string(field: "title") number(field: "count()") } }"""
    )

    [query] = answer.queries(EVENTS)
    assert query == [
        ("field", "title"),
        ("field", "count()"),
        ("query", "span.op:db"),
        ("dataset", "spans"),
        ("start", "2026-03-01T00:00:00"),
        ("end", "2026-03-02T00:00:00"),
        ("project", asker.acme.projects[0].id),
        ("environment", "production"),
        ("sort", "-count()"),
        ("sort", "title"),
        ("sampling", "HIGHEST_ACCURACY"),
        ("allowAggregateConditions", "false"),
        ("per_page", "7"),
    ]


@pytest.mark.parametrize(
    ("arguments", "selection", "calls"),
    [
        ("dataset: ERRORS", "pageInfo { hasNextPage }", 0),
        ("dataset: ERRORS, fields: [" + ", ".join(f'"tag{number}"' for number in range(21)) + "]", "table", 0),
        ("dataset: ERRORS, sampling: NORMAL", 'nodes { string(field: "title") }', 0),
        ('dataset: ERRORS, range: { last: "x" }', 'nodes { string(field: "title") }', 0),
        ("dataset: ERRORS", 'nodes { string(field: "no such (") }', 1),
        ('dataset: ERRORS, search: "(a"', 'nodes { string(field: "title") }', 1),
        ('dataset: ERRORS, sort: ["-count()"]', 'nodes { string(field: "title") }', 1),
    ],
)
async def test_mistakes_are_of_the_client(asker, arguments, selection, calls):
    """What Sentry would refuse anyway costs no call; what it refuses says why."""
    answer = await asker.ask(f'{{ organization(slug: "acme") {{ discover({arguments}) {{ {selection} }} }} }}')

    [error] = answer.errors
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["organization", "discover"])
    assert answer.routes.count(EVENTS) == calls


async def test_value_of_another_type_is_an_error_of_its_field(asker):
    """The other fields of the row keep their values."""
    answer = await asker.ask(
        """{ organization(slug: "acme") { discover(dataset: ERRORS, first: 1) { nodes {
          title: string(field: "title") number(field: "title") boolean(field: "title") date(field: "title")
          string(field: "error.type") } } } }"""
    )

    [row] = answer["organization"]["discover"]["nodes"]
    assert {error["path"][-1] for error in answer.errors} == {"number", "boolean", "date", "string"}
    assert {error["extensions"]["code"] for error in answer.errors} == {"UPSTREAM_BAD_RESPONSE"}
    assert row["title"]


async def test_older_releases_have_other_names(graph):
    """24.1 has the dataset `discover` in the place of the errors, asked for at once from then on, and no spans."""
    async with graph_client_of_release(graph, Vintage.V24_1) as asker:
        selection = '{ nodes { string(field: "title") } datasetRaw }'
        first = await asker.organization(f"discover(dataset: ERRORS, first: 1) {selection}")
        again = await asker.organization(f'discover(dataset: ERRORS, search: "timeout", first: 1) {selection}')
        spans = await asker.ask(f'{{ organization(slug: "acme") {{ discover(dataset: SPANS) {selection} }} }}')

    assert (len(first.calls), first["discover"]["datasetRaw"]) == (2, "discover")
    [query] = again.queries(EVENTS)
    assert {("dataset", "discover"), ("query", "(timeout) !event.type:transaction")} <= {*query}
    assert [error["extensions"]["code"] for error in spans.errors] == ["FEATURE_NOT_AVAILABLE"]
