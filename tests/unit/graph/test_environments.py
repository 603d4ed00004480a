"""Environments of projects: one by name, hidden, shown."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id

ONE = "/projects/{organization}/{project}/environments/{environment}/"
SEVERAL = "/projects/{organization}/{project}/environments/"
SET = """mutation ($input: SetEnvironmentVisibilityInput!) { setEnvironmentVisibility(input: $input) {
  environments { name isHidden } userErrors { field code message } } }"""
WEB = {"project": {"slug": "web"}, "organization": {"slug": "acme"}}


async def change(asker, *environments, is_hidden=True, **given):
    """The payload of the mutation, and the writes that it made."""
    answer = await asker.ask(SET, input={**WEB, **given, "environments": list(environments), "isHidden": is_hidden})
    assert answer.errors == []
    return answer["setEnvironmentVisibility"], [call for call in answer.calls if call.method != "GET"]


def hidden(asker):
    """Names of the hidden environments of project web."""
    return asker.acme.find_project("web").hidden_environments


async def test_one_by_name(asker):
    """An environment of a project costs one call, and one that does not exist is null."""
    answer = await asker.organization(
        """project(slug: "web") { there: environmentByName(name: "canary") { name isHidden project { slug } }
          absent: environmentByName(name: "nowhere") { name } without: environmentByName(name: "") { name } }"""
    )

    assert answer["project"] == {
        "there": {"name": "canary", "isHidden": "canary" in hidden(asker), "project": {"slug": "web"}},
        "absent": None,
        "without": {"name": ""},
    }
    assert [call.path.rsplit("/", 2)[1] for call in answer.calls if call.route == ONE] == ["canary", "nowhere", "none"]


async def test_hidden_and_shown(asker):
    """One environment has an endpoint, several share a call, and lists show the change at once."""
    listed = 'project(slug: "web") { environments(visibility: HIDDEN) { nodes { name } } }'
    before = await asker.organization(listed)

    one, one_write = await change(asker, {"name": "canary"})
    after = await asker.organization(listed)
    both, both_write = await change(asker, {"name": "canary"}, {"name": "staging"}, is_hidden=False)

    names = [[node["name"] for node in answer["project"]["environments"]["nodes"]] for answer in (before, after)]
    assert ("canary" in names[0], "canary" in names[1]) == (False, True)
    assert one == {"environments": [{"name": "canary", "isHidden": True}], "userErrors": []}
    assert [environment["name"] for environment in both["environments"]] == ["canary", "staging"]
    assert hidden(asker).isdisjoint({"canary", "staging"})
    assert [(call.method, call.route) for call in (*one_write, *both_write)] == [("PUT", ONE), ("PUT", SEVERAL)]


async def test_references_of_every_form(asker):
    """An environment is named by its name, its ID in Sentry, and the global IDs of both of its types."""
    canary = next(environment for environment in asker.acme.environments if environment.name == "canary")
    web = asker.acme.find_project("web")

    for reference in (
        {"sentryId": canary.id},
        {"id": encode_id("OrganizationEnvironment", "100000", canary.id)},
        {"id": encode_id("ProjectEnvironment", "100000", web.id, "canary")},
    ):
        hidden(asker).clear()
        payload, _ = await change(asker, reference, project={"id": encode_id("Project", "100000", web.id)})
        assert (payload["userErrors"], hidden(asker)) == ([], {"canary"})


@pytest.mark.parametrize(
    ("environments", "given", "field", "code"),
    [
        ([], {}, ["environments"], "BAD_USER_INPUT"),
        ([{"name": "nowhere"}], {}, ["environments", "0"], "NOT_FOUND"),
        ([{"name": "staging"}, {"name": "nowhere"}], {}, ["environments", "1"], "NOT_FOUND"),
        ([{"sentryId": "7"}], {}, ["environments", "0", "sentryId"], "NOT_FOUND"),
        ([{"name": "canary"}], {"project": {"slug": "nope"}}, ["project", "slug"], "NOT_FOUND"),
        ([{"name": "canary"}], {"project": {"id": "x"}}, ["project", "id"], "BAD_USER_INPUT"),
        ([{"name": "canary"}], {"organization": {"slug": "nope"}}, ["organization", "slug"], "NOT_FOUND"),
        ([{"name": "canary"}], {"organization": None}, ["organization"], "BAD_USER_INPUT"),
    ],
)
async def test_mistakes_are_user_errors(asker, environments, given, field, code):
    """A name that does not exist has a user error with its path; the environments beside it are changed."""
    payload, _ = await change(asker, *environments, **given)

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]
    assert [environment["name"] for environment in payload["environments"]] == [
        value["name"] for value in environments if value.get("name") == "staging"
    ]


async def test_name_with_a_slash_is_encoded_twice(asker):
    """Servers decode the name in the path twice, so that it may contain slashes and percent signs.

    The log of the sandbox has paths that were decoded once.
    """
    asker.acme.environments[0].name = name = "50%/blue green"

    payload, [write] = await change(asker, {"name": name})

    assert payload["environments"] == [{"name": name, "isHidden": True}]
    assert write.path.endswith("/environments/50%25%2Fblue%20green/")
