"""Bodies in Sentry's format with fixed values, served by the benchmark's upstream."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Final

from benchmarks.event_bodies import event_detail
from benchmarks.values import NOW, WEB, WORDS, Body, epoch, format_time

SEED: Final = 20
PROJECTS: Final = 8
ISSUES: Final = 100
ACTIVITIES: Final = 12
HOURS: Final = 24
KINDS: Final = ("KeyError", "TimeoutError", "ValueError", "ConnectionError", "PermissionError")
NAMES: Final = ("Ada Okafor", "Bruno Lind", "Chen Wei", "Dana Ruiz", "Elif Kaya")
PLATFORMS: Final = ("python", "javascript", "ruby", "go")


class World:
    """Issues, their projects and their latest events, by number; the same for every organization."""

    def __init__(self) -> None:
        self._random = Random(SEED)
        self.projects = [self._project(number) for number in range(PROJECTS)]
        self.issues = [self._issue(number) for number in range(ISSUES)]
        self.events = [event_detail(self._random, number, issue) for number, issue in enumerate(self.issues)]

    def project_detail(self, number: int) -> Body:
        """A project with the members of its detail."""
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
        """An issue with its activity."""
        days = [[epoch(NOW - timedelta(days=29 - day)), (number * 7 + day) % 90] for day in range(30)]
        return self.issues[number] | {
            "stats": {"24h": self.issues[number]["stats"]["24h"], "30d": days},
            "activity": [self._activity(number, index) for index in range(ACTIVITIES)],
            "seenBy": [_user(index) for index in range(2)],
            "participants": [_user(index) for index in range(2)],
            "userReportCount": 0,
            "firstRelease": None,
            "lastRelease": None,
            "pluginActions": [],
            "pluginIssues": [],
            "pluginContexts": [],
            "tags": [],
        }

    def short_event(self, number: int) -> Body:
        """The latest event of an issue with only the members that every event has, about as long as an error."""
        names = ("id", "eventID", "groupID", "projectID", "title", "message", "dateCreated")
        return {name: self.events[number][name] for name in names}

    def discover(self, dataset: str, fields: Iterable[str], numbers: Iterable[int]) -> Body:
        """Rows of Discover for the latest events of these issues; only the dataset `errors` has rows."""
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
        return {field: known[field] for field in fields}

    def _project(self, number: int) -> Body:
        name = f"{WORDS[number]}-service"
        return {
            "id": str(4500 + number),
            "slug": name,
            "name": name.replace("-", " ").title(),
            "platform": PLATFORMS[number % len(PLATFORMS)],
            "dateCreated": format_time(NOW - timedelta(days=400 + number)),
            "isBookmarked": number % 3 == 0,
            "isMember": True,
            "hasAccess": True,
            "access": ["event:read", "project:read", "org:read", "team:read", "project:releases"],
            "features": ["alert-filters", "minidump", "similarity-view", "releases"],
            "firstEvent": format_time(NOW - timedelta(days=399)),
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
            "firstSeen": format_time(first),
            "lastSeen": format_time(last),
        }
        hours = [epoch(NOW - timedelta(hours=HOURS - 1 - hour)) for hour in range(HOURS)]
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

    def _activity(self, number: int, index: int) -> Body:
        kinds = ("set_resolved", "set_unresolved", "assigned", "note", "set_regression", "first_seen")
        return {
            "id": str(number * 100 + index),
            "type": kinds[index % len(kinds)],
            "dateCreated": format_time(NOW - timedelta(hours=index, minutes=number)),
            "user": _user(index) if index % 3 else None,
            "data": {"assignee": "7", "assigneeType": "user"} if index % 3 else {},
        }


def organization(number: int, slug: str) -> Body:
    """An organization as the list of organizations and its bare detail have it."""
    return {
        "id": str(number),
        "slug": slug,
        "name": slug.title(),
        "status": {"id": "active", "name": "active"},
        "dateCreated": format_time(NOW - timedelta(days=900)),
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
