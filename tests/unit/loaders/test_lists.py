"""How keys become calls: by organization, by number and by length, each failing alone."""

from typing import NamedTuple

from dexter_graphql.loaders.base import CHUNK_SIZE
from dexter_graphql.loaders.lists import MAX_KEY_BYTES, by_organization
from dexter_graphql.sentry.errors import Unavailable
from dexter_graphql.sentry.parents import OrganizationRef

ACME, GLOBEX = OrganizationRef("1", "acme"), OrganizationRef("2", "globex")


class Key(NamedTuple):
    organization: OrganizationRef
    name: str


class Answers:
    """Answers every key with its name, and remembers which were asked for together."""

    def __init__(self, failing=None):
        self.asked, self.failing = [], failing

    async def __call__(self, organization, keys):
        self.asked.append((organization.slug, len(keys)))
        if organization is self.failing:
            raise Unavailable("down")
        return {key: key.name for key in keys}


async def test_each_organization_is_asked_for_its_own_keys():
    """Keys of two organizations never share a call."""
    answers = Answers()
    keys = [Key(ACME, "a"), Key(GLOBEX, "b"), Key(ACME, "c")]

    found = await by_organization(keys, answers)

    assert found == {key: key.name for key in keys}
    assert sorted(answers.asked) == [("acme", 2), ("globex", 1)]


async def test_failure_is_the_answer_of_its_own_keys():
    """One organization that cannot be reached leaves the others alone."""
    keys = [Key(ACME, "a"), Key(GLOBEX, "b")]

    found = await by_organization(keys, Answers(failing=ACME))

    assert isinstance(found[keys[0]], Unavailable)
    assert found[keys[1]] == "b"


async def test_calls_are_cut_at_the_largest_number_of_keys():
    """N - 1 and n keys are one call, n + 1 are two."""
    for count, expected in ((CHUNK_SIZE - 1, 1), (CHUNK_SIZE, 1), (CHUNK_SIZE + 1, 2)):
        answers = Answers()
        await by_organization([Key(ACME, str(number)) for number in range(count)], answers)
        assert len(answers.asked) == expected


async def test_calls_are_cut_at_the_longest_address():
    """Keys that fill an address are one call, one character more makes two; a single long one is still asked for."""
    half = MAX_KEY_BYTES // 2
    for weight, expected in ((half, [2, 2]), (half + 1, [1, 1, 1, 1]), (MAX_KEY_BYTES * 2, [1, 1, 1, 1])):
        answers = Answers()
        await by_organization([Key(ACME, str(n)) for n in range(4)], answers, length=lambda _key, weight=weight: weight)
        assert [count for _, count in answers.asked] == expected


async def test_nothing_asked_is_nothing_called():
    """No keys, no call."""
    answers = Answers()

    assert await by_organization([], answers) == {}
    assert answers.asked == []
