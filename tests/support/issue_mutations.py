"""Issues of the sandbox and mutations of them."""

from dexter_graphql.graph.relay.global_ids import encode_id

LIST = "/organizations/{organization}/issues/"


ISSUE = "/organizations/{organization}/issues/{issue}/"


RESULTS = "results { issueId issue { shortId status substatus } userErrors { field message code } } unmatched isDryRun"


def some(asker, number=1, project="web"):
    """The first so many issues of a project; they group errors and are open."""
    return [one for one in asker.acme.issues.values() if one.project.slug == project and one.is_error][:number]


def id_of(issue, organization="100000"):
    """Global id of an issue."""
    return encode_id("Issue", organization, issue.id)


async def change(asker, name, issues, arguments="", selection=RESULTS):
    """Payload of a mutation of these issues, which must not fail, and the calls that it made."""
    told = await attempt(asker, name, issues, arguments, selection)
    assert told.errors == []
    return told[name], told.calls


async def attempt(asker, name, issues, arguments="", selection=RESULTS):
    """What a mutation of these issues tells; the directory knows the organization already."""
    await asker.organization("slug")
    ids = [one if isinstance(one, str) else id_of(one) for one in issues]
    document = (
        f"mutation ($ids: [ID!]!) {{ {name}(input: {{ issues: {{ ids: $ids }} {arguments} }}) {{ {selection} }} }}"
    )
    return await asker.ask(document, ids=ids)


def writes(calls):
    """Calls that are more than a question."""
    return [call for call in calls if call.method != "GET"]


MERGED = "issue { id eventCount } mergedIds unmatched isDryRun userErrors { field message code }"
