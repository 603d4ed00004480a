"""Classes of completed objects: response keys as JSON names, and the bounds of their cache."""

import msgspec
import pytest

from dexter_graphql.engine.outputs import BYTES_PER_CLASS, BYTES_PER_FIELD, OutputClasses, paths_by_identity


def test_response_keys_are_names_in_json():
    """In the order of the response; a value that was not set is null."""
    completed = OutputClasses().of(("b", "__class__", "a"))(1, "x")

    assert msgspec.json.encode(completed) == b'{"b":1,"__class__":"x","a":null}'


def test_same_keys_give_the_same_class():
    """The class is created once."""
    classes = OutputClasses()

    assert classes.of(("a", "b")) is classes.of(("a", "b"))
    assert classes.of(("a", "b")) is not classes.of(("b", "a"))
    assert len(classes) == 2


@pytest.mark.parametrize(("length", "kept"), [(1, 3), (3000, 1)])
def test_cache_is_bounded_in_bytes(length, kept):
    """Long response keys count with their length."""
    classes = OutputClasses(max_bytes=3 * (BYTES_PER_CLASS + BYTES_PER_FIELD + 1))

    for number in range(6):
        classes.of((str(number) * length,))

    assert len(classes) == kept


def test_paths_of_objects_and_lists():
    """Each object and list of a response has its path of response keys and indices."""
    classes = OutputClasses()
    leaf = classes.of(("id",))("1")
    items = [leaf, None]
    root = classes.of(("items", "count"))(items, 2)

    assert paths_by_identity(root) == {id(root): (), id(items): ("items",), id(leaf): ("items", 0)}
