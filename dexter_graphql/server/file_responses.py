"""Responses of downloads: headers, ranges, and the rejections of addresses and files."""

import re
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Scope

from dexter_graphql.errors import ErrorCode
from dexter_graphql.graph.errors import code_of, error_extensions
from dexter_graphql.sentry.call import FileContent
from dexter_graphql.sentry.errors import RateLimited, SentryError
from dexter_graphql.server.byte_ranges import ByteRange, RangeNotSatisfiable, parse_range
from dexter_graphql.server.headers import text_of
from dexter_graphql.server.responses import (
    PROTECTIVE_HEADERS,
    RequestRejected,
    json_response,
    request_id_of,
    retry_after,
)
from dexter_graphql.server.statuses import STATUSES

FILE_HEADERS = {
    **PROTECTIVE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""A page in a file must not run as one of this server, nor pass on its address."""
MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
ANY_MEDIA_TYPE = "application/octet-stream"
MAX_NAME_CHARACTERS = 150
DEFAULT_NAME = "file"


def download_headers(content: FileContent, name: str, part: ByteRange | None) -> list[tuple[bytes, bytes]]:
    """The headers of a whole file, or of a part of it."""
    headers = {
        **FILE_HEADERS,
        "Content-Type": content.media_type if MEDIA_TYPE.fullmatch(content.media_type) else ANY_MEDIA_TYPE,
        "Content-Disposition": disposition(name),
    }
    size = content.size_bytes
    if size is not None:
        headers["Accept-Ranges"] = "bytes"
        headers["Content-Length"] = str(size if part is None else part.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return [(key.lower().encode(), value.encode("ascii")) for key, value in headers.items()]


def disposition(name: str) -> str:
    """The `Content-Disposition` that saves a file under a name, which only its last part can decide."""
    safe_name = safe_file_name(name)
    plain = re.sub(r"[^\w.+ -]", "_", safe_name, flags=re.ASCII)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe_name, safe='')}"


def safe_file_name(name: str) -> str:
    """The last part of a name or path, without invisible characters and without dots at its ends."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        character for character in last if unicodedata.category(character)[0] not in "CZ" or character == " "
    )
    return visible[:MAX_NAME_CHARACTERS].strip(". ") or DEFAULT_NAME


def requested_part(headers: Mapping[bytes, bytes], size: int | None, limit: int) -> ByteRange | None:
    """The part of a file that a request asks for; None for the whole file, as without a known size.

    With `If-Range` it is the whole file, because files have no validators. Raises RequestRejected for a part that
    begins after the end, and for a file above the limit.
    """
    if size is not None and size > limit:
        message = f"The file has {size} bytes, which is more than {limit}"
        raise RequestRejected(HTTPStatus.BAD_GATEWAY, ErrorCode.UPSTREAM_BAD_RESPONSE, message)
    if size is None or b"if-range" in headers:
        return None
    try:
        return parse_range(text_of(headers.get(b"range")), size)
    except RangeNotSatisfiable:
        raise RequestRejected(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            ErrorCode.BAD_USER_INPUT,
            f"The file has {size} bytes",
            (("Content-Range", f"bytes */{size}"),),
        ) from None


def error_response(error: SentryError, scope: Scope) -> Response:
    """The response to a transfer that Sentry did not begin."""
    code = code_of(error)
    status = STATUSES[code]
    headers = {"Retry-After": retry_after(error.retry_after)} if isinstance(error, RateLimited) else {}
    extensions = {**error_extensions(error), "requestId": request_id_of(scope)}
    return json_response({"errors": [{"message": str(error), "extensions": extensions}]}, status, headers)
