"""Subscriptions to every field, with all that is below their changes, and the types that only they lead to."""

from graphql import GraphQLObjectType, get_named_type, is_abstract_type

from dexter_graphql.realtime.changes import Stream
from support.whole_schema import WholeSchema

DEPTH = 6
STREAMS = {
    "activity": tuple(Stream),
    "alertFired": (Stream.ALERTS,),
    "autofixChanged": (Stream.AUTOFIX,),
    "commentChanged": (Stream.COMMENTS,),
    "errorReceived": (Stream.ERRORS,),
    "issueChanged": (Stream.ISSUES,),
    "releaseChanged": (Stream.RELEASES,),
}
"""Field → classes of the changes that it sends."""


class StreamDocuments(WholeSchema):
    """Writes a subscription to each field that selects everything below it, also what calls Sentry."""

    def documents(self):
        """Field → subscription."""
        self._calling = frozenset()
        fields = self._schema.subscription_type.fields
        return {name: self._subscription(name, get_named_type(field.type)) for name, field in fields.items()}

    def _subscription(self, name, item):
        return f'subscription {{ {name}(organization: {{ slug: "acme" }}) {self._selection(item, DEPTH)} }}'


def stream_types(schema):
    """The object types that neither queries nor mutations lead to."""
    reached, pending = set(), [schema.query_type, schema.mutation_type]
    while pending:
        kind = pending.pop()
        if kind.name in reached:
            continue
        reached.add(kind.name)
        for field in getattr(kind, "fields", {}).values():
            named = get_named_type(field.type)
            pending += [named, *(schema.get_possible_types(named) if is_abstract_type(named) else ())]
    kinds = (kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType))
    return {kind.name for kind in kinds if not kind.name.startswith("__")} - reached
