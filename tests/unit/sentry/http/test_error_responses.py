"""Sentry's error responses in all their forms, and the error of the client for each."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dexter_graphql.sentry.errors import (
    BadRequest,
    BadResponse,
    ClientError,
    Conflict,
    FeatureUnavailable,
    Forbidden,
    Gone,
    InternalError,
    MissingRoute,
    Moved,
    NotFound,
    RateLimited,
    SentryError,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.http.error_responses import error_for, is_html
from support.upstream import EPOCH_S, a_call

NOW = datetime.fromtimestamp(EPOCH_S, UTC)
PERMISSION = "You do not have permission to perform this action."
WINDOW = "You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 seconds"
CONCURRENCY = "You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is 25"
STORE = "Rate limit exceeded. Please try your query with a smaller date range or fewer projects."


def refused(status, data=None, *, body=None, **headers):
    """The error for an answer; underscores stand for the dashes of a header's name."""
    body = json.dumps(data).encode() if body is None else body
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_for(a_call(), status, names, body, EPOCH_S)


def content_of(error):
    """Type, message and attributes of an error."""
    return (type(error), str(error), {name: value for name, value in vars(error).items() if name != "title"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, ClientError),
        (409, Conflict),
        (413, ClientError),
        (422, ClientError),
    ],
)
def test_plain_detail(status, kind):
    """The common form is a sentence under `detail`; the status determines the type of the error."""
    error = refused(status, {"detail": "No."})

    extra = {BadRequest: {"fields": {}}, Forbidden: {"scopes": ()}}.get(kind, {})
    assert content_of(error) == (kind, "No.", {"status": status, "detail_code": None} | extra)
    assert error.title == "GET /organizations/{organization}/issues/"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid-request", BadRequest),
        (400, "parameter-validation-error", BadRequest),
        (401, "sso-required", Unauthorized),
        (401, "2fa-required", Unauthorized),
        (401, "member-disabled-over-limit", Unauthorized),
        (403, "superuser-required", Forbidden),
    ],
)
def test_structured_detail(status, code, kind):
    """The structured form has Sentry's own code; the other members are not fields at fault."""
    error = refused(status, {"detail": {"code": code, "message": "Why.", "extra": {"loginUrl": "/auth/"}}})

    assert (type(error), str(error), error.detail_code) == (kind, "Why.", code)
    assert getattr(error, "fields", {}) == {}


def test_body_within_a_string():
    """An error body that is sent as the text of a JSON string says the same."""
    body = {"detail": {"code": "sso-required", "message": "Log in"}}

    assert content_of(refused(401, json.dumps(body))) == content_of(refused(401, body))


@pytest.mark.parametrize(
    ("data", "message", "fields"),
    [
        ({"name": ["Required."]}, "name: Required.", {"name": ("Required.",)}),
        ({"name": ["One.", "Two."]}, "name: One.; Two.", {"name": ("One.", "Two.")}),
        ({"name": "Required."}, "name: Required.", {"name": ("Required.",)}),
        ({"a": {"b": {"c": ["Bad."]}}}, "a: b: c: Bad.", {"a.b.c": ("Bad.",)}),
        ({"actions": [{}, {"type": ["Bad."]}]}, "actions: type: Bad.", {"actions": ("type: Bad.",)}),
        ({"detail": {"name": ["Bad."]}}, "name: Bad.", {"name": ("Bad.",)}),
        ({"nonFieldErrors": ["Both."], "name": ["Bad."]}, "Both.", {"name": ("Bad.",)}),
        ({"non_field_errors": ["Both."]}, "Both.", {}),
        ({"error": "Bad."}, "Bad.", {"error": ("Bad.",)}),
        (["First.", "Second."], "First.; Second.", {}),
        ("Plain.", "Plain.", {}),
        ({"name": 5, "other": None}, "Sentry refused the request with status 400", {}),
        ({}, "Sentry refused the request with status 400", {}),
        (7, "Sentry refused the request with status 400", {}),
        (None, "Sentry refused the request with status 400", {}),
    ],
)
def test_members_at_fault(data, message, fields):
    """A 400 names the fields at fault in one of several forms; nested fields are written with dots."""
    error = refused(400, data)

    assert content_of(error) == (BadRequest, message, {"status": 400, "detail_code": None, "fields": fields})


@pytest.mark.parametrize("body", [b"", b"Bad Request", b"{", b'{"detail": "\xff"}', b"\xff\xfe", b"[" * 100_000])
def test_unreadable_bodies(body):
    """An error with an unreadable body is the one that its status means."""
    error = refused(409, body=body)

    assert (type(error), str(error)) == (Conflict, "Sentry refused the request with status 409")


MISSING_ROUTES = [
    b"",
    b"<!DOCTYPE html><title>Not found</title>",
    b"Not Found",
    b'{"info": "Route not found, did you forget a trailing slash?"}',
    b"null",
    b"[]",
    b"{}",
]


@pytest.mark.parametrize("body", MISSING_ROUTES)
def test_missing_routes(body):
    """A 404 without Sentry's own "does not exist" names the endpoint that the server lacks."""
    error = refused(404, body=body)

    assert (type(error), str(error)) == (MissingRoute, f"This Sentry lacks the endpoint {a_call().title}")
    assert isinstance(error, FeatureUnavailable)


@pytest.mark.parametrize("detail", ["The requested resource does not exist", "Event not found", "", {"message": "No"}])
def test_missing_objects(detail):
    """A 404 with a detail is a missing object."""
    assert type(refused(404, {"detail": detail})) is NotFound


@pytest.mark.parametrize("name", ["detail", "name"])
def test_deep_bodies_are_not_followed(name):
    """Only a few levels of a deeply nested body are read."""
    body = f'{{"{name}":' * 500 + '"deep"' + "}" * 500

    error = refused(400, body=body.encode())

    assert (type(error), str(error), error.fields) == (BadRequest, "Sentry refused the request with status 400", {})


@pytest.mark.parametrize("length", [299, 300, 301])
def test_messages_are_bounded(length):
    """300 characters of the message are used, and of the message of each field."""
    error = refused(400, {"detail": None, "name": ["n" * length]})

    assert error.fields == {"name": ("n" * min(length, 300),)}
    assert len(str(refused(400, {"detail": "d" * length}))) == min(length, 300)


@pytest.mark.parametrize("count", [49, 50, 51])
def test_members_are_bounded(count):
    """At most fifty fields at fault are named."""
    error = refused(400, {f"member{n}": ["Bad."] for n in range(count)})

    assert len(error.fields) == min(count, 50)


@pytest.mark.parametrize(
    ("status", "data", "message"),
    [
        (400, {"detail": ["You do not have that feature enabled"]}, "You do not have that feature enabled"),
        (
            400,
            {"detail": "You do not have the multi project stream feature enabled"},
            "You do not have the multi project stream feature enabled",
        ),
        (
            400,
            {"detail": "You cannot view events from multiple projects."},
            "You cannot view events from multiple projects.",
        ),
        (
            403,
            {"detail": "You cannot view events from multiple projects."},
            "You cannot view events from multiple projects.",
        ),
    ],
)
def test_missing_features(status, data, message):
    """A feature that the plan lacks differs from a wrong request and from a missing scope."""
    error = refused(status, data)

    assert content_of(error) == (FeatureUnavailable, message, {"status": status, "detail_code": None})


def test_writes_for_several_projects_are_bad_requests():
    """A write that is not possible for several projects is a wrong request and no missing feature."""
    text = json.dumps({"detail": "Cannot set resolved in release for multiple projects."}).encode()

    assert type(error_for(a_call(method="PUT"), 400, {}, text, EPOCH_S)) is BadRequest


def test_other_lists_are_bad_requests():
    """A list under `detail` that names no feature is a wrong request."""
    assert type(refused(400, {"detail": ["Invalid query."]})) is BadRequest


@pytest.mark.parametrize(
    ("challenge", "scopes"),
    [
        ('Bearer error="insufficient_scope", scope="event:read event:admin"', ("event:read", "event:admin")),
        ('Bearer scope="org:read, org:admin"', ("org:read", "org:admin")),
        ("Bearer", ()),
        ("", ()),
    ],
)
def test_scopes_that_would_do(challenge, scopes):
    """A 403 lists the scopes of which one is enough, if the server sends them."""
    error = refused(403, {"detail": PERMISSION}, www_authenticate=challenge)

    assert (type(error), str(error), error.scopes) == (Forbidden, PERMISSION, scopes)


@pytest.mark.parametrize(
    "data",
    [
        {"slug": "new-slug", "detail": {"code": "resource-moved", "message": "Resource has been moved"}},
        {"slug": "new-slug"},
        {"detail": {"extra": {"url": "/api/0/projects/acme/new-slug/", "slug": "new-slug"}}},
        {"slug": "No Slug/../", "detail": {"extra": {"slug": "new-slug"}}},
    ],
)
def test_renamed_things(data):
    """Of a redirect only the new slug is used, in whichever member it is."""
    error = refused(302, data, location="https://evil.com/")

    assert content_of(error) == (
        Moved,
        "It has been renamed to 'new-slug'",
        {"status": 302, "detail_code": None, "slug": "new-slug"},
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Login</html>", b"[]", b'{"detail":"moved"}', b'{"slug":"../evil"}', b'{"slug":7}', b'{"slug":"Ab"}'],
)
def test_other_redirects(body):
    """A redirect without a slug is a bad response."""
    error = refused(301, body=body)

    assert content_of(error) == (
        BadResponse,
        "Sentry redirected the request; redirects are not followed",
        {"status": 301},
    )


@pytest.mark.parametrize(
    ("headers", "replacement"),
    [
        ({"x_sentry_replacement_endpoint": "/api/0/:org/workflows/"}, "/api/0/:org/workflows/"),
        ({"x_sentry_replacement_endpoint": "/" * 301}, "/" * 300),
        ({}, None),
    ],
)
def test_brownouts(headers, replacement):
    """A 410 is a deprecated endpoint; the error has its replacement if Sentry names one."""
    error = refused(410, {"message": "This API no longer exists."}, **headers)

    assert content_of(error) == (
        Gone,
        "This API no longer exists.",
        {"status": 410, "detail_code": None, "replacement": replacement},
    )


@pytest.mark.parametrize(
    ("detail", "headers", "wait"),
    [
        (WINDOW, {"x_sentry_rate_limit_reset": str(EPOCH_S + 2.5)}, 2.5),
        (WINDOW, {"x_sentry_rate_limit_reset": str(EPOCH_S - 9)}, 0.1),
        (WINDOW, {"x_sentry_rate_limit_reset": str(EPOCH_S + 99_999)}, 3600.0),
        (WINDOW, {"x_sentry_rate_limit_reset": "nan"}, 1.0),
        (WINDOW, {"x_sentry_rate_limit_reset": "inf"}, 1.0),
        (WINDOW, {"x_sentry_rate_limit_reset": "soon"}, 1.0),
        (WINDOW, {}, 1.0),
        (WINDOW, {"retry_after": "7"}, 7.0),
        (WINDOW, {"retry_after": "7", "x_sentry_rate_limit_reset": str(EPOCH_S + 2)}, 2.0),
        (WINDOW, {"retry_after": format_datetime(NOW + timedelta(seconds=7), usegmt=True)}, 7.0),
        (WINDOW, {"retry_after": format_datetime(NOW - timedelta(days=7), usegmt=True)}, 0.1),
        (WINDOW, {"retry_after": "Wed, 99 Oct 2026 07:28:00 GMT"}, 1.0),
        (WINDOW, {"retry_after": "9" * 5000}, 1.0),
        (CONCURRENCY, {"x_sentry_rate_limit_reset": str(EPOCH_S + 50)}, 1.0),
        (STORE, {"x_sentry_rate_limit_reset": str(EPOCH_S + 1)}, 30.0),
    ],
)
def test_waits(detail, headers, wait):
    """The wait comes from the window's header, else from a proxy's; the other two limits have their own."""
    error = refused(429, {"detail": detail}, **headers)

    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    assert (type(error), str(error), error.status, error.retry_after) == (RateLimited, detail, 429, wait)
    assert error.headers.items() >= sent.items()


def test_a_page_may_limit_the_rate():
    """The rate limit of a proxy may be an HTML page with a `Retry-After` header."""
    error = refused(429, body=b"<html>slow down</html>", retry_after="12")

    assert (type(error), error.retry_after) == (RateLimited, 12.0)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("body", [b'{"detail":"Internal Error"}', b'{"errorId": 7}', b"<!DOCTYPE html>", b""])
def test_server_errors(status, body):
    """A 5xx means that Sentry is unavailable, whatever its body is."""
    error = refused(status, body=body)

    assert content_of(error) == (Unavailable, f"Sentry answered {status}", {"status": status, "error_id": None})


@pytest.mark.parametrize(("status", "kind"), [(500, InternalError), (502, Unavailable)])
def test_error_ids(status, kind):
    """A 500 with an `errorId` concerns this request; the id is kept."""
    error = refused(status, {"detail": "Internal Error", "errorId": "5f"})

    assert content_of(error) == (kind, f"Sentry answered {status}", {"status": status, "error_id": "5f"})


@pytest.mark.parametrize("status", [400, 401, 403, 407, 410])
def test_pages_of_proxies(status):
    """An HTML page never comes from the API, so that its 4xx status does not concern the object."""
    error = refused(status, body=b"\n<HTML><title>Sign in</title>")

    assert content_of(error) == (
        Unavailable,
        "A page came instead of an answer of Sentry's API",
        {"status": status},
    )


def test_slow_requests():
    """A 408 is Sentry's own timeout."""
    error = refused(408, {"detail": {"code": "request-timeout", "message": "Too slow."}})

    assert content_of(error) == (UpstreamTimeout, "Too slow.", {"status": 408})


@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 404, 408, 409, 410, 418, 429, 500])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'"text"', b'{"detail": null}', b'{"detail": [[{}]]}'])
def test_every_refusal_is_in_the_tree(status, body):
    """Any status with any body becomes an error of the client with endpoint and status."""
    error = refused(status, body=body)

    assert isinstance(error, SentryError)
    assert (error.title, error.status) == (a_call().title, status)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!DOCTYPE html><html>", True),
        (b"  \r\n<html lang=en>", True),
        (b" \n" * 80 + b"<!DOCTYPE html>", True),
        (b"\xef\xbb\xbf<html>", True),
        (b"<!-- sign in --><html>", True),
        (b"<HtMl>", True),
        (b'"<html>"', False),
        (b"", False),
        (b"{}", False),
    ],
)
def test_pages_are_recognized(body, expected):
    """A page is recognised by its beginning, whatever its content type is."""
    assert is_html(body) is expected


@pytest.mark.parametrize("data", [{"detail": "No {token} here"}, {"name": ["No {token} here"]}])
def test_credential_in_an_answer_is_taken_out(data):
    """A proxy may repeat the request headers in its answer; no error contains the token."""
    token = a_call().upstream.token
    echo = json.dumps(data).replace("{token}", token).encode()

    error = refused(400, body=echo)

    assert token
    assert "No [hidden] here" in str(error)
    assert token not in str(content_of(error))
