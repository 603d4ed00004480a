"""The limiter alone: windows, calls in flight, and the bound of its memory."""

import pytest

from dexter_graphql.sandbox.http import HTTPError
from dexter_graphql.sandbox.rate_limits import MAX_BUCKETS, RateLimit, RateLimiter

KEY = ("caller", "/organizations/", "GET")


def test_a_window_takes_exactly_its_limit():
    """The last allowed call passes, the next is refused, and the next window begins anew."""
    limiter = RateLimiter(RateLimit(calls=2, window_s=10))
    remaining = [limiter.acquire(KEY, 5)["X-Sentry-Rate-Limit-Remaining"] for _ in range(2)]

    with pytest.raises(HTTPError) as refused:
        limiter.acquire(KEY, 9.9)

    assert remaining == ["1", "0"]
    assert refused.value.response.headers["X-Sentry-Rate-Limit-Reset"] == "10"
    assert limiter.acquire(KEY, 10)["X-Sentry-Rate-Limit-Remaining"] == "1"


def test_too_many_calls_in_flight_are_refused_until_one_leaves():
    """The refusal speaks of concurrency while the window still has calls left."""
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
    """One full bucket does not fill another."""
    limiter = RateLimiter(RateLimit(calls=1))
    others = [("other", *KEY[1:]), (KEY[0], "/x/", KEY[2]), (*KEY[:2], "PUT")]

    assert [limiter.acquire(key, 0)["X-Sentry-Rate-Limit-Remaining"] for key in (KEY, *others)] == ["0"] * 4


def test_idle_buckets_make_room():
    """The number of buckets never passes its bound."""
    limiter = RateLimiter()
    for number in range(MAX_BUCKETS + 5):
        key = (str(number), "/", "GET")
        limiter.acquire(key, 0)
        limiter.release(key)

    assert len(limiter._buckets) == MAX_BUCKETS


def test_refusals_tell_both_limits():
    """The headers of a refusal are those of any other answer: the window's calls and the calls in flight."""
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
    told = [(one[prefix + "Remaining"], one[prefix + "ConcurrentLimit"]) for one in refusals]
    assert told == [("1", "1"), ("0", "1")]
