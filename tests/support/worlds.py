"""Worlds of the sandbox that tests use one after another; each test gets one as it was built."""

import gc
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import is_dataclass
from random import Random

from dexter_graphql.clock import Clock
from dexter_graphql.sandbox import DEFAULT_SEED, Vintage, build_world
from support.tracing import untraced

_idle = defaultdict(list)
"""Snapshots of worlds that no test uses, by class of clock and vintage."""
_snapshots = []
"""All snapshots: each notes the changes of its records."""


@contextmanager
def borrowed_world(clock=None, vintage=Vintage.SAAS):
    """An unmodified default world for the block."""
    with borrowed_snapshot(clock, vintage) as snapshot:
        yield snapshot.world


@contextmanager
def borrowed_snapshot(clock=None, vintage=Vintage.SAAS):
    """The snapshot of an unmodified default world for the block; the world stays as it is until the next one."""
    clock = clock or Clock()
    snapshots = _idle[type(clock), vintage]
    if snapshots:
        snapshot = snapshots.pop()
        snapshot.restore()
    else:
        snapshot = WorldSnapshot(_build(clock, vintage))
    snapshot.world.clock = clock
    try:
        yield snapshot
    finally:
        snapshots.append(snapshot)


def _build(clock, vintage):
    """A new world, built without the garbage collector and the tracing of coverage, which would only slow it down."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        with untraced():
            return build_world(DEFAULT_SEED, type(clock)(), vintage=vintage)
    finally:
        if was_collecting:
            gc.enable()


class WorldSnapshot:
    """A world, the content of all of its containers and what its records held before they were changed.

    Most tests change few of its 30,000 records: noting changes takes less time than comparing all records.
    """

    def __init__(self, world):
        self.world = world
        self._random_state = world.random.getstate()
        objects = list(changeable_objects(world))
        self._lists = [(item, item.copy()) for item in objects if isinstance(item, list)]
        self._tables = [(item, item.copy()) for item in objects if isinstance(item, dict | set)]
        self._records = {id(item) for item in objects if is_dataclass(item)}
        self._earlier_values = []
        for kind in {type(item) for item in objects if is_dataclass(item)}:
            _note_changes_of(kind)
        _snapshots.append(self)

    def note_change(self, record, name):
        """Keep what a member holds, because it is about to be changed."""
        if id(record) in self._records:
            self._earlier_values.append((record, name, getattr(record, name)))

    def restore(self):
        """Give all objects the values that they had; objects that were added are no longer referenced."""
        while self._earlier_values:
            object.__setattr__(*self._earlier_values.pop())
        self.world.random.setstate(self._random_state)
        for item, values in self._lists:
            item[:] = values
        for item, values in self._tables:
            if item or values:
                item.clear()
                item.update(values)


def _note_changes_of(kind):
    """Have the snapshots note changes of the members of a class of records; those of a frozen one do not change."""
    if not kind.__dataclass_params__.frozen:
        kind.__setattr__ = _note_and_assign


def _note_and_assign(record, name, value):
    for snapshot in _snapshots:
        snapshot.note_change(record, name)
    object.__setattr__(record, name, value)


def changeable_objects(world):
    """All objects of a world that can change, once each."""
    seen, pending = set(), [world]
    while pending:
        item = pending.pop()
        if id(item) in seen or isinstance(item, type | Clock | Random | Vintage):
            continue
        seen.add(id(item))
        if isinstance(item, list | dict | set) or is_dataclass(item):
            yield item
        pending.extend(gc.get_referents(item))
