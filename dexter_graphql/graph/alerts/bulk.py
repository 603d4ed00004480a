"""Results of mutations of one or many alerts or monitors, which are given by ID."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import strawberry

from dexter_graphql.errors import BadUserInput, DexterError, within
from dexter_graphql.graph.alerts.keys import FindKey
from dexter_graphql.graph.common.user_errors import MutationError, UserError, UserErrorCode, mistake_of, user_errors_for
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.sentry.errors import SentryError

MAX_IDS = 100
SHOWN_CHARACTERS = 100
IDS = "ids"
"""Member of the inputs that holds the IDs."""

Key = Any
"""An AlertKey or a MonitorKey."""
Write = Callable[[Sequence[Key]], Awaitable[Mapping[Key, DexterError | None]]]
"""Changes objects; the reason why one was not changed, for each that exists."""


class GivenID(NamedTuple):
    """An ID as the client gave it, and its position."""

    text: str
    position: int


class ObjectResult(NamedTuple):
    """Result for one object that exists."""

    key: Key
    id: str
    refusals: list[MutationError]


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """Result of a mutation of one object."""

    key: Key | None = None
    refusals: list[MutationError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Results of a change of many objects."""

    results: list[ObjectResult] = field(default_factory=list)
    unmatched: list[GivenID] = field(default_factory=list)
    mistakes: list[MutationError] = field(default_factory=list)

    def all_mistakes(self) -> list[MutationError]:
        """All mistakes in the input."""
        return [*self.mistakes, *map(_not_found, self.unmatched)]


def refuse(_input: Any, mistakes: list[MutationError]) -> ChangeResult:
    """The payload of a mutation of one object that was not changed."""
    return ChangeResult(refusals=mistakes)


def refuse_all(_input: Any, mistakes: list[MutationError]) -> BulkResult:
    """The payload of a mutation that changed nothing."""
    return BulkResult(mistakes=mistakes)


async def change_objects(ids: Sequence[str], find_key: FindKey, write: Write, load_context: LoadContext) -> BulkResult:
    """Change the objects with these IDs; the mistakes in single IDs do not keep the others from being changed."""
    if not 0 < len(ids) <= MAX_IDS:
        raise BadUserInput(f"'{IDS}' takes from 1 to {MAX_IDS} IDs", (IDS,))
    names: dict[Key, GivenID] = {}
    unmatched: list[GivenID] = []
    mistakes: list[MutationError] = []
    for index, value in enumerate(ids):
        try:
            with within(IDS, str(index)):
                key = await find_key(value, load_context)
        except BadUserInput as mistake:
            mistakes.append(mistake_of(mistake))
            continue
        if key is None:
            unmatched.append(GivenID(value, index))
        else:
            names.setdefault(key, GivenID(value, index))
    outcomes = await write(list(names)) if names else {}
    results = [
        ObjectResult(key, given.text, _refusals(outcomes[key], given))
        for key, given in names.items()
        if key in outcomes
    ]
    unmatched += [given for key, given in names.items() if key not in outcomes]
    return BulkResult(results, unmatched, mistakes)


def as_deletion(result: BulkResult) -> BulkResult:
    """The result with the refusals among the mistakes: what was deleted has no result that could be read."""
    deleted = [outcome for outcome in result.results if not outcome.refusals]
    refusals = [refusal for outcome in result.results for refusal in outcome.refusals]
    return BulkResult(deleted, result.unmatched, [*result.mistakes, *refusals])


@value_type
class ObjectsPayload:
    """Result of a mutation of many objects."""

    @computed()
    def unmatched(result: BulkResult) -> list[str]:
        """IDs, as given, of objects that do not exist or are not visible to the token."""
        return [given.text for given in result.unmatched]

    @computed()
    def user_errors(result: BulkResult) -> list[UserError]:
        """Mistakes in the input, with their paths; objects without any are changed."""
        return result.all_mistakes()


@value_type
class DeletionPayload(ObjectsPayload):
    """Result of a deletion of many objects."""

    @computed()
    def deleted_ids(result: BulkResult) -> list[strawberry.ID]:
        """Global IDs of the objects that were deleted."""
        return [strawberry.ID(outcome.id) for outcome in result.results]


def _refusals(error: DexterError | None, given: GivenID) -> list[MutationError]:
    refusals = [mistake_of(error)] if isinstance(error, BadUserInput) else []
    refusals += user_errors_for(error, {}) if isinstance(error, SentryError) else []
    return [replace(refusal, field=(IDS, str(given.position))) for refusal in refusals]


def _not_found(given: GivenID) -> MutationError:
    message = f"'{given.text[:SHOWN_CHARACTERS]}' does not exist or is not visible to the token"
    return MutationError(message, UserErrorCode.NOT_FOUND, (IDS, str(given.position)))
