"""Keys with their values."""

from dexter_graphql.graph.declarations.fields import computed, value_type


@value_type
class KeyValue:
    """Key with a value, in a list where the order matters or a key may occur again."""

    @computed()
    def key(pair: tuple[str | None, object]) -> str:
        """Key of the pair."""
        return pair[0] or ""

    @computed()
    def value(pair: tuple[str | None, object]) -> str | None:
        """Value as text; null when the key has no value."""
        return None if pair[1] is None else pair[1] if isinstance(pair[1], str) else str(pair[1])
