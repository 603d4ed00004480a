"""Budget, statistics and credential of one operation's calls."""

import msgspec
import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import MAX_RECORDS, CallBudget, CallContext, CallRecord, CallStats, Spender
from dexter_graphql.sentry.errors import BudgetExhausted
from support.upstream import a_reply


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_budgets_end(limit):
    """As many calls as the limit are counted; the next one is refused and not counted."""
    budget = CallBudget(limit)
    for _ in range(limit):
        budget.spend()

    for _ in range(2):
        with pytest.raises(BudgetExhausted) as exhausted:
            budget.spend()

        assert (exhausted.value.limit, str(exhausted.value)) == (
            limit,
            f"This operation used up its budget of {limit} calls to Sentry",
        )
    assert budget.spent == limit


def test_budgets_name_what_spent_most():
    """The error names the spender of most calls, by name when several have made as many, and what is cheaper."""
    budget = CallBudget(5)
    tags, events = Spender("Issue.tags", "select less"), Spender("Issue.events")
    for spender in (events, tags, events, tags, None):
        budget.spend(spender)

    with pytest.raises(BudgetExhausted) as exhausted:
        budget.spend(events)

    assert exhausted.value.spender == "Issue.tags"
    assert str(exhausted.value) == (
        "This operation used up its budget of 5 calls to Sentry, 2 of them for `Issue.tags`; request fewer rows, or"
        " select less"
    )


def test_calls_are_charged_to_the_nearest_spender():
    """Calls that a loader makes for another one count for the field that needs them."""
    call_context = CallContext(Upstream("alice", "secret"), 0.0, CallBudget(1)).charged_to(Spender("Issue.tags"))

    assert call_context.charged_to(None).spender == Spender("Issue.tags")
    assert call_context.charged_to(Spender("Issue.tag")).spender == Spender("Issue.tag")


def test_statistics_are_not_shared():
    """Each call context begins with statistics of its own."""
    first, second = (CallContext(Upstream("alice", "secret"), 0.0, CallBudget(1)) for _ in range(2))

    first.stats.upstream_calls += 1
    first.stats.stale.append("GET /")

    assert second.stats == CallStats()


def test_tokens_are_not_printed():
    """No representation of a call context or a credential contains the token."""
    upstream = Upstream("alice", "sntryu_secret")
    call_context = CallContext(upstream, 0.0, CallBudget(1))

    assert [
        text for text in (repr(upstream), str(upstream), repr(call_context), f"{[call_context]}") if "secret" in text
    ] == []
    assert upstream.__rich_repr__() == [("key", "alice")]
    assert msgspec.json.decode(msgspec.json.encode(upstream), type=Upstream) == upstream


def test_statistics_add_up():
    """Waits and retries are summed, and each of the first calls has a record."""
    stats = CallStats()
    reply = msgspec.structs.replace(a_reply(), retries=2, waited_s=0.5, is_stale=True)

    for _ in range(MAX_RECORDS + 1):
        stats.record("GET /", reply, 1.5)

    assert (stats.retries, stats.waited_s) == (2 * (MAX_RECORDS + 1), 0.5 * (MAX_RECORDS + 1))
    assert (len(stats.records), stats.records[0]) == (
        MAX_RECORDS,
        CallRecord("GET /", "wire", 1.5, 0.5, 2, is_stale=True),
    )
