"""Coordinates of the fields that a document selects."""

from graphql import TypeInfo, TypeInfoVisitor, Visitor, parse, visit


class FieldCollector(Visitor):
    """Collects the coordinates of the fields of a document."""

    def __init__(self, type_info):
        super().__init__()
        self._types, self.coordinates = type_info, set()

    def enter_field(self, node, *_):
        self.coordinates.add(f"{self._types.get_parent_type().name}.{node.name.value}")


def selected_fields(schema, text):
    """The coordinates of the fields that a document selects."""
    types = TypeInfo(schema)
    collector = FieldCollector(types)
    visit(parse(text), TypeInfoVisitor(types, collector))
    return collector.coordinates
