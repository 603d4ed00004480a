"""Organizations as the start of a question, and the smaller nouns in them."""

ROOT = "/organizations/{organization}/"


async def test_organizations_are_listed_each_in_its_own_scope(asker):
    """What is below an organization of the list is asked of that organization, which needs no second lookup."""
    told = await asker.ask(
        "{ organizations(first: 10) { nodes { slug name projects(first: 1) { nodes { id slug } } } } }"
    )

    slugs = {node["slug"]: node["projects"]["nodes"][0]["slug"] for node in told["organizations"]["nodes"]}
    expected = {one.slug: one.projects[0].slug for one in asker.server.world.organizations if one.slug in slugs}
    assert told.errors == []
    assert slugs == expected
    assert told.routes == ["/organizations/", *[ROOT + "projects/"] * len(slugs)]


async def test_organization_of_the_list_is_known_afterwards(asker):
    """The directory remembers what the list told."""
    await asker.ask("{ organizations { nodes { slug } } }")

    told = await asker.ask('{ organization(slug: "acme") { slug } }')

    assert told.calls == []


async def test_name_and_reference_share_one_call(asker):
    """The directory and the members of the detail are the same answer."""
    told = await asker.ask('{ organization(slug: "acme") { name status isEarlyAdopter avatar { kind } webUrl } }')

    assert told["organization"]["name"] == "Acme"
    assert told["organization"]["status"] == "ACTIVE"
    assert told["organization"]["webUrl"] == f"{asker.server.url}/organizations/acme/issues/"
    assert told.routes == [ROOT]


async def test_environments_follow_their_visibility(asker):
    """Two lists of one document are two calls, each with all that is selected."""
    told = await asker.organization(
        "environments { nodes { name } }"
        " all: environments(visibility: ALL) { nodes { ... on OrganizationEnvironment { sentryId } } }"
    )

    assert [one["name"] for one in told["environments"]["nodes"]] == [one.name for one in asker.acme.environments]
    assert [one["sentryId"] for one in told["all"]["nodes"]] == [one.id for one in asker.acme.environments]
    assert told.routes == [ROOT + "environments/"] * 2


async def test_integrations_come_without_their_settings(asker):
    """Settings are slow to fetch and may hold secrets, so they are not asked for."""
    told = await asker.organization(
        'integrations(provider: "github") { nodes { name status webUrl externalId'
        " provider { key name canAdd features } } }"
    )

    (found,) = told["integrations"]["nodes"]
    assert (found["provider"]["key"], found["provider"]["name"]) == ("github", "GitHub")
    (query,) = told.queries(ROOT + "integrations/")
    assert query == [("providerKey", "github"), ("includeConfig", "0"), ("per_page", "20")]


async def test_installed_apps_are_listed(asker):
    """Installations tell the app they are of."""
    told = await asker.organization("appInstallations { nodes { uuid status statusRaw appSlug webUrl } }")

    (found,) = told["appInstallations"]["nodes"]
    installation = asker.acme.installations[0]
    assert (found["uuid"], found["appSlug"]) == (installation.uuid, installation.app.slug)
    assert found["status"].lower() == found["statusRaw"] == installation.status


async def test_repositories_link_to_integrations_and_commits(asker):
    """The integration of all repositories is one call; commits are one for each."""
    told = await asker.organization(
        "repositories(first: 2) { nodes { name providerKey providerName integration { name }"
        " commits(first: 1) { nodes { message repository { name url } } } } }"
    )

    rows = told["repositories"]["nodes"]
    assert [row["name"] for row in rows] == [one.name for one in asker.acme.repositories[:2]]
    assert all(row["integration"] for row in rows)
    assert told.routes == sorted([ROOT + "integrations/", ROOT + "repos/", *[ROOT + "repos/{repository}/commits/"] * 2])


async def test_unknown_provider_without_integrations_is_a_mistake(asker):
    """A known provider without integrations is an empty list."""
    answers = [
        await asker.ask(f'{{ organization(slug: "acme") {{ integrations(provider: "{key}") {{ nodes {{ id }} }} }} }}')
        for key in ("opsgenie", "githb")
    ]

    [error] = answers[1].errors
    assert (answers[0].errors, answers[0]["organization"]["integrations"]) == ([], {"nodes": []})
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", ["provider"])
    assert "Did you mean 'github'" in error["message"]
