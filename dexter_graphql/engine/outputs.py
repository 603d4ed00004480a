"""Knows what completed objects look like: structs that are written as JSON with the response keys as names.

Attributes are `f0`, `f1`, … in the order of the answer; a client's aliases become names in JSON and nothing else.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

MAX_OUTPUT_CLASSES = 4096
OutputPath = tuple[str | int, ...]


class Output(msgspec.Struct, gc=False, eq=False):
    """Base of all completed objects."""

    names: ClassVar[tuple[str, ...]] = ()
    """Response keys, in the order of the attributes."""


class OutputClasses:
    """The classes of completed objects, by response keys; bounded, the oldest goes first."""

    def __init__(self, limit: int = MAX_OUTPUT_CLASSES) -> None:
        self._limit = limit
        self._classes: OrderedDict[tuple[str, ...], type[Output]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._classes)

    def of(self, names: tuple[str, ...]) -> type[Output]:
        """The class of objects with these response keys; every attribute is None until it is set."""
        found = self._classes.get(names)
        if found is None:
            found = self._classes[names] = _define(names)
            if len(self._classes) > self._limit:
                self._classes.popitem(last=False)
        return found


def _define(names: tuple[str, ...]) -> type[Output]:
    fields = [(f"f{number}", Any, msgspec.field(default=None, name=name)) for number, name in enumerate(names)]
    return msgspec.defstruct(  # type: ignore[return-value]  # defstruct cannot say that bases decide the type
        "Completed", fields, bases=(Output,), namespace={"names": names}, gc=False, eq=False
    )


def paths_by_identity(root: Any) -> dict[int, OutputPath]:
    """Where each object and list of an answer stands, by identity."""
    found: dict[int, OutputPath] = {}
    pending: list[tuple[Any, OutputPath]] = [(root, ())]
    while pending:
        value, place = pending.pop()
        found[id(value)] = place
        pending += [(child, (*place, key)) for key, child in _children(value) if isinstance(child, (Output, list))]
    return found


def _children(value: Output | list[Any]) -> Sequence[tuple[str | int, Any]]:
    if isinstance(value, list):
        return list(enumerate(value))
    return [(name, getattr(value, attr)) for name, attr in zip(value.names, value.__struct_fields__, strict=True)]
