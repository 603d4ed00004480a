"""Event details with exceptions, breadcrumbs, tags and request."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Final

from benchmarks.values import NOW, WORDS, Body, format_time

FRAMES: Final = 10
BREADCRUMBS: Final = 12


def event_detail(random: Random, number: int, issue: Body) -> Body:
    """The latest event of an issue, about 9 kB."""
    event_id = f"{random.getrandbits(128):032x}"
    return {
        "id": event_id,
        "eventID": event_id,
        "groupID": issue["id"],
        "projectID": issue["project"]["id"],
        "title": issue["title"],
        "message": issue["metadata"]["value"],
        "dateCreated": issue["lastSeen"],
        "dateReceived": issue["lastSeen"],
        "culprit": issue["culprit"],
        "location": issue["metadata"]["filename"],
        "platform": issue["platform"],
        "type": "error",
        "dist": None,
        "size": 9000 + number,
        "user": {
            "id": str(number),
            "email": f"person{number}@example.org",
            "username": f"person{number}",
            "ip_address": "203.0.113.9",
            "name": None,
            "geo": {"country_code": "NL", "city": "Utrecht", "region": "Netherlands"},
            "data": None,
        },
        "tags": [{"key": key, "value": value} for key, value in _tags(number).items()],
        "contexts": {
            "os": {"type": "os", "name": "Linux", "version": "6.1"},
            "runtime": {"type": "runtime", "name": "CPython", "version": "3.12.4"},
            "trace": {"type": "trace", "trace_id": event_id[::-1], "span_id": event_id[:16], "op": "http.server"},
        },
        "context": {"attempt": number % 4, "shard": f"shard-{number % 16}"},
        "packages": {"shop-kit": "4.1.0", "ledger": "2.0.3"},
        "sdk": {"name": "sentry.python.django", "version": "2.20.0"},
        "entries": [_exception(random, issue), _breadcrumbs(number), _request(number)],
        "metadata": issue["metadata"],
        "errors": [],
        "occurrence": None,
        "crashFile": None,
        "_meta": {"entries": {}, "message": None, "user": None, "contexts": None, "tags": {}},
        "fingerprints": [event_id[:16] * 2],
        "groupingConfig": {"id": "benchmark:1", "enhancements": ""},
        "release": None,
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
        "nextEventID": None,
        "previousEventID": event_id[::-1],
    }


def _exception(random: Random, issue: Body) -> Body:
    value = {
        "type": issue["metadata"]["type"],
        "value": issue["metadata"]["value"],
        "mechanism": {"type": "django", "handled": not issue["isUnhandled"], "synthetic": False, "data": {}},
        "threadId": None,
        "module": "builtins",
        "stacktrace": {
            "frames": [_frame(random, index) for index in range(FRAMES)],
            "framesOmitted": None,
            "registers": None,
            "hasSystemFrames": True,
        },
        "rawStacktrace": None,
    }
    return {"type": "exception", "data": {"values": [value], "hasSystemFrames": True, "excOmitted": None}}


def _frame(random: Random, index: int) -> Body:
    word, line = random.choice(WORDS), random.randrange(20, 900)
    is_app = index % 3 == 0
    return {
        "filename": f"{word}/views/page_{index}.py",
        "absPath": f"/srv/app/{word}/views/page_{index}.py",
        "module": f"{word}.views.page_{index}",
        "package": None,
        "platform": None,
        "instructionAddr": None,
        "symbolAddr": None,
        "function": f"load_{word}_{index}",
        "rawFunction": None,
        "symbol": None,
        "context": [[line + shift, f"    {word}_{shift} = loaded[{shift}]"] for shift in range(3)],
        "lineNo": line + 1,
        "colNo": None,
        "inApp": is_app,
        "trust": None,
        "errors": None,
        "lock": None,
        "sourceLink": None,
        "vars": {word: f"'{word}'", "size": str(line)} if is_app else None,
    }


def _breadcrumbs(number: int) -> Body:
    crumbs = [
        {
            "timestamp": format_time(NOW - timedelta(minutes=number, seconds=3 * (BREADCRUMBS - index))),
            "type": "http",
            "category": "httplib",
            "level": "info",
            "message": f"GET /internal/{WORDS[index % len(WORDS)]}",
            "data": {"status_code": 200, "reason": "OK"},
            "event_id": None,
        }
        for index in range(BREADCRUMBS)
    ]
    return {"type": "breadcrumbs", "data": {"values": crumbs}}


def _tags(number: int) -> Mapping[str, str]:
    return {
        "level": "error",
        "environment": "production",
        "release": f"service@1.{number % 9}.0",
        "browser.name": "Firefox",
        "server_name": f"web-{number % 12}",
        "url": f"https://shop.example/items/{number}",
        "handled": "yes",
        "transaction": "/items/{id}",
    }


def _request(number: int) -> Body:
    return {
        "type": "request",
        "data": {
            "apiTarget": None,
            "method": "GET",
            "url": f"https://shop.example/items/{number}",
            "query": [["page", str(number % 9)], ["lang", "en"]],
            "fragment": None,
            "data": None,
            "headers": [["Accept", "text/html"], ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"]],
            "cookies": [],
            "env": {"SERVER_NAME": f"web-{number % 12}", "SERVER_PORT": "443"},
            "inferredContentType": None,
        },
    }
