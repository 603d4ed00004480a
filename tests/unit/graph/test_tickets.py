"""Links of issues to tickets: forms, creation, removal, and what cannot be done."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.issue_mutations import id_of, some

FORM = """query ($id: ID!, $integration: IntegrationReference!, $action: ExternalIssueAction!) { issue(id: $id) {
  externalIssueForm(integration: $integration, action: $action) {
    integration { name } fields { name label type isRequired default isUpdatingForm choices { value label } } } } }"""
LINK = "externalIssue { id serviceType displayName webUrl } issue { shortId } userErrors { field code message }"
UNLINK = """mutation ($input: UnlinkExternalIssueInput!) { unlinkExternalIssue(input: $input) {
  deletedId issue { externalIssues { id } } userErrors { field code message } } }"""
ORGANIZATION_ID = "100000"


@pytest.fixture
def issue(asker):
    """An issue without tickets."""
    return next(issue for issue in some(asker, 50) if not issue.external_issues)


@pytest.fixture
def jira(asker):
    """The integration with a tracker."""
    return next(integration for integration in asker.acme.integrations if integration.provider_key == "jira")


async def change(asker, name, selection=LINK, **given):
    """The payload of a mutation, and the writes that it made."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    answer = await asker.ask(f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} }} }}", input=given)
    assert answer.errors == []
    return answer[name], [call for call in answer.calls if call.method != "GET"]


async def form(asker, issue, integration, action="CREATE"):
    """The form of an integration."""
    answer = await asker.ask(FORM, id=id_of(issue), integration=integration, action=action)
    return answer["issue"]["externalIssueForm"], answer.errors


async def test_forms(asker, issue, jira):
    """A form has the fields of the tracker; an unknown integration is an error."""
    reference = {"id": encode_id("Integration", ORGANIZATION_ID, jira.id)}

    create, _ = await form(asker, issue, reference)
    link, _ = await form(asker, issue, {"sentryId": jira.id}, "LINK")
    unknown = [{"sentryId": "7"}, {"id": encode_id("Integration", "999", jira.id)}]
    failures = [await form(asker, issue, reference) for reference in unknown]

    assert create["integration"] == {"name": jira.name}
    title = create["fields"][0]
    assert (title["name"], title["isRequired"], title["default"]) == ("title", True, issue.title)
    assert create["fields"][2]["choices"][0] == {"value": "SHOP", "label": "Shop"}
    assert create["fields"][2]["isUpdatingForm"] is True
    assert [field["name"] for field in link["fields"]] == ["externalIssue"]
    codes = [(failed, [error["extensions"]["code"] for error in errors]) for failed, errors in failures]
    assert codes == [(None, ["BAD_USER_INPUT"])] * 2


async def test_created_linked_and_unlinked(asker, issue, jira):
    """A ticket of an integration is created and another one linked; each is unlinked by its global ID."""
    common = {"issue": {"id": id_of(issue)}, "integration": {"sentryId": jira.id}}

    created, _ = await change(asker, "createExternalIssue", **common, title="Broken", values={"project": "OPS"})
    linked, _ = await change(asker, "linkExternalIssue", **common, key="SHOP-41")
    unlinked = await asker.ask(UNLINK, input={"id": created["externalIssue"]["id"]})

    [kept] = issue.external_issues
    assert (created["userErrors"], created["issue"]) == ([], {"shortId": issue.short_id})
    assert created["externalIssue"]["displayName"].startswith("OPS-")
    assert linked["externalIssue"] == {
        "id": encode_id("ExternalIssue", ORGANIZATION_ID, issue.id, f"integration-{kept.id}"),
        "serviceType": "jira",
        "displayName": "SHOP-41",
        "webUrl": kept.web_url,
    }
    assert unlinked["unlinkExternalIssue"] == {
        "deletedId": created["externalIssue"]["id"],
        "issue": {"externalIssues": [{"id": linked["externalIssue"]["id"]}]},
        "userErrors": [],
    }


@pytest.mark.parametrize("given", [{}, {"description": None, "values": None}])
async def test_optional_values_are_not_sent(asker, issue, jira, given):
    """A description and values that are absent or null are not sent; an empty description is."""
    common = {"issue": {"id": id_of(issue)}, "integration": {"sentryId": jira.id}, "title": "Broken"}

    _, [absent] = await change(asker, "createExternalIssue", **common, **given)
    _, [empty] = await change(asker, "createExternalIssue", **common, description="", values={})

    assert (absent.body, empty.body) == ({"title": "Broken"}, {"title": "Broken", "description": ""})


async def test_links_of_apps(asker, issue):
    """The link of an app is set, replaced and removed; an action of the app sets it too."""
    [installation] = asker.acme.installations
    app = {"uuid": installation.uuid}
    ticket = {"issue": {"id": id_of(issue)}, "appInstallation": app, "projectName": "SHOP", "identifier": "41"}

    first, _ = await change(asker, "setAppExternalIssue", **ticket, webUrl="https://tracker.example/41")
    second, _ = await change(asker, "setAppExternalIssue", **ticket, webUrl="https://tracker.example/42")
    action = {"issue": {"id": id_of(issue)}, "appInstallation": app, "action": "LINK", "uri": "/sentry/link"}
    third, _ = await change(asker, "executeAppIssueAction", **action, values={"identifier": "43"})
    guarded, _ = await change(asker, "executeAppIssueAction", **action, expectedUrl="https://tracker.example/44")
    removed, [write] = await change(
        asker,
        "deleteAppExternalIssue",
        "deletedId userErrors { code }",
        id=third["externalIssue"]["id"],
        appInstallation=app,
    )

    links = [payload["externalIssue"] for payload in (first, second, third)]
    assert len({link["id"] for link in links}) == 1
    assert [link["displayName"] for link in links] == ["SHOP#41", "SHOP#41", "app#43"]
    assert links[1]["webUrl"] == "https://tracker.example/42"
    assert [error["code"] for error in guarded["userErrors"]] == ["CONFLICT"]
    assert (removed["userErrors"], issue.external_issues, write.method) == ([], [], "DELETE")


@pytest.mark.parametrize(
    ("name", "given", "error"),
    [
        ("createExternalIssue", {"title": "x", "values": [1]}, (["values"], "BAD_USER_INPUT")),
        ("createExternalIssue", {"title": ""}, (["title"], "BAD_USER_INPUT")),
        ("createExternalIssue", {"title": "x", "integration": {"id": "x"}}, (["integration", "id"], "BAD_USER_INPUT")),
        (
            "createExternalIssue",
            {"title": "x", "integration": {"sentryId": "7"}},
            (["integration", "sentryId"], "NOT_FOUND"),
        ),
        ("createExternalIssue", {"title": "x", "issue": {"shortId": "WEB-ZZZ"}}, (["issue"], "NOT_FOUND")),
        ("linkExternalIssue", {"key": " "}, (["key"], "BAD_USER_INPUT")),
    ],
)
async def test_mistakes_are_user_errors(asker, jira, name, given, error):
    """A value of the wrong kind, one that Sentry refuses, and an unknown object have their path."""
    common = {
        "issue": {"id": id_of(some(asker)[0])},
        "integration": {"sentryId": jira.id},
        "organization": {"slug": "acme"},
    }

    payload, _ = await change(asker, name, **common | given)

    assert [(shown["field"], shown["code"]) for shown in payload["userErrors"]] == [error]
    assert payload["externalIssue"] is None


async def test_second_link_is_refused(asker, issue, jira):
    """Sentry refuses a ticket that the issue is linked to already."""
    common = {"issue": {"id": id_of(issue)}, "integration": {"sentryId": jira.id}, "key": "SHOP-41"}

    await change(asker, "linkExternalIssue", **common)
    again, _ = await change(asker, "linkExternalIssue", **common)

    assert [(error["field"], error["message"]) for error in again["userErrors"]] == [
        (None, "That issue is already linked")
    ]


@pytest.mark.parametrize("link", ["7", "integration-7"])
async def test_unknown_links_are_not_found(asker, issue, link):
    """A link that the issue does not have is a user error."""
    answer = await asker.ask(UNLINK, input={"id": encode_id("ExternalIssue", ORGANIZATION_ID, issue.id, link)})

    assert answer.errors == []
    assert [(error["field"], error["code"]) for error in answer["unlinkExternalIssue"]["userErrors"]] == [
        (["id"], "NOT_FOUND")
    ]


async def test_forms_of_apps(asker):
    """The components of apps have their forms, and installations the choices of a field."""
    [installation] = asker.acme.installations
    answer = await asker.organization(
        """appComponents { nodes { uuid installationUuid appSlug appName
            createForm { uri fields { name isRequired default optionsUri choices { value } } } linkForm { uri } } }
          appInstallations { nodes { formOptions(uri: "/sentry/projects") { default choices { value label } } } }"""
    )

    [component] = answer["appComponents"]["nodes"]
    assert (component["installationUuid"], component["appSlug"]) == (installation.uuid, installation.app.slug)
    assert (component["createForm"]["uri"], component["linkForm"]["uri"]) == ("/sentry/create", "/sentry/link")
    assert component["createForm"]["fields"] == [
        {"name": "title", "isRequired": True, "default": "New ticket", "optionsUri": None, "choices": None},
        {"name": "project", "isRequired": True, "default": None, "optionsUri": "/sentry/projects", "choices": None},
        {
            "name": "kind",
            "isRequired": False,
            "default": None,
            "optionsUri": None,
            "choices": [{"value": "bug"}, {"value": "task"}],
        },
    ]
    assert answer["appInstallations"]["nodes"] == [
        {
            "formOptions": {
                "default": "shop",
                "choices": [{"value": "shop", "label": "Shop"}, {"value": "ops", "label": "Operations"}],
            }
        }
    ]
