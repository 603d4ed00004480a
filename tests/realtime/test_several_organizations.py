"""Subscriptions that follow several organizations: one stream, one position, names of any of them."""

import pytest

from support.graph import ENGINES
from support.realtime import make_change

FOLLOW = """subscription ($organizations: [OrganizationReference!], $organization: OrganizationReference,
  $filter: IssueChangeFilter, $after: String) {
  issueChanged(organization: $organization, organizations: $organizations, filter: $filter, after: $after) {
    position gap { missed } change { kind issue { shortId project { organization { slug } } } } } }"""
BOTH = [{"slug": "acme"}, {"slug": "globex"}]


def first_issue(asker, slug, index=0):
    """An issue of an organization."""
    return list(asker.server.world.find_organization(slug).issues.values())[index]


async def publish(asker, slug, index=0):
    """Publish a change of an issue of an organization; the issue."""
    issue = first_issue(asker, slug, index)
    await asker.services.changes.publish(make_change(issue.id, organization=slug, project_id=issue.project.id))
    return issue


def issues_of(answers):
    """Short ID and organization of the issues in answers."""
    issues = [answer["data"]["issueChanged"]["change"]["issue"] for answer in answers]
    return [(issue["shortId"], issue["project"]["organization"]["slug"]) for issue in issues]


@pytest.mark.parametrize("engine", ENGINES)
async def test_changes_of_all_are_one_stream(asker, engine):
    """Each change once, although an organization is given twice."""
    given = [*BOTH, {"sentryId": asker.acme.id}]
    async with asker.following(FOLLOW, engine=engine, organizations=given) as items:
        reported = [(await publish(asker, slug, index), slug) for index in (0, 1) for slug in ("globex", "acme")]
        answers = [await items.next() for _ in reported]

    assert sorted(issues_of(answers)) == sorted((issue.short_id, slug) for issue, slug in reported)


async def test_position_is_that_in_all(asker):
    """A stream resumes after the last item in every organization, in whatever order they are given."""
    async with asker.following(FOLLOW, organizations=BOTH) as items:
        for slug in ("acme", "globex"):
            await publish(asker, slug)
        position = [(await items.next())["data"]["issueChanged"]["position"] for _ in range(2)][1]
    missed = [(await publish(asker, slug, 1), slug) for slug in ("globex", "acme")]

    async with asker.following(FOLLOW, organizations=BOTH[::-1], after=position) as items:
        answers = [await items.next() for _ in missed]

    assert sorted(issues_of(answers)) == sorted((issue.short_id, slug) for issue, slug in missed)


async def test_position_of_other_organizations_is_refused(asker):
    """The position of a stream of one organization says nothing about another one."""
    async with asker.following(FOLLOW, organization=BOTH[0]) as items:
        await publish(asker, "acme")
        position = (await items.next())["data"]["issueChanged"]["position"]

    for variables in ({"organizations": BOTH}, {"organization": BOTH[1]}):
        async with asker.following(FOLLOW, after=position, **variables) as items:
            assert error_of(await items.next()) == ("BAD_USER_INPUT", None)


def error_of(answer):
    """Code and argument of the only error of an answer."""
    [error] = answer["errors"]
    return error["extensions"]["code"], error["extensions"].get("argument")


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({}, ["organizations"]),
        ({"organization": BOTH[0], "organizations": BOTH}, ["organizations"]),
        ({"organizations": []}, ["organizations"]),
        ({"organizations": [BOTH[0]] * 21}, ["organizations"]),
        ({"organizations": [BOTH[0], {"slug": "initech"}]}, ["organizations", "1", "slug"]),
        ({"organizations": BOTH, "filter": {"projects": [{"slug": "wbe"}]}}, ["filter", "projects", "0", "slug"]),
        (
            {"organizations": BOTH, "filter": {"issues": [{"shortId": "WEB-ZZZZ"}]}},
            ["filter", "issues", "0", "shortId"],
        ),
        ({"organizations": BOTH, "filter": {"issues": [{"id": "x"}]}}, ["filter", "issues", "0", "id"]),
    ],
)
async def test_bad_arguments_are_named(asker, variables, argument):
    """Exactly one of the arguments, 1 to 20 organizations that the token sees, names that one of them has."""
    async with asker.following(FOLLOW, **variables) as items:
        assert error_of(await items.next()) == ("BAD_USER_INPUT", argument)


async def test_names_of_one_organization_filter_its_changes(asker):
    """A name that one organization has lets nothing of the others pass; an ID that both have stands for both."""
    acme, globex = first_issue(asker, "acme"), first_issue(asker, "globex")
    own = {project.slug for project in asker.server.world.find_organization("globex").projects}
    assert acme.project.slug not in own
    filters = {"projects": [{"slug": acme.project.slug}]}, {"issues": [{"sentryId": globex.id}]}
    expected = [(acme.short_id, "acme")], [(globex.short_id, "globex")]

    for value, issues in zip(filters, expected, strict=True):
        async with asker.following(FOLLOW, organizations=BOTH, filter=value) as items:
            for slug in ("globex", "acme"):
                await publish(asker, slug)
            answers = [await items.next()]

        assert issues_of(answers) == issues
