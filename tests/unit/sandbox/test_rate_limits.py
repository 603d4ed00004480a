"""The rate limiter: windows, concurrency and the bound on buckets."""

import pytest

from dexter_graphql.sandbox.http import HTTPError
from dexter_graphql.sandbox.rate_limits import MAX_BUCKETS, RateLimit, RateLimiter

KEY = ("caller", "/organizations/", "GET")


def test_window_accepts_exactly_its_limit():
    """The request above the limit is rejected until the next window."""
    limiter = RateLimiter(RateLimit(calls=2, window_s=10))
    remaining = [limiter.acquire(KEY, 5)["X-Sentry-Rate-Limit-Remaining"] for _ in range(2)]

    with pytest.raises(HTTPError) as refused:
        limiter.acquire(KEY, 9.9)

    assert remaining == ["1", "0"]
    assert refused.value.response.headers["X-Sentry-Rate-Limit-Reset"] == "10"
    assert limiter.acquire(KEY, 10)["X-Sentry-Rate-Limit-Remaining"] == "1"


def test_concurrency_limit_rejects_until_a_request_ends():
    """The concurrency limit rejects requests while the window has some left."""
    limiter = RateLimiter(RateLimit(concurrent=1))
    limiter.acquire(KEY, 0)

    with pytest.raises(HTTPError) as refused:
        limiter.acquire(KEY, 0)
    limiter.release(KEY)

    assert refused.value.response.body == {
        "detail": "You are attempting to go above the allowed concurrency for this endpoint. Concurrency limit is 1"
    }
    assert limiter.acquire(KEY, 0)["X-Sentry-Rate-Limit-ConcurrentRemaining"] == "0"


def test_callers_routes_and_methods_have_their_own_buckets():
    """Buckets are per caller, route and method."""
    limiter = RateLimiter(RateLimit(calls=1))
    others = [("other", *KEY[1:]), (KEY[0], "/x/", KEY[2]), (*KEY[:2], "PUT")]

    assert [limiter.acquire(key, 0)["X-Sentry-Rate-Limit-Remaining"] for key in (KEY, *others)] == ["0"] * 4


def test_buckets_are_bounded():
    """The number of buckets stays within its bound."""
    limiter = RateLimiter()
    for number in range(MAX_BUCKETS + 5):
        key = (str(number), "/", "GET")
        limiter.acquire(key, 0)
        limiter.release(key)

    assert len(limiter._buckets) == MAX_BUCKETS


def test_429_has_headers_of_both_limits():
    """A 429 has the headers of both limits."""
    limiter = RateLimiter(RateLimit(calls=2, window_s=10, concurrent=1))
    limiter.acquire(KEY, 0)
    refusals = []
    for is_free in (False, True, True):
        if is_free:
            limiter.release(KEY)
        try:
            limiter.acquire(KEY, 1)
        except HTTPError as refusal:
            refusals.append(refusal.response.headers)

    prefix = "X-Sentry-Rate-Limit-"
    limits = [(headers[prefix + "Remaining"], headers[prefix + "ConcurrentLimit"]) for headers in refusals]
    assert limits == [("1", "1"), ("0", "1")]
