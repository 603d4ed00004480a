"""Mutations of the sandbox's alerts and monitors."""

from dexter_graphql.graph.relay.global_ids import encode_id

ACME = "100000"
ERRORS = "userErrors { field message code }"


def alert_id(record):
    """Global ID of a workflow."""
    return encode_id("Alert", ACME, record.id)


def monitor_id(record):
    """Global ID of a detector."""
    return encode_id("Monitor", ACME, record.id)


async def change(asker, name, selection, /, **given):
    """The payload of a mutation, which must not fail, and the calls that it made; the directory is warm."""
    answer = await attempt(asker, name, selection, **given)
    assert answer.errors == []
    return answer[name], answer.calls


async def attempt(asker, name, selection, /, **given):
    """The answer to a mutation; the directory knows the organization already."""
    await asker.organization("slug")
    kind = name[0].upper() + name[1:]
    document = f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {selection} {ERRORS} }} }}"
    return await asker.ask(document, input=given)


def refusals(payload):
    """Path and code of the user errors of a payload."""
    return [(error["field"], error["code"]) for error in payload["userErrors"]]


def bodies(calls):
    """Method, last part of the route's template, and body of the calls that change something."""
    return [(call.method, call.route, call.body) for call in calls if call.method != "GET"]
