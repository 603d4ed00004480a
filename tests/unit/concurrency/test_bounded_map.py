"""Maps that are bounded by number, size and age."""

from collections import OrderedDict
from copy import deepcopy
from random import Random

import pytest

from dexter_graphql.concurrency.bounded_map import BoundedMap, ExpiringMap, SizeBudget


class Now:
    """A clock that tests set."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def evicted():
    """Entries that bounds removed, in their order."""
    return []


def letters(bounded):
    """The keys, the least recently used one first."""
    return "".join(bounded)


def filled(keys, *args, **options):
    """A map with these keys, each with its letter in upper case."""
    bounded = BoundedMap(*args, **options)
    for key in keys:
        bounded.put(key, key.upper(), 1)
    return bounded


class TestLookups:
    """What is found."""

    def test_values_are_found_until_they_are_removed(self):
        """Each lookup gives the value or None."""
        bounded = filled("ab", 2)

        assert (bounded.get("a"), bounded.peek("b"), bounded.get("c"), bounded.peek("c")) == ("A", "B", None, None)
        assert ("a" in bounded, "c" in bounded, len(bounded), list(bounded.values())) == (True, False, 2, ["B", "A"])
        assert (bounded.pop("a"), bounded.pop("a"), bounded.get("a")) == ("A", None, None)

    def test_put_replaces(self):
        """A key has one value, the newest one."""
        bounded = filled("a", 2)

        bounded.put("a", "other")

        assert (bounded.get("a"), len(bounded)) == ("other", 1)

    def test_all_can_be_removed(self):
        """After that the map is usable as before, and its budget is free."""
        budget = SizeBudget(3)
        bounded = filled("abc", budget=budget)

        bounded.clear()
        freed = budget.used
        bounded.put("d", "D", 1)

        assert (freed, bounded.peek("a"), bounded.peek("d"), budget.used) == (0, None, "D", 1)

    def test_copy_is_apart(self):
        """What is put into a copy is found there and not in the original."""
        bounded = filled("a", budget=SizeBudget(3))

        copied = deepcopy(bounded)
        copied.put("b", "B", 1)

        assert (copied.peek("a"), copied.peek("b"), copied.get("b")) == ("A", "B", "B")
        assert (bounded.peek("b"), repr(bounded)) == (None, "<BoundedMap 1 entries, size 1 of 3>")

    def test_it_prints_its_state(self):
        """The number of entries, and the size where there is a budget."""
        assert repr(filled("ab", 3)) == "<BoundedMap 2 entries>"
        assert repr(filled("ab", budget=SizeBudget(3))) == "<BoundedMap 2 entries, size 2 of 3>"


class TestOrder:
    """Which entry goes first."""

    @pytest.mark.parametrize(
        ("use", "left"),
        [
            (lambda bounded: bounded.get("a"), "ca"),
            (lambda bounded: bounded.put("a", "A"), "ca"),
            (lambda bounded: bounded.touch("a"), "ca"),
            (lambda bounded: bounded.peek("a"), "bc"),
            (lambda bounded: "a" in bounded, "bc"),
        ],
        ids=["get", "put", "touch", "peek", "in"],
    )
    def test_least_recently_used_goes_first(self, use, left):
        """Getting, putting and touching are uses; peeking and testing are not."""
        bounded = filled("abc", 3)
        use(bounded)

        bounded.put("d", "D")

        assert letters(bounded) == left + "d"

    def test_it_agrees_with_a_plain_model(self, evicted):
        """Any sequence of operations gives the same entries, sizes and evictions as a list that is sorted by use."""
        die = Random(7)
        for _ in range(200):
            max_items, limit = die.choice([1, 2, 5]), die.choice([3, 10])
            budget = SizeBudget(limit)
            bounded = BoundedMap(max_items, budget=budget, on_evict=lambda key, _: evicted.append(key))
            model, gone = OrderedDict(), []
            evicted.clear()
            for _ in range(50):
                key, size = die.choice("abcdefg"), die.randint(0, 4)
                match die.choice(["get", "put", "pop"]):
                    case "get":
                        bounded.get(key)
                        if key in model:
                            model.move_to_end(key)
                    case "put":
                        bounded.put(key, size + 1, size)
                        model.pop(key, None)
                        if size <= limit:
                            model[key] = size
                        while len(model) > max_items or sum(model.values()) > limit:
                            gone.append(model.popitem(last=False)[0])
                    case "pop":
                        bounded.pop(key)
                        model.pop(key, None)
                assert [(k, v - 1) for k, v in bounded.items()] == list(model.items())
                assert (budget.used, evicted) == (sum(model.values()), gone)


class TestBounds:
    """How much is kept."""

    @pytest.mark.parametrize(
        ("sizes", "left"), [("111", "abc"), ("121", "bc"), ("113", "c"), ("13", "b"), ("30", "ab")]
    )
    def test_sizes_are_bounded(self, sizes, left):
        """Entries go until the others fit."""
        bounded = BoundedMap(budget=SizeBudget(3))

        for key, size in zip("abc", sizes, strict=False):
            bounded.put(key, key, int(size))

        assert letters(bounded) == left

    def test_what_exceeds_the_whole_budget_is_not_stored(self, evicted):
        """It evicts no other entry, and does not leave an outdated value under its key."""
        bounded = filled("ab", budget=SizeBudget(3), on_evict=lambda key, _: evicted.append(key))

        bounded.put("a", "large", 4)

        assert (letters(bounded), evicted) == ("b", [])

    def test_several_maps_share_a_budget(self):
        """Each evicts its own entries when it is trimmed; sizes that others charge count as well."""
        budget = SizeBudget(4)
        one, other = filled("ab", budget=budget), filled("c", budget=budget)

        budget.used += 2
        was_over = one.is_over
        one.trim()

        assert (was_over, letters(one), letters(other), budget.used, one.is_over) == (True, "b", "c", 4, False)

    def test_trimming_ends_when_nothing_is_left(self):
        """What others charge may exceed the budget alone."""
        budget = SizeBudget(2)
        bounded = filled("ab", budget=budget)

        budget.used += 5
        bounded.trim()

        assert (len(bounded), budget.used) == (0, 5)


class TestEviction:
    """Entries in use, and what is called."""

    def test_evictions_are_reported(self, evicted):
        """With key and value, after the entry is gone; entries that are replaced or removed are not reported."""
        bounded = BoundedMap(1, on_evict=lambda key, value: evicted.append((key, value, key in bounded)))

        bounded.put("a", "A")
        bounded.put("a", "B")
        bounded.put("b", "B")
        bounded.pop("b")
        bounded.clear()

        assert evicted == [("a", "B", False)]

    @pytest.mark.parametrize(("busy", "left"), [("", "cd"), ("a", "ad"), ("ab", "abd"), ("abcd", "abcd"), ("c", "cd")])
    def test_protected_entries_stay(self, busy, left):
        """The next one goes; when all are protected the bound is exceeded. The new entry never goes at once."""
        bounded = BoundedMap(2, may_evict=lambda key, _: key not in busy)

        for key in "abcd":
            bounded.put(key, key)

        assert letters(bounded) == left

    def test_protection_ends(self):
        """What was too much goes as soon as it may."""
        busy = set("abc")
        bounded = BoundedMap(2, may_evict=lambda key, _: key not in busy)
        for key in "abc":
            bounded.put(key, key)

        busy.clear()
        bounded.put("d", "d")

        assert letters(bounded) == "cd"

    def test_oldest_can_be_evicted_despite_protection(self, evicted):
        """For callers to whom the bound matters more; an empty map stays empty."""
        bounded = BoundedMap(1, may_evict=lambda *_: False, on_evict=lambda key, _: evicted.append(key))
        bounded.evict_oldest()
        for key in "ab":
            bounded.put(key, key)

        bounded.evict_oldest()

        assert (letters(bounded), evicted) == ("b", ["a"])


class TestExpiry:
    """Entries that end."""

    @pytest.fixture
    def now(self):
        return Now()

    @pytest.fixture
    def expiring(self, now):
        return ExpiringMap(10.0, 3, now)

    @pytest.mark.parametrize(("seconds", "value"), [(0, "A"), (9.9, "A"), (10, None), (3600, None)])
    def test_entries_end_after_their_lifetime(self, expiring, now, seconds, value):
        """Whether they were used meanwhile or not."""
        expiring.put("a", "A")
        now.seconds += seconds / 2
        expiring.get("a")

        now.seconds += seconds / 2

        assert expiring.get("a") == value

    def test_putting_again_begins_a_new_lifetime(self, expiring, now):
        """The last put counts."""
        expiring.put("a", "A")
        now.seconds += 6
        expiring.put("a", "B")
        now.seconds += 6

        assert expiring.get("a") == "B"

    def test_ended_entries_are_removed_when_another_comes(self, expiring, now):
        """They do not take memory until the bound is reached."""
        expiring.put("a", "A")
        now.seconds += 5
        expiring.put("b", "B")
        now.seconds += 5

        expiring.put("c", "C")

        assert (len(expiring), repr(expiring)) == (2, "<ExpiringMap 2 entries>")

    def test_they_are_bounded_in_the_order_of_putting(self, expiring):
        """A lookup does not prolong the life of an entry."""
        for key in "abc":
            expiring.put(key, key)
        expiring.get("a")

        expiring.put("d", "d")

        assert [expiring.get(key) for key in "abcd"] == [None, "b", "c", "d"]

    def test_entries_can_be_removed(self, expiring):
        """One that is not there is no error."""
        expiring.put("a", "A")

        expiring.pop("a")
        expiring.pop("a")

        assert (expiring.get("a"), len(expiring)) == (None, 0)
