"""Completed objects: structs that are encoded as JSON with the response keys as names.

Attributes are `f0`, `f1`, … in the order of the response, so that a client's aliases are nothing but names in JSON.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from dexter_graphql.concurrency.bounded_map import BoundedMap, SizeBudget

MAX_OUTPUT_CLASSES = 4096
MAX_OUTPUT_CLASS_BYTES = 16 * 1024 * 1024
BYTES_PER_CLASS = 2300
BYTES_PER_FIELD = 260
"""Memory of a class and of each of its fields, names apart, as measured."""
OutputPath = tuple[str | int, ...]


class Output(msgspec.Struct, gc=False, eq=False):
    """Base of all completed objects."""

    names: ClassVar[tuple[str, ...]] = ()
    """Response keys, in the order of the attributes."""


class OutputClasses:
    """The classes of completed objects, by response keys; bounded in number and in estimated bytes."""

    def __init__(self, limit: int = MAX_OUTPUT_CLASSES, max_bytes: int = MAX_OUTPUT_CLASS_BYTES) -> None:
        budget = SizeBudget(max_bytes)
        self._classes: BoundedMap[tuple[str, ...], type[Output]] = BoundedMap(limit, budget=budget)

    def __len__(self) -> int:
        return len(self._classes)

    def of(self, names: tuple[str, ...]) -> type[Output]:
        """The class of objects with these response keys; every attribute is None until it is set."""
        output_class = self._classes.get(names)
        if output_class is None:
            output_class = _define(names)
            size = BYTES_PER_CLASS + BYTES_PER_FIELD * len(names) + sum(map(len, names))
            self._classes.put(names, output_class, size)
        return output_class


def _define(names: tuple[str, ...]) -> type[Output]:
    fields = [(f"f{number}", Any, msgspec.field(default=None, name=name)) for number, name in enumerate(names)]
    return msgspec.defstruct(  # type: ignore[return-value]  # defstruct cannot say that bases decide the type
        "Completed", fields, bases=(Output,), namespace={"names": names}, gc=False, eq=False
    )


def paths_by_identity(root: Any) -> dict[int, OutputPath]:
    """The path of each object and list of a response, by identity."""
    paths: dict[int, OutputPath] = {}
    pending: list[tuple[Any, OutputPath]] = [(root, ())]
    while pending:
        value, path = pending.pop()
        paths[id(value)] = path
        pending += [(child, (*path, key)) for key, child in _children(value) if isinstance(child, (Output, list))]
    return paths


def _children(value: Output | list[Any]) -> Sequence[tuple[str | int, Any]]:
    if isinstance(value, list):
        return list(enumerate(value))
    return [(name, getattr(value, attr)) for name, attr in zip(value.names, value.__struct_fields__, strict=True)]
