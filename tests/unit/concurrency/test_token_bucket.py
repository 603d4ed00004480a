"""Token buckets."""

import pytest

from dexter_graphql.concurrency.token_bucket import TokenBucket


class Now:
    """A clock that tests set."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def bucket(now):
    return TokenBucket(2.0, 10.0, now)


def test_it_starts_full(bucket):
    """As many tokens as the capacity can be taken at once, and no more."""
    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.parametrize(("seconds", "tokens"), [(0, 0), (0.25, 0.5), (1, 2), (5, 10), (3600, 10)])
def test_it_refills_with_time_up_to_its_capacity(bucket, now, seconds, tokens):
    """Tokens come back at the rate, in parts too, and stop at the capacity."""
    bucket.take(10)

    now.seconds += seconds

    assert bucket.tokens == tokens


def test_refused_take_removes_nothing(bucket):
    """A caller that asks for more than there is leaves the rest to others."""
    bucket.take(7)

    assert (bucket.take(4), bucket.take(3)) == (False, True)


def test_charge_goes_below_zero_and_is_paid_back_first(bucket, now):
    """Work whose cost is known afterwards is charged in full; nothing can be taken until that time has passed."""
    bucket.charge(14)
    left = bucket.tokens

    now.seconds += 2
    after_two_seconds = bucket.take()
    now.seconds += 0.5

    assert (left, after_two_seconds, bucket.take()) == (-4, False, True)


@pytest.mark.parametrize(("added", "tokens"), [(0.5, 0.5), (10, 10), (11, 10)])
def test_added_tokens_stop_at_the_capacity(bucket, added, tokens):
    """Tokens may be added besides those that come with time."""
    bucket.take(10)

    bucket.add(added)

    assert bucket.tokens == tokens


def test_time_before_an_addition_is_not_lost(bucket, now):
    """Adding tokens and waiting give the same in either order."""
    bucket.take(10)

    now.seconds += 1
    bucket.add(3)

    assert bucket.tokens == 5


def test_it_prints_its_state(bucket):
    """The tokens left and the capacity."""
    bucket.take(2.5)

    assert repr(bucket) == "<TokenBucket 7.5 of 10>"
