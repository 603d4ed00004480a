"""Endpoints of events and of the queries over them (Discover)."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import AccessLevel, by_path, by_query

LIST = Endpoint(
    "events.list",
    "GET",
    "/projects/{organization}/{project}/events/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
)
DETAIL = Endpoint(
    "events.detail",
    "GET",
    "/projects/{organization}/{project}/events/{event}/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.IMMUTABLE,
    has_event_bodies=True,
)
ATTACHMENTS = Endpoint(
    "events.attachments",
    "GET",
    "/projects/{organization}/{project}/events/{event}/attachments/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
)
ATTACHMENT = Endpoint(
    "events.attachment",
    "GET",
    "/projects/{organization}/{project}/events/{event}/attachments/{attachment}/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
SOURCE_MAP_DEBUG = Endpoint(
    "events.source_map_debug",
    "GET",
    "/projects/{organization}/{project}/events/{event}/source-map-debug/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
SOURCE_LINK = Endpoint(
    "events.source_link",
    "GET",
    "/projects/{organization}/{project}/stacktrace-link/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    source=Source.OBSERVED,
    lifetime=Lifetime.STABLE,
)
COMMITTERS = Endpoint(
    "events.committers",
    "GET",
    "/projects/{organization}/{project}/events/{event}/committers/",
    ("event:admin", "event:read", "event:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    source=Source.OBSERVED,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
    envelope=("committers",),
)
DISCOVER = Endpoint(
    "events.discover",
    "GET",
    "/organizations/{organization}/events/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    tags=("spans/{organization}",),
    envelope=("data",),
)
TIME_SERIES = Endpoint(
    "events.time_series",
    "GET",
    "/organizations/{organization}/events-timeseries/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
)
STATS = Endpoint(
    "events.stats",
    "GET",
    "/organizations/{organization}/events-stats/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
)
TAGS = Endpoint(
    "events.tags",
    "GET",
    "/organizations/{organization}/tags/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
