"""Our own word where the published documents leave the heart open; written from what is known of Sentry.

The dialect is the documents' own (OpenAPI 3.0), so the same judge serves all three classes.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
HEX_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
OPEN: Schema = {"type": "object"}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    return schema | {"nullable": True}


def many(item: Schema) -> Schema:
    """A list of so many."""
    return {"type": "array", "items": item}


def one_of(*values: str) -> Schema:
    """Text out of a closed list."""
    return {"type": "string", "enum": list(values)}


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object with these members; the search for unknown keys refuses any other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def mapping(value: Schema) -> Schema:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": value}


PAIRS = many({"type": "array", "minItems": 2, "maxItems": 2})
SERIES = many({"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2})

FRAME = record(
    {"filename": nullable(TEXT), "function": nullable(TEXT), "inApp": FLAG, "context": PAIRS},
    {name: nullable(TEXT) for name in ("absPath", "module", "package", "platform", "rawFunction", "symbol")}
    | {name: nullable(TEXT) for name in ("instructionAddr", "symbolAddr", "trust", "sourceLink")}
    | {"lineNo": nullable(WHOLE), "colNo": nullable(WHOLE), "errors": nullable(ANYTHING)}
    | {"lock": nullable(OPEN), "vars": nullable(OPEN)},
)
STACKTRACE = record(
    {"frames": many(FRAME)},
    {"framesOmitted": nullable(ANYTHING), "registers": nullable(OPEN), "hasSystemFrames": FLAG},
)
EXCEPTION = record(
    {
        "type": nullable(TEXT),
        "value": nullable(TEXT),
        "mechanism": nullable(OPEN),
        "stacktrace": nullable(STACKTRACE),
    },
    {"threadId": nullable(ANYTHING), "module": nullable(TEXT), "rawStacktrace": nullable(STACKTRACE)},
)
BREADCRUMB = record(
    {
        "timestamp": nullable(INSTANT),
        "type": TEXT,
        "category": nullable(TEXT),
        "level": TEXT,
        "message": nullable(TEXT),
        "data": nullable(OPEN),
    },
    {"event_id": nullable(HEX_ID)},
)
SPAN = record(
    {"span_id": TEXT, "start_timestamp": NUMBER, "timestamp": NUMBER},
    {name: nullable(TEXT) for name in ("trace_id", "parent_span_id", "op", "description", "status", "hash")}
    | {"data": nullable(OPEN), "tags": nullable(OPEN)},
)
THREAD = record(
    {"id": ANYTHING, "crashed": FLAG, "current": FLAG, "name": nullable(TEXT)},
    {
        "stacktrace": nullable(STACKTRACE),
        "rawStacktrace": nullable(STACKTRACE),
        "state": nullable(TEXT),
        "heldLocks": nullable(OPEN),
    },
)

# What stands in `data` of one item of an event's `entries`, by its `type`.
ENTRIES: Mapping[str, Schema] = {
    "exception": record({"values": many(EXCEPTION)}, {"hasSystemFrames": FLAG, "excOmitted": nullable(ANYTHING)}),
    "message": record({"formatted": nullable(TEXT)}, {"message": nullable(TEXT), "params": ANYTHING}),
    "breadcrumbs": record({"values": many(BREADCRUMB)}),
    "request": record(
        {"method": nullable(TEXT), "url": TEXT, "query": PAIRS, "headers": PAIRS},
        {"apiTarget": nullable(TEXT), "fragment": nullable(TEXT), "data": ANYTHING, "cookies": PAIRS}
        | {"env": nullable(OPEN), "inferredContentType": nullable(TEXT)},
    ),
    "stacktrace": STACKTRACE,
    "template": OPEN,
    "threads": record({"values": many(THREAD)}),
    "debugmeta": record({"images": many(OPEN)}, {"sdk_info": nullable(OPEN)}),
    "csp": OPEN,
    "expectct": OPEN,
    "expectstaple": OPEN,
    "hpkp": OPEN,
    "spans": many(SPAN),
    "resources": OPEN,
}

# What stands under one name of an event's `contexts`; a name that is missing here is an open object
# that still tells its type.
CONTEXTS: Mapping[str, Schema] = {
    "trace": {"type": "object", "required": ["trace_id", "span_id", "type"]},
    "replay": {"type": "object", "required": ["replay_id", "type"]},
    "flags": record({"values": many(record({"flag": TEXT, "result": ANYTHING}))}, {"type": one_of("flags")}),
}
CONTEXT: Schema = {"type": "object", "required": ["type"]}

OCCURRENCE = record(
    {"id": TEXT, "projectId": WHOLE, "eventId": HEX_ID, "fingerprint": many(TEXT), "issueTitle": TEXT}
    | {"subtitle": TEXT, "evidenceData": OPEN, "type": WHOLE, "detectionTime": {"type": ["string", "number"]}}
    | {"evidenceDisplay": many(record({"name": TEXT, "value": TEXT, "important": FLAG}))},
    {"resourceId": nullable(TEXT), "level": nullable(TEXT), "culprit": nullable(TEXT)}
    | {"assignee": ANYTHING, "priority": nullable(ANYTHING)},
)

ACTIVITY_TYPES = (
    "note auto_set_ongoing set_resolved set_resolved_by_age set_resolved_in_release set_resolved_in_commit "
    "set_resolved_in_pull_request set_unresolved set_regression set_escalating set_ignored set_public "
    "set_private set_priority assigned unassigned merge unmerge_source unmerge_destination first_seen "
    "create_issue referenced_in_commit deleted_attachment"
)
ACTIVITY = record(
    {"id": TEXT, "user": nullable(OPEN), "type": one_of(*ACTIVITY_TYPES.split()), "data": OPEN, "dateCreated": INSTANT},
    {"sentry_app": nullable(OPEN)},
)

# A refusal says `detail`: a sentence, a list of sentences, or a code with its message.
STRUCTURED = record({"code": TEXT, "message": nullable(TEXT)}, {"extra": OPEN})
DETAIL = record({"detail": {"anyOf": [TEXT, many(TEXT), STRUCTURED]}})
FIELD_ERRORS = mapping({"anyOf": [many(TEXT), mapping(many(TEXT))]})
GONE = record({"message": TEXT})
MOVED = record({"slug": TEXT, "detail": STRUCTURED})

SCALAR: Schema = {"type": ["string", "number", "boolean", "null", "array"]}
DISCOVER_TYPES = one_of(
    "string", "integer", "number", "date", "boolean", "duration", "percentage", "size", "rate", "array"
)
DISCOVER_META = record(
    {"fields": mapping(DISCOVER_TYPES), "units": mapping(nullable(TEXT)), "dataset": TEXT},
    {"isMetricsData": FLAG, "isMetricsExtractedData": FLAG, "tips": OPEN, "datasetReason": TEXT}
    | {"dataScanned": TEXT, "accuracy": OPEN},
)
DISCOVER = record({"data": many(mapping(SCALAR)), "meta": DISCOVER_META})

# The shape in which events are taken in; webhooks carry it too, with a few addresses more. Every key may be missing.
INGESTED_EVENT = record(
    {"event_id": HEX_ID},
    {
        name: nullable(TEXT)
        for name in ("release", "dist", "platform", "message", "title", "type", "location", "culprit")
    }
    | {name: nullable(TEXT) for name in ("level", "logger", "environment", "key_id", "version", "transaction")}
    | {name: nullable(NUMBER) for name in ("timestamp", "received", "time_spent", "_ref", "_ref_version")}
    | {name: nullable(OPEN) for name in ("metadata", "user", "request", "contexts", "sdk", "extra", "modules")}
    | {name: nullable(OPEN) for name in ("grouping_config", "_metrics", "exception", "breadcrumbs", "occurrence")}
    | {"project": WHOLE, "datetime": INSTANT, "fingerprint": many(TEXT), "hashes": many(TEXT), "tags": PAIRS}
    | dict.fromkeys(("url", "web_url", "issue_url", "issue_id"), TEXT),
)

ACTOR = record({"type": one_of("user", "application"), "id": {"type": ["string", "integer"]}, "name": TEXT})
WEBHOOK = record({"action": TEXT, "installation": record({"uuid": TEXT}), "data": OPEN, "actor": ACTOR})
