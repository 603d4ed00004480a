"""Tags by their keys: of an event, and of the issues of a list in few calls."""

import pytest

from dexter_graphql.loaders.issues import grouped_tags

LIST = "/organizations/{organization}/issues/"
TAG = LIST + "{issue}/tags/{key}/"
DISCOVER = "/organizations/{organization}/events/"
STEP = 5
"""Every so many issues of a list are compared."""
TOTALS = "key totalValues uniqueValues"
VALUES = f"{TOTALS} topValues {{ value count firstSeenAt lastSeenAt }}"
ERRORS = 'issues(filter: { search: "issue.category:error" }, first: 20)'


async def tags_of(asker, issues, tag_key, fields):
    """Issue → its tag in a list, for some of its issues, the calls for the list, and the tag of each of them alone."""
    tag = f'tag(key: "{tag_key}") {{ {fields} }}'
    listed = await asker.organization(f"{issues} {{ nodes {{ id {tag} }} }}")
    tags = {node["id"]: node["tag"] for node in listed["issues"]["nodes"][::STEP]}
    alone = {}
    for issue_id in tags:
        answer = await asker.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Issue {{ {tag} }} }} }}", id=issue_id)
        assert answer.errors == []
        alone[issue_id] = answer["node"]["tag"]
    return tags, listed.routes, alone


@pytest.mark.parametrize(
    ("tag_key", "fields", "calls"),
    [
        ("environment", TOTALS, [DISCOVER]),
        ("environment", VALUES, [DISCOVER]),
        ("browser.name", VALUES, [DISCOVER, DISCOVER]),
        ("release", VALUES, [DISCOVER]),
        ("user", TOTALS, [DISCOVER]),
        ("no-such-tag", VALUES, [DISCOVER, DISCOVER]),
    ],
)
async def test_tag_of_a_list_is_few_calls_with_the_same_meaning(asker, tag_key, fields, calls):
    """The figures equal those that Sentry gives for each issue alone."""
    tags, routes, alone = await tags_of(asker, ERRORS, tag_key, fields)

    assert tags == alone
    assert routes == sorted([LIST, *calls])


@pytest.mark.parametrize(
    ("sort", "member"), [("LAST_SEEN", "lastSeenAt"), ("FIRST_SEEN", "firstSeenAt"), ("COUNT", "count")]
)
async def test_values_of_a_tag_are_sorted_and_filtered(asker, sort, member):
    """The values come in each order, and those of an environment have no more events than those of all."""
    values = f"sort: {sort}) {{ nodes {{ count firstSeenAt lastSeenAt }} }}"
    answer = await asker.organization(
        f"""issue(shortId: "WEB-9") {{ tag(key: "browser") {{
          all: values({values} own: values(environments: [{{ name: "production" }}], {values}
        }} }}"""
    )

    tag = answer["issue"]["tag"]
    all_values, own = ([value[member] for value in tag[name]["nodes"]] for name in ("all", "own"))
    assert len(all_values) > 1
    assert all_values == sorted(all_values, reverse=True)
    assert own == sorted(own, reverse=True)
    assert (
        0 < sum(value["count"] for value in tag["own"]["nodes"]) < sum(value["count"] for value in tag["all"]["nodes"])
    )


async def test_other_issues_are_found_in_the_other_table(asker):
    """Issues that are not errors have their events in another dataset."""
    tags, routes, alone = await tags_of(asker, "issues(first: 60)", "environment", VALUES)

    assert tags == alone
    assert routes == sorted([LIST, DISCOVER, DISCOVER])


@pytest.mark.parametrize(
    ("tag_key", "fields"), [("environment", "name"), ("environment", "topValues { name }"), ("a b", TOTALS)]
)
async def test_what_discover_lacks_is_one_call_per_issue(asker, tag_key, fields):
    """Display names are Sentry's, and unusual keys cannot be written in a search."""
    _, routes, _ = await tags_of(asker, "issues(first: 3)", tag_key, fields)

    assert routes == sorted([LIST, *[TAG] * 3])


async def test_tag_with_many_values_is_one_call_per_issue(asker, monkeypatch):
    """Values that do not fit few pages are read for each issue alone."""
    monkeypatch.setattr(grouped_tags, "ISSUES_PER_PAGE", 1000)

    tags, routes, alone = await tags_of(asker, ERRORS, "user", VALUES)

    assert tags == alone
    assert routes == sorted([LIST, DISCOVER, *[TAG] * 20])


async def test_event_has_tags_by_key(asker):
    """The tag comes with the event, and is null when the event does not have it."""
    event = 'environment tag(key: "environment") { key value } none: tag(key: "no-such") { value }'
    answer = await asker.organization(f"issues(first: 2) {{ nodes {{ events(first: 2) {{ nodes {{ {event} }} }} }} }}")

    events = [event for node in answer["issues"]["nodes"] for event in node["events"]["nodes"]]
    assert [event["tag"] for event in events] == [
        {"key": "environment", "value": event["environment"]} for event in events
    ]
    assert {event["none"] for event in events} == {None}
