"""JSON of events: list items, details and the payload of webhooks."""

from bisect import bisect_left

from dexter_graphql.sandbox.serializers.embedded_releases import serialize_embedded_release
from dexter_graphql.sandbox.serializers.entries import serialize_entries, serialize_ingested_exception
from dexter_graphql.sandbox.serializers.issues import build_web_url, serialize_metadata
from dexter_graphql.sandbox.world.event_attributes import (
    get_browser,
    get_device,
    get_end_user,
    get_flags,
    get_language,
    get_os,
    get_replay_id,
    get_span_id,
    get_tags,
    get_trace_id,
)
from dexter_graphql.sandbox.world.model import Event, Feedback, Organization
from dexter_graphql.sandbox.world.state import World

_OCCURRENCE_TYPES = {
    "performance_n_plus_one_db_queries": 1006,
    "performance_slow_db_query": 1001,
    "performance_consecutive_http": 1009,
    "performance_render_blocking_asset_span": 1004,
    "uptime_domain_failure": 7001,
    "monitor_check_in_failure": 4001,
    "metric_issue": 8001,
    "feedback": 6001,
}


def serialize_list_item(event: Event) -> dict[str, object]:
    """An event in a list: `message` is the text that is searched, and times have no fractions.

    The key `event.type` contains a dot.
    """
    issue = event.issue
    return {
        "id": event.id,
        "event.type": issue.kind,
        "groupID": issue.id,
        "eventID": event.id,
        "projectID": issue.project.id,
        "message": issue.title,
        "title": issue.title,
        "location": issue.culprit.partition(" in ")[0],
        "culprit": issue.culprit,
        "user": _minimal_user(event),
        "tags": _tags(event),
        "platform": issue.project.platform,
        "dateCreated": event.time.replace(microsecond=0),
        "crashFile": None,
        "metadata": serialize_metadata(issue),
    }


def serialize_event(event: Event) -> dict[str, object]:
    """An event as returned by `eventids` and by lists with `full=true`."""
    issue, language = event.issue, get_language(event)
    body: dict[str, object] = {
        "id": event.id,
        "eventID": event.id,
        "groupID": issue.id,
        "projectID": issue.project.id,
        "title": issue.title,
        "message": _message(event),
        "location": issue.culprit.partition(" in ")[0],
        "culprit": issue.culprit,
        "type": issue.kind,
        "platform": issue.project.platform,
        "dist": None,
        "size": 4000 + event.variant % 9000,
        "dateCreated": event.time,
        "dateReceived": event.time,
        "user": _user(event),
        "tags": _tags(event),
        "contexts": serialize_contexts(event),
        "context": {"attempt": event.variant % 4},
        "packages": {"shop-kit": "4.1.0"},
        "sdk": {"name": language.sdk, "version": language.sdk_version},
        "entries": serialize_entries(event),
        "metadata": serialize_metadata(issue),
        "errors": _errors(event),
        "occurrence": serialize_occurrence(event),
        "crashFile": None,
        "_meta": {"entries": {}, "message": None, "user": None, "contexts": None, "tags": {}},
    }
    if issue.kind == "transaction":
        return body | _timings(event)
    return body | {
        "fingerprints": list(issue.hashes),
        "groupingConfig": {"id": "newstyle:2023-01-11", "enhancements": "eJybzDRxY3J-bm5-npWRgaGlroGxrpHxBABcYgcZ"},
    }


def serialize_event_detail(event: Event) -> dict[str, object]:
    """An event with its neighbours, release, user report and resolutions."""
    events = event.issue.events
    index = bisect_left(events, event.at, key=lambda other: other.at)
    while events[index] is not event:
        index += 1
    report = next((f for f in event.issue.feedback if f.event is event), None)
    return serialize_event(event) | {
        "release": serialize_embedded_release(event.release) if event.release else None,
        "userReport": serialize_user_report(report) if report else None,
        "sdkUpdates": [],
        "resolvedWith": _resolved_with(event),
        "nextEventID": events[index + 1].id if index + 1 < len(events) else None,
        "previousEventID": events[index - 1].id if index else None,
    }


def serialize_user_report(report: Feedback) -> dict[str, object]:
    """A user report embedded in an event."""
    return {
        "id": report.id,
        "eventID": report.event.id,
        "name": report.name,
        "email": report.email,
        "comments": report.comments,
        "dateCreated": report.date_created,
        "user": None,
        "event": {"id": report.event.id, "eventID": report.event.id},
    }


def serialize_contexts(event: Event) -> dict[str, object]:
    """The contexts of an event by name."""
    language, (system, system_version) = get_language(event), get_os(event)
    contexts: dict[str, object] = {
        "os": {"type": "os", "name": system, "version": system_version},
        "runtime": {"type": "runtime", "name": language.runtime, "version": language.runtime_version},
        "trace": {
            "type": "trace",
            "trace_id": get_trace_id(event),
            "span_id": get_span_id(event),
            "op": "http.server",
            "status": "internal_error" if event.issue.is_error else "ok",
        },
        "flags": {
            "type": "flags",
            "values": [{"flag": name, "result": state} for name, state in get_flags(event).items()],
        },
    }
    if event.issue.project.language == "javascript":
        name, version = get_browser(event)
        contexts["browser"] = {"type": "browser", "name": name, "version": version}
        contexts["device"] = {"type": "device", "model": get_device(event), "family": get_device(event).split()[0]}
    replay = get_replay_id(event)
    if replay:
        contexts["replay"] = {"type": "replay", "replay_id": replay}
    if event.issue.kind == "feedback":
        contexts["feedback"] = {"type": "default", "message": event.issue.value, "contact_email": None, "name": None}
    return contexts


def serialize_occurrence(event: Event) -> dict[str, object] | None:
    """The occurrence behind an issue that is not an error; None for errors."""
    issue = event.issue
    if issue.is_error:
        return None
    return {
        "id": event.id[::-1],
        "projectId": int(issue.project.id),
        "eventId": event.id,
        "fingerprint": list(issue.hashes),
        "issueTitle": issue.title,
        "subtitle": issue.value,
        "resourceId": None,
        "evidenceData": {"transactionName": issue.transaction, "op": "db"},
        "evidenceDisplay": [{"name": "Evidence", "value": issue.value, "important": True}],
        "type": _OCCURRENCE_TYPES[issue.issue_type],
        "detectionTime": event.at,
        "level": issue.level,
        "culprit": issue.culprit,
        "assignee": None,
        "priority": {"low": 25, "medium": 50, "high": 75}[issue.priority],
    }


def serialize_webhook_event(world: World, organization: Organization, event: Event) -> dict[str, object]:
    """An event in the snake_case shape of webhooks."""
    issue, language = event.issue, get_language(event)
    api = f"{world.url}/api/0/organizations/{organization.slug}/issues/{issue.id}"
    page = build_web_url(world, organization, issue)
    return {
        "event_id": event.id,
        "project": int(issue.project.id),
        "release": event.release.version if event.release else None,
        "dist": None,
        "platform": issue.project.platform,
        "message": _message(event),
        "title": issue.title,
        "type": issue.kind,
        "location": issue.culprit.partition(" in ")[0],
        "culprit": issue.culprit,
        "level": issue.level,
        "logger": "",
        "timestamp": event.at,
        "received": event.at,
        "datetime": event.time,
        "environment": event.environment,
        "fingerprint": ["{{ default }}"],
        "hashes": list(issue.hashes),
        "metadata": serialize_metadata(issue),
        "tags": [[key, value] for key, value in get_tags(event).items()],
        "user": _user(event),
        "contexts": serialize_contexts(event),
        **({"exception": serialize_ingested_exception(event)} if issue.is_error else {}),
        "sdk": {"name": language.sdk, "version": language.sdk_version},
        "url": f"{world.url}/api/0/projects/{organization.slug}/{issue.project.slug}/events/{event.id}/",
        "web_url": f"{page}events/{event.id}/",
        "issue_url": f"{api}/",
        "issue_id": issue.id,
    }


def _message(event: Event) -> str:
    return event.issue.title if event.issue.number % 10 == 0 else event.issue.value


def _minimal_user(event: Event) -> dict[str, object] | None:
    """The user in lists, with identifiers alone."""
    user = _user(event)
    return user and user | {"name": None, "geo": None, "data": None}


def _user(event: Event) -> dict[str, object] | None:
    end_user = get_end_user(event)
    if end_user is None:
        return None
    return {
        "id": end_user.id,
        "email": end_user.email,
        "username": end_user.username,
        "ip_address": end_user.ip_address,
        "name": None,
        "geo": {"country_code": end_user.country, "city": end_user.city},
        "data": None,
    }


def _tags(event: Event) -> list[dict[str, object]]:
    tags: list[dict[str, object]] = [{"key": key, "value": value} for key, value in get_tags(event).items()]
    for tag in tags:
        if tag["key"] == "user":
            tag["query"] = f'user:"{tag["value"]}"'
    return tags


def _errors(event: Event) -> list[dict[str, object]]:
    if event.issue.project.language == "javascript" and event.variant % 10 == 0:
        return [{"type": "js_no_source", "message": "Source code was not found", "data": {"url": "~/static/app.js"}}]
    return []


def _timings(event: Event) -> dict[str, object]:
    duration = 0.2 + event.variant % 3000 / 1000
    return {
        "startTimestamp": event.at - duration,
        "endTimestamp": event.at,
        "measurements": {"lcp": {"value": duration * 900, "unit": "millisecond"}},
        "breakdowns": {"span_ops": {"ops.db": {"value": duration * 400, "unit": "millisecond"}}},
    }


def _resolved_with(event: Event) -> list[str]:
    if event.issue.status == "resolved" and event.issue.number % 2 == 0:
        return ["Upgrade the client library", "Retry with a longer deadline"]
    return []
