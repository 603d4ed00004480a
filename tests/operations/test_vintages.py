"""Answers and upstream calls of the library for each release of Sentry that the sandbox imitates."""

from pathlib import Path

import pytest
from graphql import get_operation_ast, parse

from dexter_graphql.engine.operation_entry import OperationEntry
from dexter_graphql.engine.variable_values import coerce_variables
from dexter_graphql.operations.library import load_library
from dexter_graphql.sandbox import Vintage
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sentry.stages import compose
from support.graph import open_graph_client
from support.sandbox import StillClock, running_sandbox

LIBRARY = {document.file.removesuffix(".graphql"): document for document in load_library()}
NAMES_PROJECTS = {
    *("01_triage_list", "09_alerts", "11_project_dashboard", "17_cron_overview"),
    *("14_worst_issues", "16_suspect_release", "21_release_page"),
}
"""Documents that cost one call more where projects have another name."""
NEWEST_EVENTS = {"01_triage_list": 50, "14_worst_issues": 10, "21_release_page": 3}
"""Calls more where the newest events of issues cannot be read from a table: one for each issue of the list."""
BOTH_MODELS = {"09_alerts": 2, "14_worst_issues": 2, "16_suspect_release": 4}
"""Calls more where a server has alert rules beside workflows and detectors."""
RULES_ALONE = {"16_suspect_release": 2}
"""Calls more where a server has alert rules in the place of workflows."""
WORKS = "✓"
OUTCOMES = {name: dict.fromkeys(Vintage, WORKS) for name in LIBRARY}
"""What becomes of each document: it works, or fields are null because the release lacks an endpoint (null)."""
OUTCOMES["07_dashboard_table"][Vintage.V20_12] = "null"
OUTCOMES["15_trace"] |= dict.fromkeys((Vintage.V20_12, Vintage.V23_7, Vintage.V24_1), "null")
OUTCOMES["19_update_alert"] |= dict.fromkeys((Vintage.V20_12, Vintage.V23_7, Vintage.V24_1), "null")
OUTCOMES["20_autofix_state"] |= {vintage: "null" for vintage in Vintage if not vintage.has(Capability.SEER)}
PAGE = Path("docs/older-releases.md")


@pytest.fixture(params=list(Vintage), ids=str)
async def server(request):
    """A sandbox that imitates one of the releases."""
    async with running_sandbox(StillClock(), request.param) as server:
        yield server


async def run(asker, name):
    """The answer to a document, from both engines; a subscription is answered when an issue changes."""
    document = LIBRARY[name]
    if not document.text.startswith("subscription"):
        return await asker.ask(document.text, **document.variables)
    async with asker.following(document.text, **document.variables) as items:
        changed = await run(asker, "04_bulk_resolve")
        item = await items.next()
    assert item["data"]["issueChanged"]["change"]["issue"]["shortId"] == "WEB-9"
    return changed


def estimated_calls(graph, name, vintage):
    """The estimate of a document, on a host of which only sentry.io is known to have all endpoints."""
    document = LIBRARY[name] if not LIBRARY[name].text.startswith("subscription") else LIBRARY["04_bulk_resolve"]
    parsed = parse(document.text)
    entry = OperationEntry(parsed, get_operation_ast(parsed))
    variables = coerce_variables(graph.schema, entry, document.variables)
    return graph.costs.estimate(entry, variables, has_all=vintage is Vintage.SAAS).calls


def outcome(answer):
    """Outcome of a document; errors other than `FEATURE_NOT_AVAILABLE` fail."""
    assert {error["extensions"]["code"] for error in answer.errors} <= {"FEATURE_NOT_AVAILABLE"}
    assert all(error["extensions"]["upstream"]["endpoint"] for error in answer.errors)
    return "null" if answer.errors else WORKS


def calls_at_most(name, vintage):
    """Expected calls of a document with an empty cache and known capabilities of the host."""
    names = 0 if vintage.has(Capability.PROJECT_SLUGS) or name not in NAMES_PROJECTS else 1
    events = 0 if vintage.has(Capability.EVENT_TABLES) else NEWEST_EVENTS.get(name, 0)
    has_both = vintage.has(Capability.WORKFLOW_ENGINE) and not vintage.has(Capability.MIGRATED_RULES)
    rules = BOTH_MODELS.get(name, 0) if has_both else 0
    rules += 0 if vintage.has(Capability.WORKFLOW_ENGINE) else RULES_ALONE.get(name, 0)
    return LIBRARY[name].calls + names + events + rules


@pytest.mark.parametrize("name", LIBRARY)
async def test_documents_work_or_say_what_is_missing(graph, server, name):
    """Each document has the outcome of the table, on both engines, and makes at most the estimated calls."""
    async with open_graph_client(graph, server) as asker:
        answer = await run(asker, name)

    assert outcome(answer) == OUTCOMES[name][server.world.vintage]
    # One call more finds the organization, which the client knows.
    assert len(answer.calls) + 1 <= estimated_calls(graph, name, server.world.vintage)


@pytest.mark.parametrize("name", [name for name in LIBRARY if LIBRARY[name].calls])
async def test_calls_where_the_release_is_known(graph, server, name):
    """Once the capabilities are known, a document costs as much as on sentry.io, or one call more."""
    async with open_graph_client(graph, server) as teacher, open_graph_client(graph, server) as asker:
        await run(teacher, name)
        share_what_hosts_lack(teacher, asker)
        answer = await run(asker, name)

    assert len(answer.calls) <= calls_at_most(name, server.world.vintage)


def share_what_hosts_lack(teacher, asker):
    """Copy the known capabilities of one client to the other, but not its cache."""
    asker.client._stages = (teacher.client._stages[0], *asker.client._stages[1:])
    asker.client._handler = compose(asker.client._stages)
    asker.services.organizations.capabilities = teacher.services.organizations.capabilities


def test_docs_show_the_outcomes():
    """The table in the docs has the same rows, by the names of the documents."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines()]
    documented = {row[0]: row[1:] for row in rows if len(row) == 1 + len(Vintage)}

    for name, document in LIBRARY.items():
        assert documented[document.name] == [OUTCOMES[name][vintage] for vintage in Vintage]
