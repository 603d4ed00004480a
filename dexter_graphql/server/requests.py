"""Parsing and checks of GraphQL requests over HTTP."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.context import Explain
from dexter_graphql.sentry.call import Priority
from dexter_graphql.server.responses import JSON, RequestRejected

PRIORITY = b"x-dexter-priority"
PRIORITIES = {"interactive": Priority.INTERACTIVE, "background": Priority.JOB}
"""Values of `X-Dexter-Priority`; the default is the highest."""
MAX_PARAMETERS = 100
"""Parameters of a GET request."""
MAX_NESTING = 100
"""Nested lists and objects in variables."""
DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""Names of the parameter with the id of a stored document: GraphQL over HTTP's, and those that Relay's clients use."""
TEXT_PARAMETERS = ("query", "operationName", *DOCUMENT_IDS)
MAX_NAME = 256
HASH_PREFIX = "sha256:"
"""Begins an id that is the hash of its document."""
PERSISTED_QUERY_VERSION = 1


class GraphQLRequest(msgspec.Struct, frozen=True):
    """The parameters of a request, with their types checked.

    Without a `query`, `document_id` or `query_hash` names a stored document.
    """

    query: str = ""
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    explain: Explain = Explain.NOTHING
    priority: Priority = Priority.INTERACTIVE
    document_id: str | None = None
    query_hash: str | None = None
    """SHA-256 hash of the document, in lower-case hexadecimal digits."""
    operation_id: Any = None
    """Name of the operation in a connection with many, as the client sent it."""


def check_content_type(value: str | None) -> None:
    """Reject a POST that is not JSON in UTF-8. `KnownRequests` remembers the result by head."""
    name, *parameters = (part.strip().lower() for part in (value or "").split(";"))
    charset = next((p.partition("=")[2].strip('" ') for p in parameters if p.startswith("charset=")), "utf-8")
    if name != JSON or charset not in {"utf-8", "utf8"}:
        raise RequestRejected(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            ErrorCode.BAD_USER_INPUT,
            "Send the request as 'Content-Type: application/json' in UTF-8",
        )


def check_content_encoding(value: str | None) -> None:
    """Reject a compressed body. `KnownRequests` remembers the result by head."""
    if value is not None and value.strip().lower() not in {"", "identity"}:
        raise RequestRejected(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            ErrorCode.BAD_USER_INPUT,
            "Content-Encoding is not supported: send the body without compression",
            (("Accept-Encoding", "identity"),),
        )


def priority_of(value: str | None) -> Priority:
    """Return the priority that a header value names; a person waits when there is none."""
    if value is None:
        return Priority.INTERACTIVE
    try:
        return PRIORITIES[value.strip().lower()]
    except KeyError:
        raise bad_request(f"'X-Dexter-Priority' is one of {', '.join(PRIORITIES)}") from None


def from_json(body: bytes) -> GraphQLRequest:
    """Return the request of a JSON body."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("The request is not JSON") from None
    if not isinstance(value, dict):
        raise bad_request("The request must be a JSON object with 'query'")
    return from_values(value)


def query_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query string, in order; rejects more than 100."""
    try:
        return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise bad_request(f"The query string has more than {MAX_PARAMETERS} parameters") from None


def from_query(query_string: bytes) -> GraphQLRequest:
    """Return the request of a GET's query string."""
    parameters = dict(query_pairs(query_string))
    value: dict[str, Any] = {name: parameters[name] for name in TEXT_PARAMETERS if name in parameters}
    for name in ("variables", "extensions"):
        if parameters.get(name):
            try:
                value[name] = msgspec.json.decode(parameters[name])
            except (msgspec.DecodeError, RecursionError):
                raise bad_request(f"'{name}' is not JSON") from None
    return from_values(value)


def from_values(value: dict[str, Any]) -> GraphQLRequest:
    """Return the request of decoded parameters; rejects missing ones and ones of the wrong type."""
    query, name = value.get("query"), value.get("operationName")
    variables, extensions = value.get("variables"), value.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise bad_request("'extensions' must be an object")
    document_id, query_hash = _stored_document(value, extensions or {})
    if not isinstance(query or "", str) or not (query or document_id or query_hash):
        raise bad_request("'query' must be the text of a GraphQL document")
    if name is not None and not isinstance(name, str):
        raise bad_request("'operationName' must be text")
    if variables is not None and not isinstance(variables, dict):
        raise bad_request("'variables' must be an object")
    if variables is not None and is_nested_deeper(variables, MAX_NESTING):
        raise bad_request(f"'variables' are nested deeper than {MAX_NESTING} levels")
    return GraphQLRequest(
        query or "",
        name or None,
        variables,
        _explain(extensions or {}),
        document_id=document_id,
        query_hash=query_hash,
        operation_id=(extensions or {}).get("operationId"),
    )


def _stored_document(value: dict[str, Any], extensions: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the id and the hash of the stored document that a request names."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        document_id = next((value[name] for name in DOCUMENT_IDS if value.get(name) is not None), None)
        document_id = None if document_id is None else checked_name(document_id, "The id of a document")
        is_hash = document_id is not None and document_id.startswith(HASH_PREFIX)
        return (None, document_id.removeprefix(HASH_PREFIX)) if document_id and is_hash else (document_id, None)
    if not isinstance(persisted, dict) or persisted.get("version") != PERSISTED_QUERY_VERSION:
        raise bad_request(f"'extensions.persistedQuery' must be an object with version {PERSISTED_QUERY_VERSION}")
    return None, checked_name(persisted.get("sha256Hash"), "'sha256Hash'")


def checked_name(value: Any, what: str) -> str:
    """Return a name that clients choose; rejects other values and long names."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise bad_request(f"{what} must be text of 1 to {MAX_NAME} characters")
    return value


def _explain(extensions: dict[str, Any]) -> Explain:
    """Return what `extensions.dexter.explain` requests; other extensions are ignored."""
    if "dexter" not in extensions:
        return Explain.NOTHING
    dexter = extensions["dexter"]
    try:
        return Explain(dexter.get("explain", Explain.NOTHING)) if isinstance(dexter, dict) else Explain("")
    except ValueError:
        raise bad_request(
            "'extensions.dexter' must be an object; its 'explain' is 'summary', 'calls' or 'estimate'"
        ) from None


def is_nested_deeper(value: Any, levels: int) -> bool:
    """True when lists and objects are nested more than `levels` deep."""
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for holder in layer
            if isinstance(holder, (dict, list))
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not layer:
            return False
    return True


def bad_request(message: str) -> RequestRejected:
    """Build the rejection of a malformed request."""
    return RequestRejected(HTTPStatus.BAD_REQUEST, ErrorCode.BAD_USER_INPUT, message)
