"""Knows how the finished bytes of a region stay with the upstream answer that it was made of.

A region is what is completed below one field of a row that tells what of an upstream answer it is: such a row's class
has `kept` (a store that lives exactly as long as the answer, or None) and `part` (which part of the answer the row is).
It is finished when nothing in it had to be waited for and nothing failed; then its bytes depend on the answer alone.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from dexter_graphql.engine.completion import Completion

if TYPE_CHECKING:
    from dexter_graphql.engine.plan import PlannedField
    from dexter_graphql.engine.runtime import Execution


def is_cacheable(planned: "PlannedField", row_class: type) -> bool:
    """True when what is completed below a field may stay with the answer that rows of that class are part of."""
    level = planned.completion.level if planned.completion is not None else None
    is_part = hasattr(row_class, "cache_entry") and hasattr(row_class, "fragment_key")
    return is_part and level is not None and not (planned.has_variables or planned.has_variables_below)


class CachedFragment:
    """Completes the values of one field, or gives what was finished of them before."""

    def __init__(self, completion: Completion) -> None:
        # A key of its own, through which what is kept does not hold on to the plan.
        self._key = object()
        self._completion = completion

    def complete_many(self, rows: Any, values: list[Any], execution: "Execution") -> list[Any]:
        """The values of all rows, completed or as bytes."""
        return [self._one(row, value, execution) for row, value in zip(rows, values, strict=True)]

    def _one(self, row: Any, value: Any, execution: "Execution") -> Any:
        if row.cache_entry is None:
            return self._completion.complete_many((value,), execution)[0]
        key = (self._key, row.fragment_key)
        finished = row.cache_entry.get_fragment(key)
        if finished is not None:
            return msgspec.Raw(finished)
        before = execution.unfinished
        completed = self._completion.complete_many((value,), execution)[0]
        if execution.unfinished != before:
            return completed
        content = msgspec.json.encode(completed)
        row.cache_entry.put_fragment(key, content)
        return msgspec.Raw(content)
