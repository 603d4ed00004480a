"""Parser of the `query` parameter of lists: `key:value` filters and free text."""

from collections.abc import Iterable, Mapping


def parse_filters(query: str | None, keys: Iterable[str]) -> tuple[Mapping[str, list[str]], str]:
    """The values of the known keys, by key in lower case, and the remaining words as one text in lower case."""
    known = set(keys)
    filters: dict[str, list[str]] = {}
    words: list[str] = []
    for word in (query or "").split():
        key, separator, value = word.partition(":")
        if separator and key.lower() in known:
            filters.setdefault(key.lower(), []).append(value.strip('"'))
        else:
            words.append(word.strip('"'))
    return filters, " ".join(words).lower()
