"""Our own word about operations that no document describes, by the path of the GET without parameter names."""

from collections.abc import Mapping
from types import MappingProxyType

from own_schemas import (
    ACTIVITY,
    DISCOVER_META,
    FLAG,
    INGESTED_EVENT,
    INSTANT,
    NUMBER,
    OPEN,
    SERIES,
    TEXT,
    WHOLE,
    Schema,
    many,
    mapping,
    nullable,
    one_of,
    record,
)

TAG_VALUE = record(
    {"name": TEXT, "value": nullable(TEXT), "count": WHOLE, "lastSeen": INSTANT, "firstSeen": INSTANT},
    {"key": TEXT, "query": nullable(TEXT)},
)
TAG = record(
    {"key": TEXT, "name": TEXT, "totalValues": WHOLE},
    {"uniqueValues": nullable(WHOLE), "topValues": nullable(many(TAG_VALUE))},
)
ISSUE_COUNTS = record(
    {"id": TEXT},
    {"count": TEXT, "userCount": WHOLE, "firstSeen": nullable(INSTANT), "lastSeen": nullable(INSTANT)}
    | {"stats": mapping(SERIES), "isUnhandled": FLAG, "filtered": nullable(OPEN), "lifetime": nullable(OPEN)}
    | {"sessionCount": nullable(WHOLE), "inbox": nullable(OPEN), "owners": nullable(many(OPEN))},
)
EVENT_STATS = record(
    {
        "data": many({"type": "array", "minItems": 2, "maxItems": 2}),
        "start": WHOLE,
        "end": WHOLE,
        "isMetricsData": FLAG,
        "meta": DISCOVER_META,
    }
)
COMMIT_FILE = record(
    {
        "id": TEXT,
        "orgId": WHOLE,
        "author": OPEN,
        "commitMessage": TEXT,
        "filename": TEXT,
        "type": TEXT,
        "repoName": TEXT,
    }
)
SUSPECT_COMMIT = record(
    {"id": TEXT, "message": nullable(TEXT), "dateCreated": INSTANT, "pullRequest": nullable(OPEN)}
    | {"suspectCommitType": TEXT},
    {"repository": OPEN, "score": WHOLE},
)
USER = record(
    {"id": TEXT, "name": TEXT, "username": TEXT, "email": TEXT, "avatarUrl": TEXT, "isActive": FLAG},
    {"isSuspended": FLAG, "hasPasswordAuth": FLAG, "isManaged": FLAG, "has2fa": FLAG, "dateJoined": INSTANT}
    | {"lastLogin": nullable(INSTANT), "lastActive": nullable(INSTANT), "isSuperuser": FLAG, "isStaff": FLAG}
    | {"experiments": OPEN, "emails": many(OPEN), "avatar": OPEN},
)
USER_REPORT = record(
    {"id": TEXT, "eventID": TEXT, "name": TEXT, "email": TEXT, "comments": TEXT, "dateCreated": INSTANT}
    | {"user": nullable(OPEN), "event": OPEN, "issue": nullable(OPEN)}
)
ATTACHMENT = record(
    {"id": TEXT, "name": TEXT, "type": TEXT, "size": WHOLE, "mimetype": TEXT, "dateCreated": INSTANT, "event_id": TEXT},
    {"headers": nullable(OPEN), "sha1": nullable(TEXT)},
)
TICKET = record(
    {"id": TEXT, "key": TEXT, "url": TEXT, "title": nullable(TEXT), "description": nullable(TEXT), "displayName": TEXT}
)
ISSUE_INTEGRATION = record(
    {"id": TEXT, "name": TEXT, "icon": nullable(TEXT), "domainName": nullable(TEXT), "accountType": nullable(TEXT)}
    | {"scopes": nullable(many(TEXT)), "status": TEXT, "provider": OPEN, "externalIssues": many(TICKET)}
)

CHOICES = many(many(TEXT))
APP_FIELD = record({"name": TEXT, "type": TEXT, "label": TEXT}, {"options": CHOICES, "uri": TEXT, "defaultValue": TEXT})
APP_FORM = record({"uri": TEXT}, {"required_fields": many(APP_FIELD), "optional_fields": many(APP_FIELD)})
APP_COMPONENT = record(
    {
        "uuid": TEXT,
        "type": TEXT,
        "schema": record({"type": TEXT}, {"create": APP_FORM, "link": APP_FORM}),
        "error": TEXT,
        "installationUuid": TEXT,
        "sentryApp": record({"uuid": TEXT, "slug": TEXT, "name": TEXT, "avatars": many(OPEN)}),
    }
)
FLAG_CHANGE = record(
    {"id": WHOLE, "action": one_of("created", "updated", "deleted"), "createdAt": INSTANT, "flag": TEXT, "tags": OPEN}
    | {
        "createdBy": nullable(TEXT),
        "createdByType": nullable(one_of("email", "id", "name")),
        "provider": nullable(TEXT),
    }
)

TRACE_METRIC = record(
    {"name": TEXT, "type": one_of("counter", "gauge", "distribution"), "unit": nullable(TEXT), "count": WHOLE}
    | {"lastSeen": nullable(NUMBER)},
    {"context": record({}, {"brief": TEXT, "additionalContext": TEXT})},
)
CONVERSATION = record(
    dict.fromkeys(("conversationId", "webUrl"), TEXT)
    | {name: nullable(TEXT) for name in ("title", "firstInput", "lastOutput")}
    | dict.fromkeys(("errors", "llmCalls", "toolCalls", "toolErrors", "traceCount"), WHOLE)
    | dict.fromkeys(("inputTokens", "outputTokens", "totalTokens", "startTimestamp", "endTimestamp"), WHOLE)
    | dict.fromkeys(("totalCost", "generationDuration"), NUMBER)
    | {name: many(TEXT) for name in ("flow", "toolNames", "traceIds")}
    | {"projectId": nullable(WHOLE), "projects": many(OPEN)}
    | {"user": nullable(record({name: nullable(TEXT) for name in ("id", "email", "username", "ip_address")}))},
)
BUCKET = record(
    {"type": TEXT, "category": TEXT, "outcome": TEXT, "reason": TEXT, "start": NUMBER, "end": NUMBER, "count": NUMBER}
)
AVAILABLE_ACTION = record(
    {"type": TEXT, "handlerGroup": TEXT, "configSchema": OPEN, "dataSchema": OPEN},
    {
        "integrations": many(
            record({"id": TEXT, "name": TEXT}, {"services": many(record({"id": TEXT, "name": TEXT}))})
        ),
        "services": many(record({"slug": TEXT, "name": TEXT})),
        "sentryApp": record(
            dict.fromkeys(("id", "name", "installationId", "installationUuid"), TEXT) | {"status": WHOLE}
        ),
    },
)

ISSUE_VIEW = record(
    dict.fromkeys(("id", "name", "query", "querySort"), TEXT)
    | {"projects": many(WHOLE), "environments": many(TEXT), "timeFilters": OPEN, "lastVisited": nullable(INSTANT)}
    | {"dateCreated": INSTANT, "dateUpdated": INSTANT, "createdBy": nullable(OPEN), "starred": FLAG, "stars": WHOLE}
)

OWN_ANSWERS: Mapping[str, Schema] = MappingProxyType(
    {
        "/": record({"version": TEXT}, {"auth": nullable(OPEN), "user": nullable(OPEN)}),
        "/users/me/regions/": record({"regions": many(record({"name": TEXT, "url": TEXT}))}),
        "/users/{}/": USER,
        "/organizations/{}/group-search-views/": many(ISSUE_VIEW),
        "/organizations/{}/issues-count/": mapping(WHOLE),
        "/organizations/{}/issues-stats/": many(ISSUE_COUNTS),
        "/organizations/{}/issues/{}/activities/": record({"activity": many(ACTIVITY)}),
        "/organizations/{}/issues/{}/attachments/": many(ATTACHMENT),
        "/organizations/{}/issues/{}/first-last-release/": record(
            {"firstRelease": nullable(OPEN), "lastRelease": nullable(OPEN)}
        ),
        "/organizations/{}/issues/{}/integrations/": many(ISSUE_INTEGRATION),
        "/organizations/{}/issues/{}/notes/": many(ACTIVITY),
        "/organizations/{}/issues/{}/similar/": many({"type": "array", "items": OPEN, "minItems": 2, "maxItems": 2}),
        "/organizations/{}/issues/{}/stats/": SERIES,
        "/organizations/{}/issues/{}/tags/": many(TAG),
        "/organizations/{}/issues/{}/user-reports/": many(USER_REPORT),
        "/organizations/{}/available-actions/": many(AVAILABLE_ACTION),
        "/organizations/{}/events-meta/": record({"count": WHOLE}),
        "/organizations/{}/events-stats/": EVENT_STATS,
        "/organizations/{}/tags/{}/values/": many(TAG_VALUE),
        "/organizations/{}/sentry-app-components/": many(APP_COMPONENT),
        "/sentry-app-installations/{}/external-requests/": record({"choices": CHOICES, "defaultValue": TEXT}),
        "/organizations/{}/flags/logs/": record({"data": many(FLAG_CHANGE)}),
        "/organizations/{}/flags/logs/{}/": record({"data": FLAG_CHANGE}),
        "/organizations/{}/trace-items/metrics/": many(TRACE_METRIC),
        "/organizations/{}/agents/conversations/": many(CONVERSATION),
        "/organizations/{}/agents/conversations/{}/": record(
            {"conversationId": TEXT, "title": nullable(TEXT), "spans": many(OPEN)}, {"stats": OPEN}
        ),
        "/organizations/{}/events-dropped/": record(
            {
                "meta": record({"dataset": TEXT, "start": WHOLE, "end": WHOLE, "interval": WHOLE}),
                "droppedEvents": many(BUCKET),
                "acceptedEvents": many(BUCKET),
            }
        ),
        "/organizations/{}/releases/{}/commitfiles/": many(COMMIT_FILE),
        "/organizations/{}/releases/{}/resolved/": many({"type": "object", "required": ["id", "shortId", "status"]}),
        "/projects/{}/{}/releases/completion/": many(record({"step": TEXT, "complete": FLAG})),
        "/projects/{}/{}/events/{}/committers/": record(
            {"committers": many(record({"author": nullable(OPEN), "commits": many(SUSPECT_COMMIT)}))}
        ),
        "/projects/{}/{}/events/{}/json/": INGESTED_EVENT,
        "/projects/{}/{}/stacktrace-link/": record(
            {"config": nullable(OPEN), "sourceUrl": nullable(TEXT), "integrations": many(OPEN)},
            dict.fromkeys(("sourcePath", "attemptedUrl", "error"), nullable(TEXT)),
        ),
    }
)

# Undocumented forms of something that is documented under another path.
SAME_AS: Mapping[str, str] = MappingProxyType(
    {
        "/projects/{}/{}/releases/{}/": "/organizations/{}/releases/{}/",
    }
)
