"""Answers of Sentry that broke other clients, read from the folder of cases beside the checkout, on both engines."""

import json
import re
from pathlib import Path

import aiohttp
import pytest

from dexter_graphql.sandbox import Fault

RENAMED = {
    "email pending user": "email isPending user",
    "participants { __typename }": "participants { nodes { __typename } }",
}
"""Fields that the documents of the cases name as an earlier schema did."""
SOMETHING = object()
"""Any value but null."""
EVENT_ANSWERS = {
    "26": {
        "request": {
            "url": "http://h/p",
            "method": "GET",
            "headers": [{"key": "Accept", "value": "text/html"}, {"key": "Host", "value": "www.example.org"}],
        }
    },
    "29": {
        "exceptions": [
            {
                "type": "E",
                "frames": [
                    {"file": "f.js", "line": 3, "context": [{"line": 2, "text": "a"}, {"line": 3, "text": "b"}]},
                    {"file": "f.js", "line": 3, "context": [{"line": 2, "text": "a"}]},
                ],
            }
        ]
    },
    "31": {
        "eventId": SOMETHING,
        "title": SOMETHING,
        "level": "ERROR",
        "environment": "prod",
        "tags": [
            {"key": "level", "value": "error"},
            {"key": "retries", "value": "3"},
            {"key": "environment", "value": "prod"},
        ],
    },
    "32": {"level": None, "tags": [{"key": None, "value": "x"}, {"key": "level", "value": None}]},
    "34": {"exceptions": [{"type": "E", "frames": [{"file": "f.js"}]}]},
    "35": {"exceptions": [{"type": "E", "stackTrace": {"frames": None}, "frames": None}]},
    "36": {"exceptions": [{"type": "E", "rawStackTrace": {"frames": None}}]},
    "37": {"receivedAt": None, "occurrence": None, "kind": "DEFAULT"},
    "38": {"contexts": [{"name": "a", "type": None, "value": []}, {"name": "b", "type": "b", "value": {"type": "b"}}]},
    "40": {"eventId": SOMETHING, "title": "t", "culprit": "cut \ufffd"},
}
ISSUE_ANSWERS = {
    "41": {"participants": {"nodes": []}},
    "42": {"annotations": [{"url": "https://www.example.org/T-1", "displayName": "T-1"}]},
    "43": {"status": "RESOLVED", "substatus": None},
    "44": {"tags": [{"key": "url", "topValues": [{"name": None, "value": None, "count": 2}]}]},
    "45": {"status": "REPROCESSING", "substatus": "UNKNOWN", "priority": "UNKNOWN", "assignee": None},
}
CONDITION_ANSWERS = {
    "46": {"attribute": "exception.value", "match": "CONTAINS", "value": "400"},
    "47": {"key": "404", "match": "EQUAL", "value": "x"},
    "52": {"threshold": 80.0, "intervalSeconds": 3600},
}
ACTION_ANSWERS = {
    "48": [{"channel": "#a", "notes": "911", "tags": ["environment", "level"]}],
    "50": [{"channel": "General", "channelId": "19", "integrationId": "123"}],
    "51": [{"integrationId": "123", "targetId": "5", "priority": "P3"}],
    "53": [
        {"__typename": "SlackAlertAction", "type": "slack"},
        {"__typename": "EmailAlertAction", "type": "email"},
        {"__typename": "AppAlertAction", "type": "sentry_app"},
    ],
}
ANSWERS = {
    **{number: {"issue": {"event": event}} for number, event in EVENT_ANSWERS.items()},
    **{number: {"issue": issue} for number, issue in ISSUE_ANSWERS.items()},
    **{
        number: {"alerts": {"nodes": [{"filters": [{"conditions": [condition]}]}]}}
        for number, condition in CONDITION_ANSWERS.items()
    },
    **{number: {"alerts": {"nodes": [{"actions": actions}]}} for number, actions in ACTION_ANSWERS.items()},
    "71": {"issues": {"totalCount": SOMETHING, "nodes": []}},
    "73": {"issues": {"pageInfo": {"hasNextPage": True}}},
    "74": {"release": None},
    "84": {"issues": {"nodes": SOMETHING, "pageInfo": {"hasNextPage": True}}},
    "96": {"slug": "globex", "issues": {"nodes": [{"shortId": SOMETHING}]}},
    "97": {
        "members": {
            "nodes": [
                {"email": SOMETHING, "isPending": True, "user": None},
                {"email": SOMETHING, "isPending": False, "user": SOMETHING},
            ]
        }
    },
}
"""Number of a case → what is answered below its organization."""


async def ordinary_answer(server, path):
    """The sandbox's own answer to a read."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{server.url}/api/0{path}") as response:
        return await response.json()


def altered(answer, given):
    """An ordinary answer with what a case gives in its place."""
    if "instead" in given:
        return given["instead"]
    if "members" in given:
        return answer | given["members"]
    if "rows" in given:
        return [answer[0] | row for row in given["rows"]]
    return [answer[0] | given["first row"], *answer[1:]]


async def answer_with(server, given):
    """Let the sandbox give the answer of a case."""
    path = given["answer"].removeprefix("GET ")
    issue = next(issue for issue in server.world.find_organization("acme").issues.values() if issue.short_id == "WEB-1")
    slug = path.split("/")[2]
    actual = path.format(issue=issue.id, organization="acme")
    route = path.replace(f"/{slug}/", "/{organization}/", 1).replace("/latest/", "/{event_id}/")
    body = json.dumps(altered(await ordinary_answer(server, actual), given))
    headers = {"Content-Type": "application/json"}
    server.faults.add(Fault(method="GET", route=route, times=None, status=200, body=body, headers=headers))


def fits(value, expected):
    """True when the value equals the expected one, of which some parts may be anything but null."""
    if expected is SOMETHING:
        return value is not None
    if isinstance(expected, dict) and isinstance(value, dict):
        return value.keys() == expected.keys() and all(fits(value[name], part) for name, part in expected.items())
    if isinstance(expected, list) and isinstance(value, list):
        return len(value) == len(expected) and all(map(fits, value, expected))
    return value == expected


def document_of(case):
    """The document of a case in the names of the schema."""
    document = case["asks"]
    for old, new in RENAMED.items():
        document = document.replace(old, new)
    return document


@pytest.mark.parametrize("number", sorted(ANSWERS, key=int))
async def test_case(asker, cases, number):
    """The answer to the case's document is as required, without an error."""
    case = cases[number]
    if "answer" in case["input"]:
        await answer_with(asker.server, case["input"])

    told = await asker.ask(document_of(case), **case["input"].get("variables", {}))

    assert told.errors == []
    assert fits(told["organization"], ANSWERS[number]), told["organization"]


def test_every_case_is_tested(cases):
    """The number of each case stands in one of the modules of their tests."""
    sources = [path.read_text() for path in Path(__file__).parent.glob("test_given_*.py")]
    numbers = {number for source in sources for number in re.findall(r'"(\d\d)"', source)}

    assert set(cases) <= numbers
