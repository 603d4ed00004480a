"""Values, answers and settings that others blamed on the wrong side, read from the cases beside the checkout."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.settings import SettingsError, load_settings
from support.graph import GraphClient, both_engines
from support.sandbox import StillClock, running_sandbox
from support.upstream import EPOCH_S, MovedClock

WAIT_S = 7


def test_document_with_an_invalid_part_is_refused(graph, cases):
    """Case 67: two members of a oneOf input are refused by validation, before anything is written."""
    for engine in both_engines(graph):
        errors = engine.prepare(cases["67"]["asks"]).errors

        assert {error.extensions["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}
        assert any("exactly one" in error.message.lower() for error in errors)


async def test_null_for_a_default_is_the_mistake_of_the_client(asker, cases):
    """Case 69: the error names the variable, and Sentry is not blamed."""
    answer = await asker.ask(cases["69"]["asks"], **cases["69"]["input"]["variables"])

    [error] = answer.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "$s" in error["message"]


async def test_one_of_is_introspected(asker, cases):
    """Case 72: clients can see which inputs take exactly one member."""
    assert (await asker.ask(cases["72"]["asks"])).data == {"__type": {"isOneOf": True}}


async def test_date_to_retry_after_is_understood(graph, cases):
    """Case 75: an HTTP date means the same as the seconds until then: Sentry is not called before."""
    given = cases["75"]["input"]
    waits = {}
    for form in ("seconds", "date"):
        clock = MovedClock()
        until = datetime.fromtimestamp(clock.time() + WAIT_S, UTC)
        value = str(WAIT_S) if form == "seconds" else format_datetime(until, usegmt=True)
        async with running_sandbox(StillClock()) as server:
            asker = GraphClient(graph, server, clock)
            server.faults.add(Fault(status=given["status"], method="GET", headers={"Retry-After": value}))
            answer = await asker.ask(cases["75"]["asks"])
            waits[form] = (answer.errors, len(answer.calls), round(clock.time() - EPOCH_S))
            await asker.client.close()

    assert waits == dict.fromkeys(("seconds", "date"), ([], 3, WAIT_S))


async def test_page_after_blanks_is_a_page(asker, cases):
    """Case 95: a sign-in page gives the same error with blanks before it as without."""
    given = cases["95"]["input"]
    page = given["text"].partition(">")[2]
    errors = []
    for text in (page, " \r\n" * 40 + page):
        asker.server.faults.clear()
        fault = Fault(status=given["status"], method="GET", times=None, body=text, headers=given["headers"])
        asker.server.faults.add(fault)
        errors.append((await asker.ask(cases["95"]["asks"])).errors)

    assert page.startswith("<!DOCTYPE html>")
    assert errors[0] == errors[1]
    assert [error["extensions"]["code"] for error in errors[0]] == ["UPSTREAM_UNAVAILABLE"]


def test_address_with_a_path_stops_the_start(monkeypatch, cases):
    """Case 81: the message names the variable."""
    name, _, value = cases["81"]["input"]["setting"].partition("=")

    monkeypatch.setenv(name, value.replace("<Sentry>", "sentry.example.com"))

    with pytest.raises(SettingsError, match=name):
        load_settings()
