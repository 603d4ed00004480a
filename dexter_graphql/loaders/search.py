"""Search text in Sentry's syntax, made of terms whose values may be references."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from dexter_graphql.errors import BadUserInput
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.references import (
    Kind,
    NamedEntity,
    Reference,
    check_organizations,
    is_native,
    number_of,
    resolve_references,
)
from dexter_graphql.sentry.parents import OrganizationRef

PLAIN_VALUE = re.compile(r"[\w@.#/+*\\$%&;'~^|-][\w@.#/+*\\$%&;'~^|=<>!?-]*")
"""A value that the syntax takes as it is. It does not begin with an operator and contains no separator."""


class Term(NamedTuple):
    """`key:value`, or `key:[value,…]` for alternatives. Texts are in Sentry's syntax already."""

    key: str
    values: tuple[str | Reference, ...]
    is_excluded: bool = False

    def text(self, entities: Mapping[Reference, NamedEntity]) -> str:
        """The term in Sentry's syntax."""
        values = list(
            dict.fromkeys(
                value if isinstance(value, str) else _text_of(value, entities[value]) for value in self.values
            )
        )
        alternatives = values[0] if len(values) == 1 else f"[{','.join(values)}]"
        return f"{'!' * self.is_excluded}{self.key}:{alternatives}"

    def references(self) -> list[Reference]:
        """The values that are references."""
        return [value for value in self.values if isinstance(value, Reference)]

    def at(self, *path: str) -> "Term":
        """The same term with its references below a path."""
        values = (
            value if isinstance(value, str) else value._replace(field=(*path, *value.field)) for value in self.values
        )
        return self._replace(values=tuple(values))


class Search(NamedTuple):
    """Terms that must all hold, followed by text of the client in Sentry's syntax."""

    terms: tuple[Term, ...] = ()
    rest: str = ""

    def with_term(self, term: Term) -> "Search":
        """The same search with another term before the others."""
        return self._replace(terms=(term, *self.terms))

    def at(self, *path: str) -> "Search":
        """The same search with its references below a path."""
        return self._replace(terms=tuple(term.at(*path) for term in self.terms))

    def has_key(self, key: str) -> bool:
        """True when a term, or the text of the client, is about this key."""
        return f"{key}:" in self.rest or any(term.key == key for term in self.terms)

    def references(self) -> list[Reference]:
        """The references in the values of the terms."""
        return [reference for term in self.terms for reference in term.references()]

    def text(self, entities: Mapping[Reference, NamedEntity]) -> str:
        """The search in Sentry's syntax."""
        return " ".join([*(term.text(entities) for term in self.terms), *([self.rest] if self.rest else [])])


OWNERS: Mapping[Kind, str] = MappingProxyType({Kind.TEAM: "team", Kind.USER: "user"})
"""Kind of owner → its word in query parameters, before its number."""

UnresolvedQuery = Sequence[tuple[str, str | Reference | Search]]
"""Query parameters whose values may be references."""


async def resolve_query(
    query: UnresolvedQuery, organization: OrganizationRef, load_context: LoadContext
) -> QueryParameters:
    """The parameters with references in Sentry's form; raises BadUserInput for one that does not exist."""
    references = list(_references(query))
    entities = await resolve_references(references, organization, load_context) if references else {}
    return _parameters(query, entities)


def _parameters(query: UnresolvedQuery, entities: Mapping[Reference, NamedEntity]) -> QueryParameters:
    parameters: list[tuple[str, str]] = []
    for name, value in query:
        if isinstance(value, Search):
            parameters.append((name, value.text(entities)))
        elif isinstance(value, Reference):
            parameter = (name, _parameter_of(value, entities[value]))
            parameters += [] if parameter in parameters else [parameter]
        else:
            parameters.append((name, value))
    return tuple(parameters)


def native_query(query: UnresolvedQuery, organization: OrganizationRef) -> QueryParameters | None:
    """The parameters with their references as given, if each row of an answer proves that all of them exist.

    None for references that need a list: to be translated, or because rows may match another one beside them. Raises
    BadUserInput for the ID of another organization.
    """
    references = list(_references(query))
    check_organizations(references, organization)
    kinds = [value.kind for _, value in query if isinstance(value, Reference)]
    if not OWNERS.keys().isdisjoint(kinds):
        return None
    terms = [term for _, value in query if isinstance(value, Search) for term in value.terms if term.references()]
    is_proof = len(set(kinds)) == len(kinds) and all(len(term.values) == 1 and not term.is_excluded for term in terms)
    if not is_proof or not all(is_native(reference) for reference in references):
        return None
    return _parameters(query, {reference: NamedEntity(reference.value, reference.value) for reference in references})


def quoted(value: str) -> str:
    """A text as one literal value of the search syntax; raises BadUserInput for a text that the syntax cannot express.

    Sentry knows two escapes: a backslash before an asterisk, and before a quotation mark within quotation marks.
    """
    is_plain = PLAIN_VALUE.fullmatch(value) is not None
    if "\\*" in value or (value.endswith("\\") and not is_plain):
        raise BadUserInput(f"Sentry's search cannot express '{value[:64]}', because of its backslash")
    literal = value.replace("*", "\\*")
    return literal if is_plain else '"' + literal.replace('"', '\\"') + '"'


def any_of(key: str, values: Iterable[str | Reference], *, is_excluded: bool = False) -> list[Term]:
    """A term for several values of a key; none without values."""
    alternatives = tuple(values)
    return [Term(key, alternatives, is_excluded)] if alternatives else []


def _references(query: UnresolvedQuery) -> Iterable[Reference]:
    for _, value in query:
        if isinstance(value, Reference):
            yield value
        elif isinstance(value, Search):
            yield from value.references()


def _parameter_of(reference: Reference, entity: NamedEntity) -> str:
    """A checked project is sent as its number, which every release of Sentry takes, and an owner with its kind."""
    if reference.kind in OWNERS:
        return f"{OWNERS[reference.kind]}:{number_of(reference, entity)}"
    return entity.id if reference.kind is Kind.PROJECT else entity.name


def _text_of(reference: Reference, entity: NamedEntity) -> str:
    return quoted(f"#{entity.name}" if reference.kind is Kind.TEAM else entity.name)
