"""Projects: what they are looked up by, what hangs below them, and what it costs."""

import pytest

from dexter_graphql.sandbox import Fault

LIST = "/organizations/{organization}/projects/"
DETAIL = "/projects/{organization}/{project}/"
ISSUES = "/organizations/{organization}/issues/"
USAGE = "/organizations/{organization}/stats_v2/"


async def test_lookup_by_slug_is_one_list_call(asker):
    """Slugs of one document are asked for together."""
    told = await asker.organization('a: project(slug: "web") { slug } b: project(slug: "api") { slug name }')

    assert told.data == {"a": {"slug": "web"}, "b": {"slug": "api", "name": "Api"}}
    assert told.queries(LIST) == [[("query", "slug:web slug:api"), ("per_page", "100")]]
    assert told.routes == [LIST]


async def test_lookup_takes_numeric_ids(asker):
    """A numeric id finds the project as well as its slug does."""
    number = asker.acme.projects[0].id

    told = await asker.organization(f'project(slug: "{number}") {{ slug sentryId }}')

    assert told["project"] == {"slug": asker.acme.projects[0].slug, "sentryId": number}


async def test_absent_project_is_null(asker):
    """A lookup that finds nothing is null without an error; the detail is asked whether it was renamed."""
    told = await asker.organization('project(slug: "nothing-here") { slug }')

    assert told.data == {"project": None}
    assert told.routes == sorted([LIST, DETAIL])


async def test_former_slug_finds_the_renamed_project(asker):
    """A redirect of the detail names the new slug, which is followed once."""
    asker.acme.renamed_projects["old-web"] = "web"

    told = await asker.organization('project(slug: "old-web") { slug }')

    assert told.data == {"project": {"slug": "web"}}


async def test_page_of_projects_asks_for_no_more_than_wanted(asker):
    """`first` becomes the page's size, and the cursor continues behind the last row."""
    first = await asker.organization("projects(first: 2) { nodes { slug } pageInfo { hasNextPage endCursor } }")
    cursor = first["projects"]["pageInfo"]["endCursor"]
    second = await asker.organization(f'projects(first: 2, after: "{cursor}") {{ nodes {{ slug }} }}')

    slugs = [node["slug"] for told in (first, second) for node in told["projects"]["nodes"]]
    assert slugs == [project.slug for project in asker.acme.projects[:4]]
    assert first.queries(LIST) == [[("per_page", "2")]]


async def test_embedded_members_cost_no_call(asker):
    """Teams, the newest version and names of visible environments come with the list."""
    told = await asker.organization(
        "projects(first: 100) { nodes { id webUrl teams { nodes { slug name } } latestRelease { version }"
        " environments { nodes { name ... on ProjectEnvironment { isHidden } } } organization { slug } } }"
    )

    assert told.routes == [LIST]
    web = told["projects"]["nodes"][0]
    assert web["webUrl"] == f"{asker.server.url}/organizations/acme/projects/web/"
    assert web["organization"] == {"slug": "acme"}
    assert [one["name"] for one in web["environments"]["nodes"]][:2] == ["production", "staging"]


async def test_ids_of_environments_are_fetched(asker):
    """What the list does not embed of an environment takes the project's own list of them."""
    asker.acme.projects[0].hidden_environments.add("staging")

    told = await asker.organization(
        'project(slug: "web") { environments(visibility: HIDDEN)'
        " { nodes { name ... on ProjectEnvironment { isHidden project { slug } } } } }"
    )

    (found,) = told["project"]["environments"]["nodes"]
    assert (found["name"], found["isHidden"], found["project"]) == ("staging", True, {"slug": "web"})
    assert "/projects/{organization}/{project}/environments/" in told.routes


async def test_members_that_lists_lack_take_the_detail(asker):
    """`status` is in the detail alone, so the detail is asked instead of the list."""
    told = await asker.organization('project(slug: "web") { slug status avatar { kind kindRaw } }')

    assert told["project"] == {
        "slug": "web",
        "status": "ACTIVE",
        "avatar": {"kind": "LETTERS", "kindRaw": "letter_avatar"},
    }
    assert told.routes == [DETAIL]


async def test_details_of_one_place_do_not_burden_another(asker):
    """Projects that others link to come from one list, whatever is selected on projects elsewhere."""
    told = await asker.organization(
        'project(slug: "web") { status } usage(groupBy: [PROJECT]) { groups { project { slug } } }'
    )

    assert told.routes == sorted([DETAIL, LIST, USAGE])


async def test_settings_show_no_secret(asker, graph):
    """Settings come with the detail, and no type of the schema has a member named after a secret."""
    told = await asker.organization('project(slug: "web") { settings { resolveAfterSeconds highlightTags } }')

    assert told["project"]["settings"] == {"resolveAfterSeconds": 0, "highlightTags": ["environment", "release"]}
    names = {
        name.lower() for one in ("ProjectSettings", "DSN", "ClientKey") for name in graph.schema.type_map[one].fields
    }
    assert not [name for name in names if "secret" in name or "token" in name]


async def test_keys_tell_their_public_address(asker):
    """Client keys come from one call, with their limits in seconds."""
    key = asker.acme.projects[0].keys[0]
    key.rate_limit_window, key.rate_limit_count = 60, 500

    told = await asker.organization(
        'project(slug: "web") { keys'
        " { nodes { key label isActive dsn { public } rateLimit { count windowSeconds } } } }"
    )

    found = told["project"]["keys"]["nodes"][0]
    assert (found["key"], found["label"], found["isActive"]) == (key.public, "Default", True)
    assert found["rateLimit"] == {"count": 500, "windowSeconds": 60}
    assert key.public in found["dsn"]["public"]


async def test_issues_are_narrowed_to_the_project(asker):
    """The project goes into the call by id, beside the filter."""
    told = await asker.organization(
        'project(slug: "web") { issues(filter: { status: UNRESOLVED, search: "timeout" }, first: 3)'
        " { totalCount edges { inRange { eventCount } node { project { slug } } } } }"
    )

    (query,) = told.queries(ISSUES)
    assert ("project", asker.acme.projects[0].id) in query
    assert ("query", "is:unresolved timeout") in query
    assert {edge["node"]["project"]["slug"] for edge in told["project"]["issues"]["edges"]} == {"web"}


async def test_naming_projects_in_a_projects_filter_is_refused(asker):
    """Another project in the filter would widen the list, so it is a mistake."""
    told = await asker.ask(
        '{ organization(slug: "acme") { project(slug: "web")'
        ' { issues(filter: { projects: [{ slug: "api" }] }) { totalCount } } } }'
    )

    assert [error["extensions"]["code"] for error in told.errors] == ["BAD_USER_INPUT"]
    assert told["organization"] == {"project": {"issues": None}}


async def test_usage_of_many_projects_is_one_call(asker):
    """A list of projects asks for the usage of all of them together."""
    told = await asker.organization(
        'projects(first: 100) { nodes { slug usage(range: { last: "7d" })'
        " { groups { category categoryRaw outcome total } } } }"
    )

    (query,) = told.queries(USAGE)
    assert [value for name, value in query if name == "project"] == [one.id for one in asker.acme.projects]
    rows = told["projects"]["nodes"][0]["usage"]["groups"]
    assert {"category": "ERROR", "categoryRaw": "error"}.items() <= rows[0].items()
    assert all(row["total"] >= 0 for row in rows)


async def test_members_of_a_project_come_at_once(asker):
    """Members are those of the project's teams, from one call that is not paged."""
    told = await asker.organization('project(slug: "web") { members { nodes { email user { name } } } }')

    teams = asker.acme.projects[0].teams
    expected = [one.email for one in asker.acme.members if one.user and any(team in teams for team in one.teams)]
    assert [member["email"] for member in told["project"]["members"]["nodes"]] == expected
    assert told.routes == sorted([LIST, "/projects/{organization}/{project}/members/"])


@pytest.mark.parametrize(
    "field", ["keys { nodes { label } }", "members { nodes { email } }", "usage { groups { total } }"]
)
async def test_failed_branch_is_null_with_one_error(asker, field):
    """What hangs below a project fails alone."""
    await asker.organization('project(slug: "web") { name }')
    for part in ("/keys/", "/members/", "/stats_v2/"):
        asker.server.faults.add(Fault(route=part, times=None))

    told = await asker.ask(f'{{ organization(slug: "acme") {{ project(slug: "web") {{ name {field} }} }} }}')

    name = field.partition(" ")[0]
    assert told["organization"]["project"] == {"name": "Web", name: None}
    assert [error["path"] for error in told.errors] == [["organization", "project", name]]


async def test_misfit_costs_its_own_member(asker):
    """A value of the wrong kind gives one error at its place."""
    project = asker.acme.projects[1]
    project.platform = ["python"]

    told = await asker.ask('{ organization(slug: "acme") { projects(first: 3) { nodes { slug platform } } } }')

    assert [node["slug"] for node in told["organization"]["projects"]["nodes"]] == ["web", "api", "gateway"]
    assert [error["path"] for error in told.errors] == [["organization", "projects", "nodes", 1, "platform"]]
    assert told.errors[0]["extensions"]["code"] == "UPSTREAM_BAD_RESPONSE"


async def test_dashboards_of_many_projects_share_what_can_be_shared(asker):
    """Usage of a whole list is one call; lists of issues and keys are one for each project."""
    told = await asker.organization(
        "projects(first: 4) { nodes { slug usage { groups { total } } keys { nodes { label } }"
        " issues(first: 1) { totalCount } } }"
    )

    assert len(told.calls) == 1 + 1 + 4 + 4


async def test_events_of_a_project_are_its_newest_errors(asker):
    """One call for each project; page by page in the order of time, each with its issue and its own id."""
    fields = (
        "nodes { id eventId occurredAt title issue { shortId } project { slug } } pageInfo { endCursor hasNextPage }"
    )
    told = await asker.organization(f'project(slug: "api") {{ events(first: 3) {{ {fields} }} }}')

    page = told["project"]["events"]
    times = [node["occurredAt"] for node in page["nodes"]]
    assert times == sorted(times, reverse=True)
    assert [node["project"]["slug"] for node in page["nodes"]] == ["api"] * 3
    assert all(node["issue"]["shortId"].startswith("API-") for node in page["nodes"])
    assert told.routes.count("/projects/{organization}/{project}/events/") == 1

    again = await asker.ask(
        "query ($id: ID!) { node(id: $id) { ... on Event { eventId } } }", id=page["nodes"][0]["id"]
    )
    assert again["node"]["eventId"] == page["nodes"][0]["eventId"]
    cursor = page["pageInfo"]["endCursor"]
    more = await asker.organization(f'project(slug: "api") {{ events(first: 3, after: "{cursor}") {{ {fields} }} }}')
    assert not {node["id"] for node in more["project"]["events"]["nodes"]} & {node["id"] for node in page["nodes"]}


async def test_events_of_a_project_within_a_range(asker):
    """A stretch without events has none; the range is sent as start and end."""
    told = await asker.organization(
        'project(slug: "api") { events(range: { between: '
        '{ startsAt: "2020-01-01T00:00:00Z", endsAt: "2020-01-02T00:00:00Z" } }) { nodes { id } } }'
    )

    assert told["project"]["events"]["nodes"] == []
    [query] = told.queries("/projects/{organization}/{project}/events/")
    assert {("start", "2020-01-01T00:00:00"), ("end", "2020-01-02T00:00:00")} <= set(query)
