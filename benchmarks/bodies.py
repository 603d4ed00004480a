"""Answers of Sentry's shape with values of our own, always the same: what the upstream of the benchmark serves."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

SEED: Final = 20
PROJECTS: Final = 8
ISSUES: Final = 100
FRAMES: Final = 10
BREADCRUMBS: Final = 12
ACTIVITIES: Final = 12
HOURS: Final = 24
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEB: Final = "https://sentry.example"
WORDS: Final = ("cart", "invoice", "session", "token", "queue", "report", "avatar", "search", "ledger", "webhook")
KINDS: Final = ("KeyError", "TimeoutError", "ValueError", "ConnectionError", "PermissionError")
NAMES: Final = ("Ada Okafor", "Bruno Lind", "Chen Wei", "Dana Ruiz", "Elif Kaya")
PLATFORMS: Final = ("python", "javascript", "ruby", "go")

Body = dict[str, Any]


class World:
    """Issues of one organization, their projects and events. Equal for every organization but for its name."""

    def __init__(self) -> None:
        self._random = Random(SEED)
        self.projects = [self._project(number) for number in range(PROJECTS)]
        self.issues = [self._issue(number) for number in range(ISSUES)]
        self.events = [self._event(number) for number in range(ISSUES)]

    def project_row(self, number: int) -> Body:
        """A project as lists of projects have it."""
        return self.projects[number]

    def project_detail(self, number: int) -> Body:
        """A project with what only its detail has."""
        return self.projects[number] | {
            "status": "active",
            "color": f"#3f70b{number}",
            "isInternal": False,
            "isPublic": False,
            "options": {f"sentry:option_{option}": option for option in range(30)},
            "digestsMinDelay": 300,
            "digestsMaxDelay": 1800,
            "subjectTemplate": "$shortID - $title",
            "allowedDomains": ["*"],
            "resolveAge": 0,
            "dataScrubber": True,
            "safeFields": [],
            "organization": {"id": "1", "slug": "acme", "name": "Acme"},
        }

    def issue_detail(self, number: int) -> Body:
        """An issue with its history."""
        days = [[_epoch(NOW - timedelta(days=29 - day)), (number * 7 + day) % 90] for day in range(30)]
        return self.issues[number] | {
            "stats": {"24h": self.issues[number]["stats"]["24h"], "30d": days},
            "activity": [self._activity(number, place) for place in range(ACTIVITIES)],
            "seenBy": [_user(place) for place in range(2)],
            "participants": [_user(place) for place in range(2)],
            "userReportCount": 0,
            "firstRelease": None,
            "lastRelease": None,
            "pluginActions": [],
            "pluginIssues": [],
            "pluginContexts": [],
            "tags": [],
        }

    def event(self, number: int) -> Body:
        """The newest event of an issue, whole."""
        return self.events[number]

    def short_event(self, number: int) -> Body:
        """The same with the members that every event has, about as long as a refusal."""
        names = ("id", "eventID", "groupID", "projectID", "title", "message", "dateCreated")
        return {name: self.events[number][name] for name in names}

    def discover(self, dataset: str, fields: Iterable[str], numbers: Iterable[int]) -> Body:
        """Rows of Discover for the newest events of these issues; errors are in the dataset `errors`."""
        fields = tuple(fields)
        rows = [self._row(number, fields) for number in numbers] if dataset == "errors" else []
        meta = {"fields": dict.fromkeys(fields, "string"), "units": {}, "dataset": dataset}
        return {"data": rows, "meta": meta}

    def _row(self, number: int, fields: Iterable[str]) -> Body:
        event = self.events[number]
        known = {
            "id": event["id"],
            "issue.id": int(event["groupID"]),
            "latest_event()": event["id"],
            "message": event["message"],
            "project.id": int(event["projectID"]),
            "timestamp": event["dateCreated"],
            "title": event["title"],
        }
        # Whatever is asked for, Sentry adds these two.
        return {field: known[field] for field in fields} | {"id": event["id"], "project.name": "service"}

    def _project(self, number: int) -> Body:
        name = f"{WORDS[number]}-service"
        return {
            "id": str(4500 + number),
            "slug": name,
            "name": name.replace("-", " ").title(),
            "platform": PLATFORMS[number % len(PLATFORMS)],
            "dateCreated": _time(NOW - timedelta(days=400 + number)),
            "isBookmarked": number % 3 == 0,
            "isMember": True,
            "hasAccess": True,
            "access": ["event:read", "project:read", "org:read", "team:read", "project:releases"],
            "features": ["alert-filters", "minidump", "similarity-view", "releases"],
            "firstEvent": _time(NOW - timedelta(days=399)),
            "firstTransactionEvent": True,
            "hasSessions": True,
            "hasReplays": False,
            "hasProfiles": False,
            "hasMonitors": number % 2 == 0,
            "hasMinifiedStackTrace": False,
            "hasNewFeedbacks": False,
            "hasLogs": True,
            "hasFlags": False,
            "platforms": [PLATFORMS[number % len(PLATFORMS)]],
            "team": {"id": str(80 + number), "slug": "core", "name": "core"},
            "teams": [{"id": str(80 + number), "slug": "core", "name": "core"}],
            "environments": ["production", "staging"],
            "latestRelease": {"version": f"{name}@1.{number}.0"},
        }

    def _issue(self, number: int) -> Body:
        project = self.projects[number % PROJECTS]
        kind, word, other = KINDS[number % len(KINDS)], self._random.choice(WORDS), self._random.choice(WORDS)
        first, last = NOW - timedelta(days=3 + number % 40, minutes=number), NOW - timedelta(minutes=number)
        counts = {
            "count": str(self._random.randrange(10, 90_000)),
            "userCount": self._random.randrange(0, 4000),
            "firstSeen": _time(first),
            "lastSeen": _time(last),
        }
        hours = [_epoch(NOW - timedelta(hours=HOURS - 1 - hour)) for hour in range(HOURS)]
        return {
            "id": str(7_100_000_000 + number),
            "shareId": None,
            "shortId": f"{WORDS[number % PROJECTS].upper()}-{number + 1}",
            "title": f"{kind}: could not load the {word} of the {other} within the time that was left",
            "culprit": f"{word}/views/{other}.py in load_{word}",
            "permalink": f"{WEB}/organizations/acme/issues/{7_100_000_000 + number}/",
            "logger": None if number % 3 else "app.request",
            "level": ("error", "fatal", "warning")[number % 3],
            "status": "resolved" if number % 9 == 0 else "unresolved",
            "statusDetails": {},
            "substatus": None if number % 9 == 0 else "ongoing",
            "isPublic": False,
            "platform": project["platform"],
            "project": {name: project[name] for name in ("id", "name", "slug", "platform")},
            "type": "error",
            "metadata": {
                "value": f"could not load the {word} of the {other} within the time that was left",
                "type": kind,
                "filename": f"{word}/views/{other}.py",
                "function": f"load_{word}",
                "in_app_frame_mix": "mixed",
                "sdk": {"name": "sentry.python.django", "name_normalized": "sentry.python"},
                "initial_priority": 75,
            },
            "numComments": number % 4,
            "assignedTo": None if number % 2 else {"type": "user"} | _user(number) | {"isActive": True},
            "isBookmarked": False,
            "isSubscribed": number % 2 == 0,
            "subscriptionDetails": {"reason": "changed_status"} if number % 2 == 0 else None,
            "hasSeen": number % 5 == 0,
            "annotations": [],
            "issueType": "error",
            "issueCategory": "error",
            "priority": ("high", "medium", "low")[number % 3],
            "priorityLockedAt": None,
            "seerFixabilityScore": round(self._random.random(), 6),
            "seerAutofixLastTriggered": None,
            "isUnhandled": number % 4 == 0,
            **counts,
            "stats": {"24h": [[hour, self._random.randrange(0, 900)] for hour in hours]},
            "lifetime": counts | {"stats": None},
            "filtered": None,
            "matchingEventId": None,
            "matchingEventEnvironment": None,
        }

    def _event(self, number: int) -> Body:
        issue = self.issues[number]
        event_id = f"{self._random.getrandbits(128):032x}"
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
            "entries": [self._exception(number), self._breadcrumbs(number), _request(number)],
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

    def _exception(self, number: int) -> Body:
        issue = self.issues[number]
        value = {
            "type": issue["metadata"]["type"],
            "value": issue["metadata"]["value"],
            "mechanism": {"type": "django", "handled": not issue["isUnhandled"], "synthetic": False, "data": {}},
            "threadId": None,
            "module": "builtins",
            "stacktrace": {
                "frames": [self._frame(place) for place in range(FRAMES)],
                "framesOmitted": None,
                "registers": None,
                "hasSystemFrames": True,
            },
            "rawStacktrace": None,
        }
        return {"type": "exception", "data": {"values": [value], "hasSystemFrames": True, "excOmitted": None}}

    def _frame(self, place: int) -> Body:
        word, line = self._random.choice(WORDS), self._random.randrange(20, 900)
        is_app = place % 3 == 0
        return {
            "filename": f"{word}/views/page_{place}.py",
            "absPath": f"/srv/app/{word}/views/page_{place}.py",
            "module": f"{word}.views.page_{place}",
            "package": None,
            "platform": None,
            "instructionAddr": None,
            "symbolAddr": None,
            "function": f"load_{word}_{place}",
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

    def _breadcrumbs(self, number: int) -> Body:
        crumbs = [
            {
                "timestamp": _time(NOW - timedelta(minutes=number, seconds=3 * (BREADCRUMBS - place))),
                "type": "http",
                "category": "httplib",
                "level": "info",
                "message": f"GET /internal/{WORDS[place % len(WORDS)]}",
                "data": {"status_code": 200, "reason": "OK"},
                "event_id": None,
            }
            for place in range(BREADCRUMBS)
        ]
        return {"type": "breadcrumbs", "data": {"values": crumbs}}

    def _activity(self, number: int, place: int) -> Body:
        kinds = ("set_resolved", "set_unresolved", "assigned", "note", "set_regression", "first_seen")
        return {
            "id": str(number * 100 + place),
            "type": kinds[place % len(kinds)],
            "dateCreated": _time(NOW - timedelta(hours=place, minutes=number)),
            "user": _user(place) if place % 3 else None,
            "data": {"assignee": "7", "assigneeType": "user"} if place % 3 else {},
        }


def organization(number: int, slug: str) -> Body:
    """An organization as the list of organizations and its bare detail have it."""
    return {
        "id": str(number),
        "slug": slug,
        "name": slug.title(),
        "status": {"id": "active", "name": "active"},
        "dateCreated": _time(NOW - timedelta(days=900)),
        "isEarlyAdopter": False,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "features": [],
        "links": {"organizationUrl": WEB, "regionUrl": ""},
        "hasAuthProvider": False,
    }


def _user(number: int) -> Body:
    name = NAMES[number % len(NAMES)]
    address = f"{name.split()[0].lower()}@example.org"
    return {
        "id": str(700 + number % len(NAMES)),
        "name": name,
        "username": address,
        "email": address,
        "avatarUrl": f"{WEB}/avatar/{number % len(NAMES)}.png",
    }


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


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
