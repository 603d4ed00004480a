"""A case of parity: a document, and the request that must arrive at Sentry when it is executed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault, Vintage

ACME = "100000"
"""ID of the sandbox's organization acme, in whose global IDs it is the first part."""


@dataclass(frozen=True)
class Case:
    """An operation of Sentry, a document that must call it, and the request that must arrive and be answered.

    `operation` is Sentry's operationId, or method and path of an operation that is not published. `arrives` is the
    method and the path below `/api/0`. `query` lists parameters with their values in order; parameters that are not
    listed may have any value. `body` is the body of a write, compared whole.
    """

    operation: str
    document: str
    arrives: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    body: object = None
    vintage: Vintage = Vintage.SAAS
    faults: Sequence[Fault] = ()
    """Faults of other routes that lead to the operation: the case is then run on a server of its own."""
    download: bytes | None = None
    """Content that the address of a file in the answer gives."""
    upload: bytes | None = None
    """Content that is sent to the address of a file in the answer."""

    @property
    def method(self) -> str:
        """Method of the request."""
        return self.arrives.partition(" ")[0]

    @property
    def is_write(self) -> bool:
        """True when the sandbox has changed after the case."""
        return self.method != "GET" or self.document.lstrip().startswith("mutation")

    @property
    def expected_query(self) -> dict[str, list[str]]:
        """The listed parameters, each with a list of values."""
        return {name: [value] if isinstance(value, str) else list(value) for name, value in self.query.items()}


def acme(selection: str, **variables: str) -> str:
    """A query of a selection on the organization acme; `variables` are the types of its variables by name."""
    declared = ", ".join(f"${name}: {graphql_type}" for name, graphql_type in variables.items())
    return f'query{f" ({declared})" if declared else ""} {{ organization(slug: "acme") {{ {selection} }} }}'


def mutation(name: str, selection: str) -> str:
    """A mutation whose variable `$input` is its input."""
    input_type = f"{name[0].upper()}{name[1:]}Input"
    payload = f"{{ {selection} userErrors {{ field message code }} }}"
    return f"mutation ($input: {input_type}!) {{ {name}(input: $input) {payload} }}"


def global_id(typename: str, *parts: str) -> str:
    """The global ID of an object of acme."""
    return encode_id(typename, ACME, *parts)
