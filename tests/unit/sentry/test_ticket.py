"""What one operation brings to its calls."""

import msgspec
import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import BudgetExhausted
from dexter_graphql.sentry.ticket import Budget, Ledger, Ticket


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_budgets_end(limit):
    """As many calls as the limit are paid, the next one is refused and costs nothing."""
    budget = Budget(limit)
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


def test_ledgers_are_not_shared():
    """Each ticket begins with a ledger of its own."""
    first, second = (Ticket(Upstream("alice", "secret"), 0.0, Budget(1)) for _ in range(2))

    first.ledger.upstream_calls += 1
    first.ledger.stale.append("GET /")

    assert second.ledger == Ledger()


def test_tokens_are_not_printed():
    """Whatever prints a ticket or a credential does not print the token."""
    upstream = Upstream("alice", "sntryu_secret")
    ticket = Ticket(upstream, 0.0, Budget(1))

    assert [text for text in (repr(upstream), str(upstream), repr(ticket), f"{[ticket]}") if "secret" in text] == []
    assert upstream.__rich_repr__() == [("key", "alice")]
    assert msgspec.json.decode(msgspec.json.encode(upstream), type=Upstream) == upstream
